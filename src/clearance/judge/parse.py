"""Directive documents made into one directive.

Documents are read in the order of their names. Rules, waivers, tools, endpoints, groups and protected paths are put
one after the other, and the same id twice is an error; `default`, `contact`, `audit`, `enforcement` and `metadata`
are those of the last document that gives them. What comes out can be compiled: dates, zones, ranges and comparisons
were read. What is wrong is told all at once, each at its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import UNSET, inspect, structs

from clearance.catalog.source import MappingNode, Node, ScalarNode, Source, Spot, read, shown
from clearance.errors import Error, Errors, Place
from clearance.judge.checks import unreadable
from clearance.judge.glob import fold
from clearance.judge.merged import Merged, Path, Written
from clearance.judge.shape import Shape
from clearance.model.directive import Directive

API_VERSION: Final = "clearance/v1"
KIND: Final = "Directive"

MOST_ERRORS: Final = 20
"""How many errors are told at once."""

_LISTS: Final = ("rules", "waivers", "tools", "endpoints")
_ID: Final = {"rules": "id", "waivers": "id", "tools": "id", "endpoints": "host"}
_LAST: Final = ("default", "contact", "audit", "enforcement", "metadata")
_SHAPE: Final = inspect.type_info(Directive)


def parse(documents: Iterable[tuple[str, bytes]]) -> Merged:
    """The directive that these documents, each with its name, make. `Error` (or `Errors`) where they make none."""
    whole = Directive(apiVersion=API_VERSION, kind=KIND)
    ids: list[str] = []
    places: dict[Path, Written] = {}
    errors: list[Error] = []
    for name, data in sorted(documents):
        try:
            part, written = _document(name, data)
        except Error as error:
            errors += error.errors if isinstance(error, Errors) else (error,)
            continue
        if part.metadata is not UNSET and part.metadata.id not in ids:
            ids.append(part.metadata.id)
        errors += _twice(whole, part, places, written)
        places.update(_moved(written, whole))
        whole = _joined(whole, part)
    merged = Merged(whole, tuple(ids), places)
    if not errors:
        errors += unreadable(merged)
    raise_all(errors)
    if not places:
        raise Error("there is no directive to read", remedy="name a file, or a folder with *.yaml files")
    return merged


def raise_all(errors: list[Error]) -> None:
    """Raise what was found, if anything was: the first twenty, which a person can mend in one go."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        told = sorted(errors, key=_order)
        if len(told) > MOST_ERRORS:
            told[MOST_ERRORS:] = [Error(f"there are {len(told) - MOST_ERRORS} more", remedy="mend these first")]
        raise Errors(tuple(told))


def _order(error: Error) -> tuple[str, int, int]:
    place = error.place or Place("")
    return place.file, place.line, place.column


def _document(name: str, data: bytes) -> tuple[Directive, dict[Path, Written]]:
    source, node = headed(name, data, KIND)
    shape = Shape(source)
    directive = shape.value(node, _SHAPE)
    if shape.errors:
        raise Errors(tuple(shape.errors))
    return directive, shape.written


def headed(name: str, data: bytes, kind: str) -> tuple[Source, Node]:
    """The nodes of a document of this kind and of the version that is read here. `Error` says what it is instead.

    The header is looked at before any other field: those of another kind or version have other meanings.
    """
    source, node = read(name, data)
    if node is None:
        remedy = f'begin it with "apiVersion: {API_VERSION}", or take the file away'
        raise Error("is empty", place=Spot(source).place(), remedy=remedy)
    if not isinstance(node, MappingNode):
        raise Error(
            f"is not a {kind}: it has no fields",
            place=source.spot(node).place(),
            remedy=f'begin it with "apiVersion: {API_VERSION}" and "kind: {kind}"',
        )
    header = {key.value: item for key, item in node.value if isinstance(key, ScalarNode)}
    for field, wanted in (("apiVersion", API_VERSION), ("kind", kind)):
        item = header.get(field)
        if item is None:
            raise Error(
                f'has no "{field}"', place=source.spot(node).place(), remedy=f'begin it with "{field}: {wanted}"'
            )
        if item.value != wanted:
            given = shown(item.value) if isinstance(item, ScalarNode) else "…"
            remedy = f'write "{field}: {wanted}"'
            if field == "apiVersion" and given.startswith("clearance/"):
                remedy += ", or use the release of Clearance that knows this version"
            what = f'{field} is "{given}", and only "{wanted}" is read here'
            raise Error(what, place=source.spot(item).place(), remedy=remedy)
    return source, node


def _joined(whole: Directive, part: Directive) -> Directive:
    changes: dict[str, Any] = {name: (*getattr(whole, name), *getattr(part, name)) for name in (*_LISTS, "protected")}
    changes["groups"] = {**whole.groups, **part.groups}
    for name in _LAST:
        if getattr(part, name) is not UNSET:
            changes[name] = getattr(part, name)
    return structs.replace(whole, **changes)


def _moved(written: dict[Path, Written], whole: Directive) -> Iterator[tuple[Path, Written]]:
    """The paths of a document's parts as they are in the whole: items of lists come after those before them."""
    for path, where in written.items():
        if len(path) > 1 and isinstance(path[1], int):
            yield (path[0], len(getattr(whole, str(path[0]))) + path[1], *path[2:]), where
        else:
            yield path, where


def _twice(
    whole: Directive, part: Directive, places: dict[Path, Written], written: dict[Path, Written]
) -> Iterator[Error]:
    """What a document defines again, be it its own or an earlier one's."""
    for name in _LISTS:
        noun, attribute = name.removesuffix("s"), _ID[name]
        first = {
            _key(item, attribute): places[name, index, attribute].value
            for index, item in enumerate(getattr(whole, name))
        }
        for index, item in enumerate(getattr(part, name)):
            here = written[name, index, attribute].value
            key = _key(item, attribute)
            if key in first:
                yield _second(f'{noun} "{shown(getattr(item, attribute))}"', first[key], here)
            first.setdefault(key, here)
    for name in part.groups:
        if name in whole.groups:
            yield _second(f'group "{shown(name)}"', places["groups", name].key, written["groups", name].key)


def _key(item: Any, attribute: str) -> str:
    text: str = getattr(item, attribute)
    return fold(text) if attribute == "host" else text


def _second(what: str, first: Spot, here: Spot) -> Error:
    remedy = f"rename one, or take one out; the first is at {first.place()}"
    return Error(f"{what} is there twice", place=here.place(), remedy=remedy)
