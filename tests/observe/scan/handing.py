"""Handing one path to a probe, as the walk does: by the first of its patterns that matches."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from clearance.catalog.index import Catalog
from clearance.model.sighting import Sighting, Skipped
from clearance.observe.probe import Found, Home, Observation, Probe
from clearance.observe.reader import BytesReader
from tests.builders import ANA
from tests.observe.scan.tools import CATALOG
from tests.observe.scan.tree import matching


def hand(
    probe: Probe, path: str, content: Any = b"", names: tuple[str, ...] = (), *, home: Home | None = ANA,
    folder: bool = False, catalog: Catalog = CATALOG, size: int | None = None, uid: int = 0,
) -> list[Observation]:  # fmt: skip
    """What the probe says about this path with this content (bytes, text, or what becomes JSON)."""
    data = (
        content
        if isinstance(content, bytes)
        else (content if isinstance(content, str) else json.dumps(content)).encode()
    )
    homes = [home] if home else []
    patterns = [one for one in probe.patterns(catalog) if one.folder == folder and matching(one, path, homes)]
    assert patterns, f"no pattern of {probe.name} matches {path}"
    inside = home if home and path.startswith(home.path + "/") else None
    names = names or (path.rpartition("/")[2],)
    size = len(data) if size is None else size
    found = Found(path, patterns[0], BytesReader(data), home=inside, size=size, names=names, folder=folder, uid=uid)
    return list(probe.parse(found, catalog))


def one(observations: list[Observation]) -> Sighting:
    (seen,) = observations
    assert isinstance(seen, Sighting)
    return seen


def reasons(observations: list[Observation]) -> list[str]:
    return [seen.reason for seen in observations if isinstance(seen, Skipped)]


def evidence(seen: Sighting) -> dict[str, str]:
    return {piece.kind: piece.detail for piece in seen.evidence}


def zipped(files: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(name, content if isinstance(content, bytes | str) else json.dumps(content))
    return buffer.getvalue()
