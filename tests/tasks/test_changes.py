from __future__ import annotations

import json
from pathlib import Path

import pytest

from clearance.errors import Error
from clearance.tasks.changes import changes_since, load_earlier


def earlier(tmp_path: Path, **fields: object) -> str:
    document = {
        "schema": "clearance/scan/v1",
        "finished": "2026-11-20T10:00:00Z",
        "sightings": [{"id": "a"}, {"id": "b"}],
    }
    path = tmp_path / "earlier.json"
    path.write_text(json.dumps(document | {"unknown": [{"id": "u"}]} | fields))
    return str(path)


def test_new_and_gone(tmp_path: Path) -> None:
    changes = changes_since(load_earlier(earlier(tmp_path)), ["b", "c"])
    assert (changes.since, changes.new, changes.gone) == ("2026-11-20T10:00:00Z", ("c",), ("a", "u"))


def test_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Error, match="clearance/scan/v9"):
        load_earlier(earlier(tmp_path, schema="clearance/scan/v9"))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff\xfe", b'{"schema": 3}'])
def test_what_is_no_scan_is_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(Error, match="is not the document of a scan"):
        load_earlier(str(path))
    with pytest.raises(Error, match="cannot read"):
        load_earlier(str(tmp_path / "none.json"))
