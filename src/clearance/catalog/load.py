"""From the texts of the catalog's YAML files to its tools. Pure: the bytes come from `compiled.py` or from a test.

An entry that comes out of here is complete and sound: right types, sourced values, paths, hosts and expressions that
can be used as they stand. Otherwise an `Error` says in which file, line and column, for every problem of the entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from clearance.catalog.checks import Problem, by_tool, catalog_problems, shared_problems, tool_problems
from clearance.catalog.document import Document
from clearance.errors import Error, Errors
from clearance.model.tool import Shared, Tool

T = TypeVar("T", Tool, Shared)

SHARED: Final = "shared.yaml"
TOOLS: Final = "tools/"
REMEDY: Final = "the fields of an entry are described in schemas/catalog-v1.json"


def load_tool(data: bytes | str, name: str) -> Tool:
    """One tool from the text of its file; `name` is what errors call the file."""
    return _sound(Document(data, name), Tool, tool_problems)


def load_shared(data: bytes | str, name: str = SHARED) -> Shared:
    """What the tools share, from the text of its file."""
    return _sound(Document(data, name), Shared, shared_problems)


def load_all(files: Mapping[str, bytes]) -> tuple[tuple[Tool, ...], Shared]:
    """All tools in id order, and what they share, from the files by name: `tools/ID.yaml` each, and `shared.yaml`."""
    if SHARED not in files:
        raise Error("the catalog has no shared.yaml")
    shared = load_shared(files[SHARED])
    documents = {name: Document(data, name) for name, data in sorted(files.items()) if name.startswith(TOOLS)}
    tools: dict[str, Tool] = {}
    for name, document in documents.items():
        tool = _sound(document, Tool, tool_problems)
        if name != f"{TOOLS}{tool.id}.yaml":
            raise Error(f'the entry of "{tool.id}" is not in {tool.id}.yaml', place=document.place(("id",)))
        tools[name] = tool
    errors: list[Error] = []
    for tool_id, problems in by_tool(catalog_problems(tools.values(), shared)).items():
        errors += _errors(documents[f"{TOOLS}{tool_id}.yaml"], problems)
    _raise(errors)
    return tuple(sorted(tools.values(), key=lambda tool: tool.id)), shared


def _sound(document: Document, kind: type[T], problems: Callable[[T], Iterable[Problem]]) -> T:
    entry = document.to(kind)
    _raise(_errors(document, problems(entry)))
    return entry


def _errors(document: Document, problems: Iterable[Problem]) -> list[Error]:
    return [Error(what, place=document.place(where), remedy=REMEDY) for where, what in problems]


def _raise(errors: list[Error]) -> None:
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise Errors(tuple(errors))
