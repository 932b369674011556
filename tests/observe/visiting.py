"""A visitor of a small tree, and what it tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from clearance.catalog.index import Catalog
from clearance.model.sighting import Skipped
from clearance.observe.host import HostView
from clearance.observe.identity.rules import compile_rules
from clearance.observe.patterns import Index
from clearance.observe.probe import Found, Observation, Pattern, Span
from clearance.observe.visit import Visitor
from tests.builders import tool


class Notes:
    """A probe that notes what it was handed."""

    name = "notes"

    def __init__(self, *patterns: Pattern) -> None:
        self._patterns = patterns
        self.found: list[Found] = []
        self.data: list[bytes] = []

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        return self._patterns

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        self.found.append(found)
        self.data.append(found.data() if found.pattern.read else b"")
        yield Span("t", None, "s", found.path, found.size, 0.0)


CATALOG = Catalog(
    [
        tool(
            "acme", packages=("npm:@acme/agent", "pypi:acme"), binaries=("acme",),
            libraries=("npm:@kits/acme", "npm:acme-words"), carriers=("npm:@kits/acme",),
        )
    ]
)  # fmt: skip


def visitor(root: Path, *patterns: Pattern, probe: Notes | None = None, **options: Any) -> tuple[Visitor, Notes]:
    notes = probe or Notes(*patterns)
    view = HostView(str(root))
    index = Index([notes], [notes.patterns(CATALOG)], fold_case=view.os != "linux")
    options.setdefault("pruned", False)
    return Visitor(view, index, CATALOG, compile_rules(CATALOG), **options), notes


def everything(walker: Visitor, *roots: str) -> list[Observation]:
    stack = list(roots or ("",))
    while stack:
        stack += walker.folder(stack.pop())
    return walker.take()


def skipped(observations: Iterable[Observation]) -> list[Skipped]:
    return [seen for seen in observations if isinstance(seen, Skipped)]


def write(root: Path, name: str, data: bytes = b"", mode: int = 0o644) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return path


def told(call: Callable[..., Any], position: int, arguments: list[Any]) -> Callable[..., Any]:
    """The same call, which writes down one of its arguments."""

    def tell(*given: Any) -> Any:
        arguments.append(given[position])
        return call(*given)

    return tell


def refuse(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def call(path: str, *arguments: Any) -> Any:
        if path.endswith(name):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments)

    return call
