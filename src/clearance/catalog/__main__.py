"""`python -m clearance.catalog`: compiles the YAML files of this checkout into the artifact that the program loads."""

from __future__ import annotations

import sys

from clearance.catalog.compiled import write
from clearance.errors import Error


def main() -> int:
    """0 when the artifact was written; 2 where an entry is not sound, with its file, line and column on stderr."""
    try:
        write()
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
