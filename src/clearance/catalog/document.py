"""A YAML document that a person wrote, with the place of everything in it. Pure.

Whatever the bytes are, the outcome is a value or an `Error` that names the line and column. A document is a tree of
mappings with text keys, lists, texts, numbers, true, false and null: dates stay texts, and what could make a small
document large (aliases, merge keys) or ambiguous (the same key twice, foreign tags) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final, NoReturn, TypeVar

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from clearance.errors import Error, Place

T = TypeVar("T")
Value = Any

LARGEST: Final = 1 << 20
"""Bytes of a document. The catalog's largest entry has 40 KiB."""

DEEPEST: Final = 40
"""Levels of nesting."""

_TAG: Final = "tag:yaml.org,2002:"
_NEWLINE = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_UNKNOWN_FIELD = re.compile(r"unknown field `(.+?)`")
_MISSING_FIELD = re.compile(r"missing required field `(.+?)`")
_CHOICE = re.compile(r"Invalid enum value '(.+?)'")


class _NoAliases(Composer):
    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.parser.check_event(AliasEvent):
            event = self.parser.peek_event()
            raise ComposerError(None, None, "aliases are not used here: write the value out", event.start_mark)
        return super().compose_node(parent, index)


class Document:
    """One YAML document. `value` is its content, `name` what errors call it."""

    def __init__(self, data: bytes | str, name: str) -> None:
        """Reads the document. Error where it is not one."""
        self.name = name
        self.text = self._decoded(data)
        self._lines = _NEWLINE.split(self.text)
        self._root = self._composed()
        self.value: Value = self._built(self._root) if self._root is not None else None

    def to(self, kind: type[T]) -> T:
        """The document as this type. Error at the place of the first thing that does not fit."""
        try:
            return msgspec.convert(self.value, kind)
        except msgspec.ValidationError as error:
            self._explain(str(error), kind)

    def place(self, path: tuple[str | int, ...] = (), *, key: bool = False) -> Place:
        """Where the value at this path begins, or its key; of what is not there, where its nearest owner begins."""
        node, name = self._root, None
        for step in path:
            if isinstance(node, MappingNode):
                pair = next(((k, v) for k, v in node.value if k.value == step), None)
                if pair is None:
                    break
                name, node = pair
            elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                name, node = None, node.value[step]
            else:
                break
        return self._at(name if key and name is not None else node)

    def _decoded(self, data: bytes | str) -> str:
        if len(data) > LARGEST:
            raise Error(f"larger than {LARGEST} bytes", place=Place(self.name))
        if isinstance(data, str):
            return data
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise Error("not UTF-8", place=Place(self.name, line)) from None

    def _composed(self) -> Node | None:
        yaml = YAML(typ="safe", pure=True)
        yaml.Composer = _NoAliases
        yaml.max_depth = DEEPEST
        try:
            return yaml.compose(self.text)  # type: ignore[no-any-return]
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = " ".join(str(error.problem or error.context or "not valid YAML").split())
            if isinstance(error, MaxDepthExceededError):
                what = f"nested more than {DEEPEST} levels deep"
            raise Error(what, place=self._place(mark.line, mark.column) if mark else Place(self.name)) from None
        except YAMLError as error:
            raise Error(" ".join(str(error).split())[:200], place=Place(self.name)) from None
        except Exception as error:  # noqa: BLE001 - the scanner lets built-in errors of many kinds through on hostile text
            raise Error(f"not valid YAML: {type(error).__name__}", place=Place(self.name)) from None

    def _built(self, node: Node) -> Value:
        if isinstance(node, MappingNode):
            return self._mapping(node)
        if isinstance(node, SequenceNode):
            return [self._built(member) for member in node.value]
        return self._scalar(node)

    def _mapping(self, node: MappingNode) -> dict[str, Value]:
        if str(node.tag) != _TAG + "map":
            raise Error(f"the tag {str(node.tag)!r} has no meaning here", place=self._at(node))
        built: dict[str, Value] = {}
        for key, member in node.value:
            if not isinstance(key, ScalarNode):
                raise Error("a key must be a text", place=self._at(key))
            if str(key.tag) == _TAG + "merge":
                raise Error("merge keys are not used here: write the values out", place=self._at(key))
            if key.value in built:
                raise Error(f'the key "{key.value}" stands here twice', place=self._at(key))
            built[key.value] = self._built(member)
        return built

    def _scalar(self, node: Node) -> Value:
        kind = str(node.tag).removeprefix(_TAG)
        text: str = node.value
        try:
            if kind in ("str", "timestamp"):
                return text
            if kind == "null":
                return None
            if kind == "bool":
                return {"true": True, "false": False}[text.lower()]
            if kind == "int":
                return int(text, 0) if text.lstrip("+-")[:2].lower() in ("0x", "0o") else int(text)
            if kind == "float":
                return float(text)
        except (ValueError, KeyError):
            raise Error(f'"{text[:40]}" is not a value of the kind {kind}', place=self._at(node)) from None
        raise Error(f"the tag {str(node.tag)!r} has no meaning here", place=self._at(node))

    def _explain(self, message: str, kind: type) -> NoReturn:
        what, _, where = message.partition(" - at `")
        path = tuple(_steps(where.rstrip("`")))
        if unknown := _UNKNOWN_FIELD.search(what):
            field = unknown.group(1)
            near = get_close_matches(field, _fields(kind, path), n=1, cutoff=0.5)
            raise Error(
                f'"{field}" is not a field here',
                place=self.place((*path, field), key=True),
                hint=f'did you mean "{near[0]}"?' if near else "",
            )
        if missing := _MISSING_FIELD.search(what):
            raise Error(f'the field "{missing.group(1)}" is missing', place=self.place(path, key=True))
        if choice := _CHOICE.search(what):
            what = f'"{choice.group(1)}" is not one of the words that may stand here'
        raise Error(what[:1].lower() + what[1:], place=self.place(path))

    def _at(self, node: Node | None) -> Place:
        if node is None:
            return Place(self.name)
        line, column = node.start_mark.line, node.start_mark.column
        same_line = isinstance(node, ScalarNode) and node.end_mark.line == line
        return self._place(line, column, node.end_mark.column - column if same_line else 1)

    def _place(self, line: int, column: int, length: int = 1) -> Place:
        text = self._lines[line] if line < len(self._lines) else ""
        return Place(self.name, line + 1, column + 1, max(1, length), text)


def _steps(path: str) -> Iterator[str | int]:
    return (name or int(index) for name, index in _STEP.findall(path) if name or index)


def _fields(kind: Any, path: tuple[str | int, ...]) -> list[str]:
    """The names of the fields that the type allows at this path."""
    structs = _members(msgspec.inspect.type_info(kind))
    for step in path:
        if isinstance(step, str):
            types = [field.type for struct in structs for field in struct.fields if field.encode_name == step]
            structs = [member for info in types for member in _members(info)]
    return [field.encode_name for struct in structs for field in struct.fields]


def _members(info: Any) -> list[Any]:
    """The struct types behind a type: itself, those of a union, those that a list holds at any depth."""
    if hasattr(info, "fields"):
        return [info]
    inner = [*getattr(info, "types", ()), *getattr(info, "item_types", ())]
    if hasattr(info, "item_type"):
        inner.append(info.item_type)
    return [struct for part in inner for struct in _members(part)]
