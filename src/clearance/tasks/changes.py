"""What is new and what is gone since an earlier scan. Pure but for reading the earlier document."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from clearance.errors import Error, Place
from clearance.model.sighting import Changes

REMEDY: Final = "make one with: clearance scan --json > earlier.json"


class _Seen(Struct):
    id: str


class Earlier(Struct, rename={"schema_": "schema"}):
    """What counts of an earlier scan's document."""

    schema_: str
    finished: str
    sightings: tuple[_Seen, ...]
    unknown: tuple[_Seen, ...] = ()


def load_earlier(path: str) -> Earlier:
    """An earlier scan. `Error` where the file is none."""
    try:
        earlier = msgspec.json.decode(Path(path).read_bytes(), type=Earlier)
    except OSError as error:
        raise Error(
            f"cannot read the earlier scan: {(error.strerror or '').lower()}", place=Place(path), remedy=REMEDY
        ) from error
    except msgspec.MsgspecError as error:
        raise Error(f"is not the document of a scan: {error}", place=Place(path), remedy=REMEDY) from error
    if earlier.schema_ != "clearance/scan/v1":
        remedy = "this version reads clearance/scan/v1"
        raise Error(
            f"{earlier.schema_!r} is not a version of a scan that can be compared", place=Place(path), remedy=remedy
        )
    return earlier


def changes_since(earlier: Earlier, ids: Iterable[str]) -> Changes:
    """Ids here and not there are new, ids there and not here are gone."""
    then = {seen.id for seen in (*earlier.sightings, *earlier.unknown)}
    now = set(ids)
    return Changes(earlier.finished, tuple(sorted(now - then)), tuple(sorted(then - now)))
