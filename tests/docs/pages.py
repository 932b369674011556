"""The Markdown pages of this project as tests need them: headings, links, fenced blocks, inline code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"(?m)^```([^\n`]*)\n(.*?)^```[ \t]*$", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]\n]*\]\(([^()\s]+)\)")
_HEADING = re.compile(r"(?m)^#{1,6} +(.+?) *$")


@dataclass(frozen=True)
class Fence:
    """A fenced block: the first word behind the fence, the others as `name` or `name=value`, and its lines."""

    page: Path
    language: str
    options: dict[str, str]
    text: str


def pages() -> tuple[Path, ...]:
    """Every Markdown page for readers, by path. Folders of tools and caches begin with a dot."""
    found = (
        path for path in ROOT.rglob("*.md") if not any(part.startswith(".") for part in path.parts[len(ROOT.parts) :])
    )
    return tuple(
        sorted(path for path in found if path.relative_to(ROOT).parts[0] not in ("tests", "build", "dist", "mutants"))
    )


def fences(page: Path) -> Iterator[Fence]:
    """The fenced blocks of a page, in order."""
    for match in _FENCE.finditer(page.read_text("utf-8")):
        language, *words = match[1].split() or [""]
        yield Fence(page, language, dict(word.partition("=")[::2] for word in words), match[2])


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def links(page: Path) -> tuple[str, ...]:
    """The targets of all links and pictures of a page."""
    return tuple(_LINK.findall(_CODE.sub("", prose(page))))


def inline_code(page: Path) -> tuple[str, ...]:
    """What stands between single backticks."""
    return tuple(_CODE.findall(prose(page)))


def anchors(page: Path) -> frozenset[str]:
    """The fragments that the headings of a page can be linked by."""
    return frozenset(
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(prose(page))
    )
