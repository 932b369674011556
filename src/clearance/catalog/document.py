"""A document of the catalog as a value of a type, with the place of everything in it. Pure.

Whatever the bytes are, the outcome is a value or an `Error` that names the line and column. A document is a tree of
mappings with text keys, lists, texts, numbers, true, false and null, as `source.py` reads them; the same key twice, a
merge key and a key that is no text are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from clearance.catalog.source import MappingNode, Node, ScalarNode, SequenceNode, Spot, read, scalar, shown
from clearance.errors import Error, Place, Unreadable

T = TypeVar("T")
Value = Any

_MERGE: Final = "tag:yaml.org,2002:merge"
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_UNKNOWN_FIELD = re.compile(r"unknown field `(.+?)`")
_MISSING_FIELD = re.compile(r"missing required field `(.+?)`")
_CHOICE = re.compile(r"Invalid enum value '(.+?)'")


class Document:
    """One YAML document. `value` is its content, None where it is empty."""

    def __init__(self, data: bytes | str, name: str) -> None:
        """Reads the document, which errors call `name`. Error where it is not one."""
        self._source, self._root = read(name, data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
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

    def _built(self, node: Node) -> Value:
        if isinstance(node, MappingNode):
            return self._mapping(node)
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        return [self._built(member) for member in node.value]

    def _mapping(self, node: MappingNode) -> dict[str, Value]:
        built: dict[str, Value] = {}
        for key, member in node.value:
            if not isinstance(key, ScalarNode):
                raise Error("a key must be a text", place=self._at(key))
            if str(key.tag) == _MERGE:
                raise Error("merge keys are not used here: write the values out", place=self._at(key))
            if key.value in built:
                raise Error(f'the key "{shown(key.value)}" stands here twice', place=self._at(key))
            built[key.value] = self._built(member)
        return built

    def _scalar(self, node: ScalarNode) -> Value:
        try:
            return scalar(node)
        except Unreadable as error:
            what = f'"{shown(node.value, 40)}" {error.what}'
            raise Error(what, place=self._at(node), remedy=error.remedy) from None

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
        return (self._source.spot(node) if node is not None else Spot(self._source)).place()


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
