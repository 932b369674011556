from __future__ import annotations

from pathlib import Path

import pytest

from clearance.errors import Error
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger.note import PublicKey
from clearance.prove.ledger.opening import held
from clearance.prove.ledger.seal import Unsignable
from tests.prove.ledger.making import Clock, draft, opened, whole


def test_the_stored_checkpoint_follows_the_clock_also_backwards(tmp_path: Path) -> None:
    clock = Clock()
    stored = tmp_path / "ledger" / "checkpoint"
    with opened(tmp_path, clock) as ledger:
        ledger.append([draft()])
        first = stored.read_text()
        ledger.append([draft()])
        assert stored.read_text() == first
        clock.forward(minutes=2)
        ledger.append([draft()])
        assert checkpoints.opened(stored.read_text(), ledger.key).size == 3
        clock.forward(days=-400)
        ledger.append([draft()])
        assert checkpoints.opened(stored.read_text(), ledger.key).size == 4


def test_asking_for_the_same_checkpoint_again_writes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.append([draft()])
        first = ledger.checkpoint()
        (tmp_path / "ledger" / "checkpoint").unlink()
        assert ledger.checkpoint() == first
        assert not (tmp_path / "ledger" / "checkpoint").exists()


class Lost:
    """A key that can be taken away."""

    def __init__(self, path: str) -> None:
        self._key = held(path)
        self.asked = 0
        self.gone = False

    def sign(self, data: bytes, /) -> bytes:
        self.asked += 1
        if self.gone:
            raise Error("the key is gone", remedy="put it back")
        return self._key.sign(data)

    def public_key(self) -> PublicKey:
        return self._key.public_key()


def test_where_nothing_can_be_signed_records_are_kept_and_it_is_tried_again_after_a_while(tmp_path: Path) -> None:
    clock = Clock()
    key = Lost(str(tmp_path / "ledger.key"))
    with opened(tmp_path, clock, signer=lambda _: key) as ledger:
        ledger.append([draft()])
        stored = (tmp_path / "ledger" / "checkpoint").read_text()
        key.gone = True
        clock.forward(minutes=2)
        asked = key.asked
        for _ in range(5):
            ledger.append([draft()])
        assert key.asked == asked + 1
        assert ledger.unsigned == "the key is gone"
        with pytest.raises(Unsignable, match="the key is gone"):
            ledger.checkpoint()
        assert (tmp_path / "ledger" / "checkpoint").read_text() == stored
        key.gone = False
        clock.forward(minutes=2)
        whole(tmp_path, ledger, 6)
        assert ledger.unsigned == ""
