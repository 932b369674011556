"""One YAML document that a person wrote, as nodes that know where they are written. Pure.

Only what directives and the catalog need is read: one document a file, without anchors, aliases, tags and `%` lines.
What is too large, nested too deeply, not text or not YAML is an `Error` at its place; no input takes long or grows in
memory. Scalars follow YAML 1.2: dates, `yes` and `no` are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.composer import ComposerError, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scanner import Scanner

from clearance.errors import Error, Place, Unreadable

LARGEST: Final = 1 << 20
"""The most bytes that are read of one document."""

DEEPEST: Final = 40
"""How many levels a document may have."""

MOST: Final = 250_000
"""The most tokens that a document may have."""

_WIDEST: Final = 160
_LINE_END: Final = re.compile(r"\r\n|[\n\r]")
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,16}")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def shown(text: str, most: int = 80) -> str:
    """A foreign text as it can be put into a sentence: printable characters only, and not too many."""
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return cut if cut.isprintable() else "".join(_visible(char) for char in cut)


def _visible(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode("ascii")


@dataclass(frozen=True)
class Spot:
    """Where something is written: line and column count from 0. `place` makes it a place with the line's text."""

    source: Source
    line: int = -1
    column: int = 0
    length: int = 1

    def place(self) -> Place:
        """The place, with its line where that can be shown as it stands."""
        lines = self.source.lines
        text = lines[self.line] if 0 <= self.line < len(lines) else ""
        if len(text) > _WIDEST:
            text = text[: _WIDEST - 1] + "…" if self.column + self.length < _WIDEST else ""
        shows = "".join(char if char.isprintable() else " " for char in text)
        return Place(
            shown(self.source.name, 400), self.line + 1, self.column + 1 if self.line >= 0 else 0, self.length, shows
        )


@dataclass(frozen=True)
class Source:
    """A document's name and its lines."""

    name: str
    lines: tuple[str, ...] = ()

    def spot(self, node: Node) -> Spot:
        """Where a node is written; its length where it is on one line."""
        start, end = node.start_mark, node.end_mark
        length = end.column - start.column if start.line == end.line else 1
        return Spot(self, start.line, start.column, max(1, length))


def read(name: str, data: bytes) -> tuple[Source, Node | None]:
    """The document's nodes; None where it is empty. `Error` where it cannot be read."""
    if len(data) > LARGEST:
        raise _unread(name, f"is larger than {LARGEST >> 20} MiB", "split it into several files of one folder")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unread(name, f"is not UTF-8 text (byte {error.start})", "save it as UTF-8", line) from None
    source = Source(name, tuple(_LINE_END.split(text)))
    reader = YAML(typ="safe", pure=True)
    reader.Scanner = _StrictScanner
    reader.max_depth = DEEPEST
    try:
        return source, reader.compose(text)
    except _Refused as refused:
        raise Error(refused.what, place=_at(source, refused.mark), remedy=refused.remedy) from None
    except ComposerError as error:
        raise Error(
            "a second document begins here",
            place=_at(source, error.problem_mark),
            remedy="write each into a file of its own",
        ) from None
    except MaxDepthExceededError as error:
        raise Error(_TOO_DEEP, place=_at(source, error.problem_mark), remedy=_FLATTER) from None
    except MarkedYAMLError as error:
        what = shown(" ".join(str(error.problem or error.context).split()))
        mark = error.problem_mark or error.context_mark
        raise Error(f"is not YAML: {what}", place=_at(source, mark), remedy=_YAML_REMEDY) from None
    except ReaderError as error:
        raise _unread(
            name, f"holds a character that YAML does not allow, {shown(chr(error.character))}", "take it out"
        ) from None
    except Exception:  # noqa: BLE001 - on hostile text the scanner lets built-in errors of many kinds through
        raise _unread(name, "is not YAML", _YAML_REMEDY) from None


def scalar(node: ScalarNode) -> str | int | float | bool | None:
    """The value of a scalar. None is an empty one. `Unreadable` where it is no value that can be written down again."""
    text: str = node.value
    if node.style is None:
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return _exact(int(text))
        if _FLOAT.fullmatch(text):
            return _exact(float(text))
    if _SURROGATE.search(text):
        raise Unreadable("has half a character", "write the whole character")
    return text


def _exact(number: float) -> float:
    if not abs(number) < 1 << 53:
        raise Unreadable("is too large a number", "write it in quotes, or smaller")
    return number


_YAML_REMEDY: Final = "mind the indentation, and put text with : or # in quotes"
_TOO_DEEP: Final = "is nested too deeply"
_FLATTER: Final = "write it flatter"


def _unread(name: str, what: str, remedy: str, line: int = 0) -> Error:
    return Error(what, place=Place(shown(name, 400), line), remedy=remedy)


def _at(source: Source, mark: Any) -> Place:
    return Spot(source, mark.line, mark.column).place()


class _Refused(Exception):
    def __init__(self, what: str, remedy: str, mark: Any) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.mark = mark


class _StrictScanner(Scanner):
    """A scanner that stops at what no document here has a use for, before it costs anything."""

    tokens_made = 0

    def fetch_more_tokens(self) -> Any:
        self.tokens_made += 1
        if self.tokens_made > MOST:
            self._refuse(f"has more than {MOST:,} words and signs", "split it into several files of one folder")
        return super().fetch_more_tokens()

    def fetch_flow_collection_start(self, token: Any, to_push: str) -> None:
        if len(self.flow_context) >= DEEPEST:
            self._refuse(_TOO_DEEP, _FLATTER)
        super().fetch_flow_collection_start(token, to_push)

    def fetch_alias(self) -> None:
        self._refuse("aliases (*) are not read", "write the value out, or put it in quotes")

    def fetch_anchor(self) -> None:
        self._refuse("anchors (&) are not read", "write the value out, or put it in quotes")

    def fetch_tag(self) -> None:
        self._refuse("tags (!) are not read", "take it out, or put the value in quotes")

    def fetch_directive(self) -> None:
        self._refuse("lines that begin with % are not read", "take it out")

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        raise _Refused(what, remedy, self.reader.get_mark())


__all__ = ["MappingNode", "Node", "ScalarNode", "SequenceNode", "Source", "Spot", "read", "scalar", "shown"]
