"""The catalog's markers, compiled so that a piece of a program is searched for all of them in one pass.

`Rules` is immutable. It pickles as its markers and is built again on the other side, in a few tens of milliseconds; a
forked process shares it.

The search is one automaton over the beginnings of all literals of all tools; a hit is then compared in full. A DFA over
whole literals searches no faster (0.4 to 0.55 GB/s; the automata that are not DFAs do 0.17) but takes several times as
long to build, and a regular expression for each would cost more than the whole budget. What is no source text may show
a few of the literals only, so a sieve for these is asked first (`sieve.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import cache
from typing import Final, NamedTuple

import ahocorasick_rs

from clearance.catalog.index import Catalog, values
from clearance.model.tool import Identity, Marker, Role, Where
from clearance.observe.identity.sieve import Sieve
from clearance.observe.identity.traits import HOSTS, SIGNALS

WHERES: Final[tuple[Where, ...]] = ("package", "entry", "argv", "modules", "code", "data")
NAMED: Final[frozenset[Where]] = frozenset({"entry", "argv", "modules"})
STEM_BYTES: Final = 12
MOST_MATCHES: Final = 16_384
LITERAL: Final = re.compile(r"(?:[^\\.^$*+?{}\[\]|()]|\\[^A-Za-z0-9](?![*+?{]))*")

ESCAPED: Final = re.compile(r"\\(.)")


class Rule(NamedTuple):
    """One marker of one tool."""

    tool: str
    role: Role
    where: Where
    least: int
    support: bool


class VersionRule(NamedTuple):
    """Where a version stands: the literal that begins the expression is searched, the expression is matched there."""

    where: Where
    literal: bytes
    pattern: bytes
    near: tuple[float, ...]

    def match(self, data: bytes, at: int) -> bytes | None:
        """The version that stands there."""
        found = _compiled(self.pattern).match(data, at)
        return found.group(1) if found else None


class Known(NamedTuple):
    """A tool as the rules see it. `libraries` are the packages that the catalog knows as its vendor's SDKs."""

    id: str
    identity: Identity | None
    packages: tuple[str, ...]
    libraries: tuple[str, ...] = ()


