"""Runs the commands that a page shows, and compares what they print with what the page says they print.

A block that begins with ```` ```console run ```` is run, line by line, in one folder for the whole page. `exit=N` is
the exit code of its commands (default 0). A line after a command is expected in its output, in this order; `…` stands
for anything within a line, a line `…` for any lines. A block with `file=NAME` is written to that file first.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.docs.pages import ROOT, Fence, fences

SHOWN: Final = "…"


def run_page(page: Path, folder: Path) -> int:
    """Run the page's blocks in the folder; AssertionError where one does not do what it says. How many commands ran."""
    (folder / "examples").symlink_to(ROOT / "examples")
    ran = 0
    for block in fences(page):
        if "file" in block.options:
            path = folder / block.options["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
        elif "run" in block.options:
            for command, expected in commands(block):
                _run(command, expected, int(block.options.get("exit", "0")), folder)
                ran += 1
    return ran


def commands(block: Fence) -> Iterator[tuple[str, list[str]]]:
    """The commands of a block, each with the lines that the page shows below it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    yield from found


def _run(command: str, expected: list[str], code: int, folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=_environment(folder), capture_output=True, text=True, check=False
    )
    said = f"$ {command}\n{done.stdout}{done.stderr}"
    assert done.returncode == code, f"exit code {done.returncode} instead of {code}\n{said}"
    for line in missing(expected, done.stdout + done.stderr):
        raise AssertionError(f"not in the output, or not in this order: {line}\n{said}")


def missing(expected: list[str], output: str) -> Iterator[str]:
    """The first expected line that does not come after the one before it."""
    lines = iter(output.splitlines())
    for line in expected:
        if not line.strip() or line.strip() == SHOWN:
            continue
        wanted = re.compile(".*".join(re.escape(part) for part in line.strip().split(SHOWN)))
        if not any(wanted.fullmatch(got.strip()) for got in lines):
            yield line
            return


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLEARANCE_", "XDG_"))}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    return kept | {"PATH": path, "HOME": str(folder), "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
