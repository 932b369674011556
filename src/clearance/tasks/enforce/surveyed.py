"""What a survey of this host found. Whoever only needs to know it need not be able to look."""

from __future__ import annotations

from msgspec import Struct

from clearance.model.enforcement import KnownFile
from clearance.tasks.enforce.table import Person


class PutRight(Struct, frozen=True):
    """What came of one setting. `why` is empty where it was put right; else it says why not."""

    user: str | None
    setting: str
    wanted: str
    path: str = ""
    key: str = ""
    why: str = ""


class Survey(Struct, frozen=True):
    """What was found. `endpoints` are (tool, login or None, host); `settings` the files that say where tools send."""

    files: tuple[KnownFile, ...]
    people: tuple[Person, ...]
    endpoints: tuple[tuple[str, str | None, str], ...]
    settings: tuple[str, ...]
    homes: tuple[str, ...] = ()
    put_right: tuple[PutRight, ...] = ()
