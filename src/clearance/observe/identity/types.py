"""What identity is asked and what it answers."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from clearance.model.sighting import Evidence
from clearance.model.terms import Confidence

REPORTING_THRESHOLD: Final = 0.8
"""From this score on an unknown agent is reported."""


class Package(Struct, frozen=True):
    """The nearest package metadata upwards of a file, as the caller found it (`neighbours.py` says where to look).

    `ecosystem` and `name` are as in the catalog (`npm`, `pypi`, `app`, …); `path` is that of the metadata. `program`
    says that the metadata names this very file as one that runs (`bin`, a console script): then the package alone
    tells the tool; without it the name only adds to what the content shows, for packages carry other people's programs.
    """

    ecosystem: str
    name: str
    version: str | None
    path: str
    program: bool = False


class Identification(Struct, frozen=True):
    """A program of a known tool. `version` is None where the bytes that were read do not show one."""

    tool: str
    version: str | None
    confidence: Confidence
    evidence: tuple[Evidence, ...]


class Traits(Struct, frozen=True):
    """A program that no catalog entry knows: how much it looks like an agent (0 to 1), and by which traits."""

    score: float
    traits: tuple[str, ...]
