"""Where a verb's result goes: to standard output, or into the file that `--output` names.

Guarantees: a file that cannot be written is an `Error` that names the option. What is wrong with standard output (it
takes no more, nobody reads it) is raised as it is: `main` tells it for all verbs alike. What is printed as JSON does no
harm on a terminal.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from clearance.errors import Error
from clearance.prove.formats.escape import json_text, plain


def check_writable(path: str) -> None:
    """Make sure of a file before the work begins whose result it is for. One that is there keeps its content."""
    with _opened(path, alone=True, truncate=False):
        pass


def write(text: str, output: str | None, *, alone: bool = False) -> None:
    """Write a text, in UTF-8 where it goes into a file. `alone`: a file that is made can be read by nobody else."""
    if output is None:
        sys.stdout.write(text)
        return
    with _opened(output, alone=alone, truncate=True) as out:
        out.write(text.encode())


def write_lines(lines: Iterable[bytes], output: str | None) -> int:
    """Write JSON documents, one a line, each when it comes, and count them. To other programs they go as they are."""
    count = 0
    if output is None and sys.stdout.isatty():
        for count, line in enumerate(lines, 1):  # noqa: B007 - what was counted is returned
            print(json_text(line))
        return count
    with _opened(output, alone=False, truncate=True) if output else _standard_output() as out:
        for count, line in enumerate(lines, 1):  # noqa: B007 - what was counted is returned
            out.write(line + b"\n")
    return count


def print_document(document: dict[str, Any]) -> None:
    """Print a document as JSON that people can read, too."""
    print(json_text(msgspec.json.format(msgspec.json.encode(document), indent=2)))


def _standard_output() -> BinaryIO:
    return open(sys.stdout.fileno(), "wb", closefd=False)


@contextlib.contextmanager
def _opened(path: str, *, alone: bool, truncate: bool) -> Iterator[BinaryIO]:
    try:
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if truncate else 0)
        with open(os.open(path, flags, 0o600 if alone else 0o666), "wb") as out:
            yield out
    except BrokenPipeError:
        raise
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        remedy = "name a file in a folder that is there and that you may write to"
        raise Error(f"--output {plain(path)}: cannot write the result: {why}", remedy=remedy) from error
