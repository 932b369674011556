"""What a script says in its first lines: its interpreter, and the module that a Python console script runs."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

IMPORT: Final = re.compile(rb"^from ([\w.]{1,200}) import (\w{1,100})", re.MULTILINE)
HEAD_BYTES: Final = 2048


class ConsoleScript(NamedTuple):
    """A script that an installer wrote. `interpreter` is the path in its first line; `module` is what it imports."""

    interpreter: str
    module: str
    attribute: str


def interpreter(head: bytes) -> bytes:
    """The base name of the program that runs a script (`node`, `python3`, …); empty where the file has no `#!` line."""
    if not head.startswith(b"#!"):
        return b""
    words = head[2:256].split(b"\n", 1)[0].split()
    if not words:
        return b""
    name = words[0].rpartition(b"/")[2]
    if name == b"env":
        name = next((word for word in words[1:] if not word.startswith(b"-") and b"=" not in word), b"")
    return name.rpartition(b"/")[2]


def console_script(head: bytes) -> ConsoleScript | None:
    """The module that a Python console script calls; None if these lines are none.

    pip, uv, pipx, distlib and poetry write them alike: an import, and an exit with the call of what was imported.
    """
    lines = head[:HEAD_BYTES]
    if not lines.startswith(b"#!") or b"sys.exit(" not in lines:
        return None
    path = lines[2:].split(b"\n", 1)[0].strip()
    if path == b"/bin/sh" and (match := re.search(rb"""'''exec' ["']?([^"'\n]{1,1000}?)["']? ["']\$0["']""", lines)):
        path = match.group(1)
    for match in IMPORT.finditer(lines):
        module, attribute = match.group(1), match.group(2)
        if attribute + b"(" in lines[match.end() :]:
            return ConsoleScript(path.decode("utf-8", "surrogateescape"), module.decode(), attribute.decode())
    return None