class Rules:
    """All markers of a catalog, ready to search with."""

    def __init__(self, tools: Iterable[Known]) -> None:
        self.tools = tuple(tools)
        self.rules: list[Rule] = []
        self.literals: list[bytes] = []
        self.owners: list[list[int]] = []
        self.stems: list[list[tuple[int, bytes]]] = []
        self.over: dict[str, tuple[str, ...]] = {}
        self.heirs: dict[str, list[str]] = {}
        self.versions: dict[str, tuple[VersionRule, ...]] = {}
        self.packages: dict[str, str] = {}
        self.libraries = frozenset(library for known in self.tools for library in known.libraries)
        self.globs: list[tuple[re.Pattern[str], str]] = []
        self._ecosystems: dict[str, set[str]] = {}
        index: dict[bytes, int] = {}
        for known in self.tools:
            for package in known.packages:
                self.packages.setdefault(package, known.id)
                self._ecosystems.setdefault(known.id, set()).add(package.partition(":")[0])
        for known in self.tools:
            if known.identity is not None:
                self._take(known.id, known.identity, index)
        self.signals: dict[int, str] = {}
        for signal, texts in (*SIGNALS.items(), ("host", HOSTS)):
            for text in texts:
                place = index.setdefault(text.encode(), len(self.literals))
                if place == len(self.literals):
                    self.literals.append(text.encode())
                    self.owners.append([])
                self.signals[place] = signal
        stems: dict[bytes, list[tuple[int, bytes]]] = {}
        for number, literal in enumerate(self.literals):
            stems.setdefault(literal[:STEM_BYTES], []).append((number, literal))
        self.stems = list(stems.values())
        self.automaton = ahocorasick_rs.BytesAhoCorasick(
            list(stems) or [b"\0no marker\0"], implementation=ahocorasick_rs.Implementation.DFA
        )
        self._sieves = {where: self._sieve(where) for where in WHERES if where not in ("package", "code")}
        self._signals = Sieve(self.literals[number][:STEM_BYTES] for number in self.signals)

    def __reduce__(self) -> tuple[type[Rules], tuple[tuple[Known, ...]]]:
        return Rules, (self.tools,)

    def search(self, data: bytes, where: Where = "code", *, signals: bool = True) -> set[int]:
        """The literals that occur in a piece, by their number.

        None where none of them counts: as a marker in such a piece, or, with `signals`, as one of those.
        """
        found: set[int] = set()
        sieve = self._sieves.get(where)
        if sieve is not None and not sieve.holds(data) and not (signals and self._signals.holds(data)):
            return found
        for stem, at, _ in self.automaton.find_matches_as_indexes(data, overlapping=True)[:MOST_MATCHES]:
            for number, literal in self.stems[stem]:
                if number not in found and data.startswith(literal, at):
                    found.add(number)
        return found

    def tool_of_package(self, ecosystem: str, name: str) -> str | None:
        """The tool that a package of this name is."""
        key = f"{ecosystem}:{name}"
        if (tool := self.packages.get(key)) is not None:
            return tool
        return next((tool for pattern, tool in self.globs if pattern.match(key)), None)

    def runs_in(self, tool: str, ecosystems: frozenset[str]) -> bool:
        """Whether one of the tool's packages is of such an ecosystem; a tool that has none may be of any."""
        found = self._ecosystems.get(tool)
        return found is None or not found.isdisjoint(ecosystems)

    def _sieve(self, where: Where) -> Sieve:
        """What tells that none of the markers of such pieces is there: what they begin with."""
        owned = zip(self.literals, self.owners, strict=True)
        return Sieve(
            literal[:STEM_BYTES] for literal, owners in owned if any(self.rules[one].where == where for one in owners)
        )

    def _take(self, tool: str, identity: Identity, index: dict[bytes, int]) -> None:
        self.over[tool] = identity.over
        for other in identity.over:
            self.heirs.setdefault(other, []).append(tool)
        self.versions[tool] = tuple(
            VersionRule(one.where, leading_literal(one.pattern), one.pattern.encode(), one.near)
            for one in identity.versions
        )
        for marker in identity.markers:
            if marker.where == "package":
                self._take_packages(tool, marker)
                continue
            number = len(self.rules)
            self.rules.append(Rule(tool, marker.role, marker.where, marker.least, marker.support))
            for text in marker.any:
                literal = literal_of(text, marker.where)
                place = index.setdefault(literal, len(self.literals))
                if place == len(self.literals):
                    self.literals.append(literal)
                    self.owners.append([])
                self.owners[place].append(number)

    def _take_packages(self, tool: str, marker: Marker) -> None:
        for text in marker.any:
            self._ecosystems.setdefault(tool, set()).add(text.partition(":")[0])
            if "*" in text:
                self.globs.append((re.compile(translate(text)), tool))
            else:
                self.packages[text] = tool


def compile_rules(catalog: Catalog) -> Rules:
    """The rules of a catalog. A tool without an identity block is known by the names of its packages."""
    return Rules(
        Known(tool.id, tool.identity, values(tool.surfaces.packages), values(tool.surfaces.libraries))
        for tool in catalog.tools.values()
    )


def literal_of(text: str, where: Where) -> bytes:
    """The bytes to search for: in names, `^` and `$` are the line ends that names are joined with."""
    if where in NAMED:
        if text.startswith("^"):
            text = "\n" + text[1:]
        if text.endswith("$"):
            text = text[:-1] + "\n"
    return text.encode()


def leading_literal(pattern: str) -> bytes:
    """The literal text that an expression begins with."""
    match = LITERAL.match(pattern)
    text = match.group() if match else ""
    if text and len(text) < len(pattern) and pattern[len(text)] in "*+?{":
        text = text[:-2] if text[-2:-1] == "\\" else text[:-1]
    return ESCAPED.sub(lambda escaped: escaped[1], text).encode()


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    """Compiled when the tool is first seen: most never are."""
    return re.compile(pattern)
