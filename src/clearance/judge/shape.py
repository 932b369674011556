"""Nodes of a document into values of the types that describe it, with every error in one go.

The types are the only description of the shape: what fields there are, which must be given, which words are
allowed. An error names what it is about, says what is wrong at its line and column, and where a word is nearly
right, which was meant. An empty value is an error: a field left blank would otherwise silently mean "any".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final

from msgspec import inspect

from clearance.catalog.source import MappingNode, Node, ScalarNode, SequenceNode, Source, scalar, shown
from clearance.errors import Error, Unreadable
from clearance.judge.merged import Path, Written
from clearance.model.terms import (
    CONFIDENCES,
    DEPLOYMENTS,
    EFFECTS,
    ENDPOINT_CLASSES,
    ENFORCES,
    KINDS,
    RISKS,
    SURFACES,
    TRAININGS,
)

NOUNS: Final = {
    "rules": "rule",
    "waivers": "waiver",
    "tools": "tool",
    "endpoints": "endpoint",
    "groups": "group",
    "cases": "case",
}
"""What one of a list is called."""

_LONGEST_WORD: Final = 40
_ORDERED: Final[tuple[tuple[str, ...], ...]] = (
    EFFECTS, ENFORCES, RISKS, KINDS, DEPLOYMENTS, TRAININGS, SURFACES, ENDPOINT_CLASSES, CONFIDENCES,
)  # fmt: skip


class Shape:
    """Makes values of one document's nodes. `errors` are in document order; `written` says where each part stands.

    `nulls`: an empty value is allowed where the type has None.
    """

    def __init__(self, source: Source, *, nulls: bool = False) -> None:
        self.source = source
        self.nulls = nulls
        self.errors: list[Error] = []
        self.written: dict[Path, Written] = {}

    def value(self, node: Node, kind: inspect.Type, path: Path = (), subject: str = "the document") -> Any:
        """The value of a node, which is nonsense where `errors` has any."""
        spot = self.source.spot(node)
        self.written.setdefault(path, Written(spot, spot))
        kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
        if isinstance(node, ScalarNode):
            return self._scalar(node, kinds, path, subject)
        for each in kinds:
            if isinstance(node, MappingNode) and isinstance(each, inspect.StructType):
                return self._struct(node, each, path, subject)
            if isinstance(node, MappingNode) and isinstance(each, inspect.DictType):
                return self._dict(node, each, path, subject)
            if isinstance(node, SequenceNode) and isinstance(each, inspect.VarTupleType):
                return tuple(
                    self.value(item, each.item_type, (*path, index), _named(item, path, index, subject))
                    for index, item in enumerate(node.value)
                )
        what = "a mapping" if isinstance(node, MappingNode) else "a list"
        return self._bad(node, f"{_part(subject, path)} is {what}, where {_needed(kinds)} is needed")

    def _struct(self, node: MappingNode, kind: inspect.StructType, path: Path, subject: str) -> Any:
        fields = {field.encode_name: field for field in kind.fields}
        given: dict[str, Any] = {}
        for key, item in self._pairs(node, path, subject):
            field = fields.get(key.value)
            if field is None:
                verb = "matches on" if path[-1:] in (("match",), ("not",)) else "has"
                what = f'{_part(subject, path, verb)} {verb} "{shown(key.value)}", which is not a field'
                self._bad(key, what, hint=_nearest(key.value, fields), remedy=f"the fields are: {', '.join(fields)}")
            else:
                given[field.name] = self.value(item, field.type, (*path, field.encode_name), subject)
        missing = [field.encode_name for field in kind.fields if field.required and field.name not in given]
        for name in missing:
            self._bad(node, f'{_part(subject, path)} has no "{name}"', remedy=f"add {name}: and its value")
        return None if missing else kind.cls(**given)

    def _dict(self, node: MappingNode, kind: inspect.DictType, path: Path, subject: str) -> dict[str, Any]:
        noun = NOUNS.get(str(path[-1]))
        return {
            key.value: self.value(
                item,
                kind.value_type,
                (*path, key.value),
                f'{noun} "{shown(key.value)}"' if noun else subject,
            )
            for key, item in self._pairs(node, path, subject)
        }

    def _pairs(self, node: MappingNode, path: Path, subject: str) -> Iterator[tuple[ScalarNode, Node]]:
        """The keys and values, each key once; where the key stands is noted."""
        first: dict[str, int] = {}
        for key, item in node.value:
            if not isinstance(key, ScalarNode):
                self._bad(key, f"{_part(subject, path)} has a key that is not a word")
            elif key.value in first:
                what = f'{_part(subject, path)} has "{shown(key.value)}" twice'
                self._bad(key, what, remedy=f"keep one; the first is in line {first[key.value]}")
            else:
                first[key.value] = key.start_mark.line + 1
                self.written[(*path, key.value)] = Written(self.source.spot(key), self.source.spot(item))
                yield key, item

    def _scalar(self, node: ScalarNode, kinds: tuple[inspect.Type, ...], path: Path, subject: str) -> Any:
        try:
            value = scalar(node)
        except Unreadable as error:
            return self._bad(node, f"{_part(subject, path)} {error.what}", remedy=error.remedy)
        words = [word for each in kinds for word in _words(each)]
        for each in kinds:
            if isinstance(each, inspect.FloatType) and isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
            if type(value) is _PLAIN.get(type(each)):
                return value
        if value in words or (value is None and self.nulls and any(isinstance(e, inspect.NoneType) for e in kinds)):
            return value
        what = _part(subject, path)
        if value is None:
            place = self.written[path].key.place()
            return self.errors.append(
                Error(f"{what} is empty", place=place, remedy="give it a value, or take the line out")
            )
        if words and isinstance(value, str):
            return self._bad(
                node,
                f'{what} is "{shown(value)}", which is not one of {", ".join(words)}',
                hint=_nearest(value, words),
            )
        quoted = not isinstance(value, str) and any(isinstance(each, inspect.StrType) for each in kinds)
        return self._bad(
            node,
            f"{what} is {_kind_of(value)}, where {_needed(kinds)} is needed",
            remedy=f'put it in quotes: "{shown(node.value)}"' if quoted else "",
        )

    def _bad(self, node: Node, what: str, *, hint: str = "", remedy: str = "") -> None:
        self.errors.append(Error(what, place=self.source.spot(node).place(), hint=hint, remedy=remedy))


_PLAIN: Final[dict[type[inspect.Type], type]] = {
    inspect.StrType: str,
    inspect.IntType: int,
    inspect.BoolType: bool,
}


def _words(kind: inspect.Type) -> tuple[str, ...]:
    """The words that a type allows, in the order in which the vocabulary has them."""
    if not isinstance(kind, inspect.LiteralType):
        return ()
    words = tuple(map(str, kind.values))
    return next((ordered for ordered in _ORDERED if set(ordered) == set(words)), words)


def _kind_of(value: str | int | float | bool) -> str:
    if isinstance(value, str):
        return "text"
    return "true or false" if isinstance(value, bool) else "a number"


def _needed(kinds: tuple[inspect.Type, ...]) -> str:
    """What may stand here, in words."""
    names = []
    for each in kinds:
        if isinstance(each, inspect.LiteralType):
            names.append(f"one of {', '.join(_words(each))}")
        elif not isinstance(each, inspect.NoneType):
            names.append(_NAMES[type(each)])
    return " or ".join(dict.fromkeys(names))


_NAMES: Final[dict[type[inspect.Type], str]] = {
    inspect.StrType: "text",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.StructType: "a mapping",
    inspect.DictType: "a mapping",
    inspect.VarTupleType: "a list",
}


def _nearest(word: str, words: Iterable[str]) -> str:
    near = get_close_matches(word[:_LONGEST_WORD].lower(), list(words), n=1)
    return f'did you mean "{near[0]}"?' if near else ""


def _named(node: Node, path: Path, index: int, subject: str) -> str:
    """What an item of a list is called: by its id, or by its number."""
    noun = NOUNS.get(str(path[-1]))
    if noun is None:
        return subject
    if isinstance(node, MappingNode):
        for key, item in node.value:
            if isinstance(key, ScalarNode) and key.value in ("id", "host", "name") and isinstance(item, ScalarNode):
                return f'{noun} "{shown(item.value)}"'
    return f"{noun} {index + 1}"


def _part(subject: str, path: Path, verb: str = "") -> str:
    """The subject of a sentence about this part: `rule "x": match.tool`; without the field where the verb says it."""
    start = next((index + 2 for index, part in enumerate(path[:-1]) if part in NOUNS), 0)
    names = [str(part) for part in path[start:] if isinstance(part, str)]
    if not names or verb == "matches on":
        return subject
    return f"{subject}: {shown('.'.join(names))}" if start else shown(".".join(names))
