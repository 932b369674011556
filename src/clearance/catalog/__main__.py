"""`python -m clearance.catalog`: compiles the YAML files of this checkout into the artifact that the program loads.

With the word `schema`, prints the JSON Schema of the files instead.
"""

from __future__ import annotations

import sys

from clearance.catalog import schema
from clearance.catalog.compiled import write
from clearance.errors import Error


def main(words: list[str]) -> int:
    """0 when it was done; 2 where an entry is not sound, with its file, line and column on stderr."""
    if words == ["schema"]:
        print(schema.text(), end="")
        return 0
    try:
        write()
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
