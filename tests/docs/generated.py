"""The parts of the pages that are made from the program: `make docs` writes them, and a test keeps the two equal.

A part stands between `<!-- made by: make docs (NAME) -->` and `<!-- end -->`; `PARTS` says what makes it.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from clearance.agent.failures import FAILURES
from clearance.agent.metrics import METRICS
from clearance.cli.main import VERBS
from clearance.config import KEYS
from clearance.log import EVENTS
from clearance.observe.mounts import LOCAL_FUSE, NETWORK
from clearance.observe.places import SEARCHED, TREES
from clearance.observe.scan import PROBES
from clearance.observe.walk import MOST_FOLDERS
from clearance.prove.formats.scan import FORMATS
from tests.docs.pages import ROOT, pages

WIDTH: Final = 100
PART: Final = re.compile(r"(?ms)^<!-- made by: make docs \((?P<name>[a-z-]+)\) -->\n(?P<text>.*?)^<!-- end -->$")


def command_lines() -> Iterator[tuple[str, ...]]:
    """Every verb, and every command of a verb that has several."""
    for verb in VERBS:
        yield (verb.name,)
        app = importlib.import_module(verb.module).app
        for name in sorted(name for name in app if not name.startswith("-")):
            yield (verb.name, name)


@lru_cache
def help_of(*words: str) -> str:
    """What `--help` prints, as wide as the docs and without colour."""
    return _helps()[" ".join(words)]


@lru_cache
def _helps() -> dict[str, str]:
    """All of them, from a process of its own: a command keeps the width that it was first shown with."""
    plain = {"COLUMNS": str(WIDTH), "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.docs.helps"],
        cwd=ROOT,
        env=os.environ | plain,
        capture_output=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def help_blocks() -> str:
    """The help of the program and of every verb and command."""
    blocks = [f"```\n$ clearance --help\n{help_of()}```\n"]
    blocks += [
        f"{'#' * (2 + len(words))} `clearance {' '.join(words)}`\n\n```\n{help_of(*words)}```\n"
        for words in command_lines()
    ]
    return "\n".join(blocks)


def settings() -> str:
    """The keys of `config.toml`."""
    rows = ((f"`{key.name}`", f"`CLEARANCE_{key.name.upper()}`", _code(key.default), key.help) for key in KEYS)
    return table(("key", "environment", "default", "meaning"), rows)


def formats() -> str:
    """The output formats of a scan."""
    return table(("`--format`", "what it is"), ((f"`{entry.name}`", entry.help) for entry in FORMATS))


def probes() -> str:
    """What every probe looks for: the first sentence of its module's docstring."""
    rows = []
    for probe in PROBES:
        said = sys.modules[type(probe).__module__].__doc__ or ""
        paragraph = " ".join(said.split("\n\n")[0].split())
        rows.append(
            (f"`{probe.name}`", re.split(r"(?<=\w[.)])\s+(?=[A-Z])|(?<=[`)]\.)\s+(?=[A-Z])", paragraph)[0].rstrip("."))
        )
    return table(("probe", "what it looks for"), rows)


def places() -> str:
    """Where the default scan walks and what it stays out of."""
    lines = (
        *_item("Besides homes it goes down from ", TREES, "."),
        f"- Below each home and place it goes into the {MOST_FOLDERS:,} highest folders; the rest is in `skipped`.",
        *_item("It also looks into the folders that a shell searches: those of `PATH`, ", SEARCHED, ", more in homes."),
        *_item("Without `--network-filesystems` it enters none of ", sorted(NETWORK), ","),
        *_item("and of file systems that a program serves (FUSE) only ", sorted(LOCAL_FUSE), ".", bullet="  "),
        "- It triggers no automount and enters no file system that holds no files (`proc`, `sysfs` and their like).",
    )
    return "".join(f"{line}\n" for line in lines)


def schemas() -> str:
    """The JSON Schemas that the project has."""
    found = sorted((ROOT / "schemas").glob("*.json"))
    rows = (
        (f"[`schemas/{path.name}`](../schemas/{path.name})", json.loads(path.read_text("utf-8"))["title"])
        for path in found
    )
    return table(("schema", "of what"), rows)


def layers() -> str:
    """Who may import whom, and the other import contracts, from `pyproject.toml`."""
    said: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    first, *others = said["contracts"]
    rows = [f"{contract['name']}" for contract in others]
    diagram = "\n".join(f"{'  →  ' if depth else '     '}{layer}" for depth, layer in enumerate(first["layers"]))
    return f"```\n{diagram}\n```\n\n" + "".join(f"- {row}\n" for row in rows)


def metrics() -> str:
    """The metrics of the service."""
    rows = ((f"`{metric.name}`", metric.kind, _code(metric.label), metric.help) for metric in METRICS)
    return table(("name", "kind", "label", "meaning"), rows)


def failures() -> str:
    """What can fail while a directive is enforced."""
    rows = ((f"`{reason}`", one.action, one.meaning) for reason, one in FAILURES.items())
    return table(("reason", "what is done", "what it means"), rows)


def events() -> str:
    """The events in JSON logs."""
    return table(("event", "meaning"), ((f"`{name}`", meaning) for name, meaning in EVENTS.items()))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    names = tuple(head)
    cells = (" | ".join(cell.replace("|", "\\|") for cell in line) for line in (names, *rows))
    first, *others = (f"| {line} |\n" for line in cells)
    return "".join((first, "|---" * len(names), "|\n", *others))


def _code(value: str) -> str:
    return f"`{value}`" if value else "none"


def _item(before: str, words: Iterable[str], after: str, bullet: str = "- ") -> list[str]:
    text = f"{before}{', '.join(f'`{word}`' for word in words)}{after}"
    return textwrap.wrap(text, 118, initial_indent=bullet, subsequent_indent="  ", break_on_hyphens=False)


PARTS: Final[dict[str, Callable[[], str]]] = {
    "help": help_blocks,
    "settings": settings,
    "formats": formats,
    "probes": probes,
    "places": places,
    "schemas": schemas,
    "layers": layers,
    "metrics": metrics,
    "events": events,
    "failures": failures,
}


def renewed(page: str) -> str:
    """The text of a page with each of its parts made anew. KeyError for a part that nothing makes."""

    def part(match: re.Match[str]) -> str:
        opening = match[0].split("\n", 1)[0]
        return f"{opening}\n\n{PARTS[match['name']]()}\n<!-- end -->"

    return PART.sub(part, page)


def write(paths: Iterable[Path]) -> None:
    """Make the parts of these pages anew, where they differ."""
    for path in paths:
        text = path.read_text("utf-8")
        if (fresh := renewed(text)) != text:
            path.write_text(fresh, "utf-8")
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    write(pages())
