"""What has been found in a program so far, and what follows from it.

Pieces of the program are added one after the other; the verdict can be asked for at any time. Memory is bounded by what
is added. The order of pieces does not change the verdict.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from clearance.model.sighting import Evidence
from clearance.model.terms import Confidence
from clearance.model.tool import Marker, Where
from clearance.observe.identity.rules import NAMED, Rules, VersionRule
from clearance.observe.identity.types import Identification, Package

MOST_TRIES: Final = 64
MOST_STRONG: Final = 2
WIDE_SAMPLE: Final = 64
RANK: Final[dict[Confidence, int]] = {"certain": 2, "strong": 1, "weak": 0}


class Piece(NamedTuple):
    """Some bytes of a program. `kind` is the stable word that evidence is given under (`bun-entry`, `elf-data`, …)."""

    where: Where
    kind: str
    data: bytes


class Tally:
    """Markers found, by tool and role, and with `weighs` the signals of an agent."""

    def __init__(self, rules: Rules, *, weighs: bool = True) -> None:
        self.rules = rules
        self._weighs = weighs
        self.pieces: list[Piece] = []
        self.found: dict[int, set[int]] = {}
        self.roles: dict[str, dict[str, Evidence]] = {}
        self.support: dict[str, dict[str, Evidence]] = {}
        self.signals: dict[str, set[int]] = {}
        self.package: Package | None = None
        self._versions: dict[str, tuple[int, str | None]] = {}

    def add_package(self, package: Package, *, own: bool = False) -> None:
        """The program's package. `own`: the program itself says so, so that it needs no other proof."""
        tool = self.rules.tool_of_package(package.ecosystem, package.name)
        if tool is None:
            return
        if self.package is None or own:
            self.package = package
        if own or package.program:
            self.roles.setdefault(tool, {}).setdefault("package", Evidence("package", _named(package)))

    def add(self, piece: Piece) -> None:
        """Searches a piece. Text in UTF-16LE is searched as what it says."""
        data = narrow(piece.data) if piece.where in ("code", "data") else piece.data
        if piece.where in NAMED:
            data = b"\n" + data.strip(b"\n") + b"\n"
        self.pieces.append(Piece(piece.where, piece.kind, data))
        for literal in self.rules.search(data, piece.where, signals=self._weighs):
            if self._weighs and (signal := self.rules.signals.get(literal)) is not None:
                self.signals.setdefault(signal, set()).add(literal)
            for number in self.rules.owners[literal]:
                if self.rules.rules[number].where == piece.where:
                    self._see(number, literal, piece.kind)

    def _see(self, number: int, literal: int, kind: str) -> None:
        rule = self.rules.rules[number]
        seen = self.found.setdefault(number, set())
        seen.add(literal)
        if len(seen) >= rule.least:
            text = self.rules.literals[literal].strip(b"\n").decode("utf-8", "replace")
            roles = (self.support if rule.support else self.roles).setdefault(rule.tool, {})
            roles.setdefault(rule.role, Evidence(kind, f"{rule.role}: {text}"))

    def add_version(self, tool: str, rule: VersionRule, piece: Piece) -> bool:
        """Looks in a piece for nothing but the tool's version, by one rule. Whether it is there."""
        version = version_in((rule,), Piece(piece.where, piece.kind, narrow(piece.data)))
        if version is not None and self.version(tool) is None:
            self._versions[tool] = (len(self.pieces), version)
        return version is not None

    def add_marker(self, tool: str, marker: Marker, kind: str) -> None:
        """A marker that was found somewhere: it says less than one found where it belongs."""
        found = Evidence(kind, f"{marker.role}: {marker.any[0]}")
        self.support.setdefault(tool, {}).setdefault(marker.role, found)

    def forget(self) -> None:
        """Lets go of the last piece's text. What was found in it stays."""
        if self.pieces:
            last = self.pieces[-1]
            self.pieces[-1] = Piece(last.where, last.kind, b"")

    def leader(self) -> tuple[str, Confidence] | None:
        """The tool that the program is, as far as one can tell now; None where there is none, or too many."""
        if not self.roles and not self.support:
            return None
        graded = {tool: grade for tool in self.roles.keys() | self.support.keys() if (grade := self._grade(tool))}
        for tool in list(graded):
            for other in self.rules.over.get(tool, ()):
                if tool in graded and graded[tool] != "weak":
                    graded.pop(other, None)
        if not graded:
            return None
        best = max(RANK[grade] for grade in graded.values())
        leaders = [tool for tool, grade in graded.items() if RANK[grade] == best]
        # A program that shows the marks of several tools is one about tools.
        if len(leaders) > (MOST_STRONG if best else 1):
            return None
        tool = max(leaders, key=lambda one: (len(self._evidence(one)), self._count(one), one))
        return tool, graded[tool]

    def version(self, tool: str) -> str | None:
        """The version that the pieces show, else the package's."""
        seen, version = self._versions.get(tool, (0, None))
        if version is None and seen < len(self.pieces):
            rules = self.rules.versions.get(tool, ())
            version = next((one for piece in self.pieces[seen:] if (one := version_in(rules, piece))), None)
            self._versions[tool] = (len(self.pieces), version)
        if version is not None:
            return version
        package = self.package
        if package is not None and self.rules.tool_of_package(package.ecosystem, package.name) == tool:
            return package.version
        return None

    def certain(self) -> bool:
        """Whether the tool is told beyond doubt."""
        leader = self.leader()
        return leader is not None and leader[1] == "certain"

    def contested(self) -> bool:
        """Whether something points at a tool that is built from the one that leads."""
        leader = self.leader()
        heirs = self.rules.heirs.get(leader[0], ()) if leader else ()
        return any(one in self.roles or one in self.support for one in heirs)

    def settled(self) -> bool:
        """Whether more pieces would add nothing: the tool is certain, and its version known or not to be found."""
        leader = self.leader()
        if leader is None or leader[1] != "certain":
            return False
        return not self.rules.versions.get(leader[0]) or self.version(leader[0]) is not None

    def verdict(self) -> Identification | None:
        """The answer. The package's name counts as a role of its own where the content shows the same tool."""
        leader = self.leader()
        if leader is None:
            return None
        tool, confidence = leader
        package = self.package
        owner = self.rules.tool_of_package(package.ecosystem, package.name) if package is not None else None
        if package is not None and owner is not None and owner in self.rules.heirs.get(tool, ()):
            # A part of a tool that was built from another may show its origin only: the package says whose it is.
            said = (*self._evidence(tool), Evidence("package", _named(package)))
            return Identification(owner, self.version(owner), "strong", said)
        if package is not None and owner == tool:
            self.roles.setdefault(tool, {}).setdefault("package", Evidence("package", _named(package)))
            confidence = self._grade(tool) or confidence
        return Identification(tool, self.version(tool), confidence, self._evidence(tool))

    def _evidence(self, tool: str) -> tuple[Evidence, ...]:
        return (*self.roles.get(tool, {}).values(), *self.support.get(tool, {}).values())

    def _grade(self, tool: str) -> Confidence | None:
        roles = self.roles.get(tool, {})
        firm = {role for role in roles if role != "text"}
        support = self.support.get(tool, {}).keys() - firm
        if firm and len(firm) + len(support) >= 2:
            return "certain"
        if firm or len(support) >= 2:
            return "strong"
        return "weak" if roles else None

    def _count(self, tool: str) -> int:
        return sum(len(seen) for number, seen in self.found.items() if self.rules.rules[number].tool == tool)


def narrow(data: bytes) -> bytes:
    """Text in UTF-16LE as one byte a character; anything else as it is."""
    low, high = data[0 : 2 * WIDE_SAMPLE : 2], data[1 : 2 * WIDE_SAMPLE : 2]
    wide = len(low) >= 8 and high.count(0) * 8 > len(high) * 7 and low.count(0) * 2 < len(low)
    return data[0::2] if wide else data


def _named(package: Package) -> str:
    return f"{package.ecosystem}:{package.name}" + (f"@{package.version}" if package.version else "")


def version_in(rules: tuple[VersionRule, ...], piece: Piece) -> str | None:
    """The version that a piece states."""
    for rule in rules:
        if rule.where != piece.where or not rule.literal:
            continue
        at = -1
        for _ in range(MOST_TRIES):
            at = piece.data.find(rule.literal, at + 1)
            if at < 0:
                break
            if version := rule.match(piece.data, at):
                return version[:64].decode("ascii", "replace")
    return None
