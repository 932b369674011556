from __future__ import annotations

import stat
from pathlib import Path

import pytest

from clearance.errors import Error
from clearance.prove.ledger.keys import load, load_or_make


def test_a_missing_key_is_made_for_its_owner_only_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ledger.key"
    made = load_or_make(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["ledger.key"]
    again = load_or_make(str(path))
    assert again.private_bytes_raw() == made.private_bytes_raw() == load(str(path)).private_bytes_raw()


@pytest.mark.parametrize("content", [b"", b"x", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_and_stays(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.key"
    path.write_bytes(content)
    with pytest.raises(Error, match="not an Ed25519 private key"):
        load_or_make(str(path))
    assert path.read_bytes() == content
