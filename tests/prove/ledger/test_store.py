from __future__ import annotations

import datetime as dt
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from clearance.errors import Error
from clearance.model.record import Draft, Outcome
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import merkle, parts
from clearance.prove.ledger.disk import Disk
from clearance.prove.ledger.read import records_of
from clearance.prove.ledger.store import Unrecordable
from clearance.prove.ledger.verify import verify_folder
from tests.prove.ledger.making import BEGIN, ORIGIN, POLICY, Clock, draft, filled, opened, whole
from tests.prove.ledger.test_seal import Lost


def test_records_are_numbered_canonical_and_in_the_tree(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        assert ledger.size == 0
        found = ledger.append([draft("a"), draft("b", path="/home/\udcff\u202e", inode=2**64 - 1, load=float("inf"))])
        assert [record.n for record in found] == [1, 2]
        assert ledger.append([draft("c")])[0].n == 3
        documents = whole(tmp_path, ledger, 3)
        data = (tmp_path / "ledger" / "000000000001.jsonl").read_bytes()
    assert data == b"".join(rfc8785.dumps(each) + b"\n" for each in documents)
    assert documents[0] == {
        "schema": "clearance/record/v1", "n": 1, "at": "2026-11-21T09:30:00.000Z", "kind": "change",
        "subject": {"event": "test", "word": "a"}, "decision": None,
        "outcome": {"done": "recorded", "latency_us": None},
        "policy": {"generation": 3, "sha256": POLICY.sha256},
    }  # fmt: skip
    assert documents[1]["subject"]["path"] == "/home/\\xff\u202e"
    assert documents[1]["subject"]["inode"] == "18446744073709551615"
    frontier = merkle.Frontier()
    for line in data.splitlines():
        frontier.add(merkle.leaf_hash(line))
    stored = checkpoints.opened((tmp_path / "ledger" / "checkpoint").read_text(), ledger.key)
    assert stored == checkpoints.Checkpoint(ORIGIN, 3, frontier.root())


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    for count in range(1, 6):
        with opened(tmp_path, segment_bytes=600) as ledger:
            assert ledger.size == count * 3 - 3
            ledger.append([draft(count), draft(count)])
            ledger.append([draft(count)])
            whole(tmp_path, ledger, count * 3)
    assert len([n for n in os.listdir(tmp_path / "ledger") if n.endswith(".jsonl")]) == 5


def test_nobody_else_can_read_it_or_its_key(tmp_path: Path) -> None:
    folder, _, _ = filled(tmp_path, 2)
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    for name in (tmp_path / "ledger.key", *(tmp_path / "ledger").iterdir()):
        assert stat.S_IMODE(name.stat().st_mode) == 0o600


def test_threads_share_a_sync_and_each_gets_its_own_numbers(tmp_path: Path) -> None:
    syncs = []

    class Counting(Disk):
        def sync(self, name: str) -> None:
            syncs.append(name)
            super().sync(name)

    with opened(tmp_path, disk=Counting) as ledger:
        got: list[list[int]] = []

        def work(word: int) -> None:
            for _ in range(20):
                got.append([record.n for record in ledger.append([draft(word), draft(word)])])

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(n for pair in got for n in pair) == list(range(1, 321))
        assert all(pair[1] == pair[0] + 1 for pair in got)
        documents = whole(tmp_path, ledger, 320)
    assert all(documents[p[0] - 1]["subject"] == documents[p[1] - 1]["subject"] for p in got)
    assert len([name for name in syncs if name.endswith(".jsonl")]) <= 160


def test_what_json_cannot_hold_is_refused_and_nothing_else(tmp_path: Path) -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    with opened(tmp_path) as ledger:
        ledger.append([draft()])
        for wrong in (object(), b"bytes", deep, "x" * (2 << 20)):
            with pytest.raises(Unrecordable, match="not recorded"):
                ledger.append([draft("good"), draft(wrong)])
        ledger.append([draft("later")])
        assert [each["subject"]["word"] for each in whole(tmp_path, ledger, 2)] == ["x", "later"]


def test_old_files_are_dropped_and_every_checkpoint_still_holds(tmp_path: Path) -> None:
    clock = Clock()
    notes = []
    with opened(tmp_path, clock, segment_bytes=900) as ledger:
        for n in range(30):
            clock.forward(days=1)
            ledger.append([draft(n, clock.now)])
            notes.append(ledger.checkpoint())
        dropped = 0
        while count := ledger.retain(BEGIN + dt.timedelta(days=20)):
            dropped += count
        assert 12 <= dropped <= 19
        assert ledger.retain(BEGIN) == 0
        key = ledger.key
    folder = str(tmp_path / "ledger")
    for note in notes:
        verdict = verify_folder(folder, key, checkpoints.opened(note, key))
        assert (verdict.damage, verdict.dropped) == ((), dropped)
        assert verdict.checkpoint
    assert [r.n for r in records_of(folder)] == list(range(dropped + 1, verdict.size + 1))
    with opened(tmp_path, clock, segment_bytes=900) as ledger:
        ledger.append([draft("more")])
    # Dropping by hand is no dropping on record.
    first = next(part for part in parts.parts_of(os.listdir(folder)) if part.what == "records")
    data = Path(folder, first.name).read_bytes()
    Path(folder, parts.leaves_name(first.first)).write_bytes(
        b"".join(merkle.leaf_hash(line) for line in data.splitlines())
    )
    os.unlink(os.path.join(folder, first.name))
    said = [damage.what for damage in verify_folder(folder, key).damage]
    assert len(said) == 1
    assert "no record says that they were dropped" in said[0]


def test_a_damaged_file_is_not_dropped(tmp_path: Path) -> None:
    filled(tmp_path, 12, segment_bytes=600)
    path = tmp_path / "ledger" / "000000000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"word":0', b'"word":9'))
    with opened(tmp_path, segment_bytes=600) as ledger, pytest.raises(Error, match="no records were dropped"):
        ledger.retain(BEGIN + dt.timedelta(days=1))
    assert path.exists()


def test_a_closed_ledger_refuses(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    ledger.append([draft()])
    ledger.close()
    ledger.close()
    for use in (lambda: ledger.append([draft()]), ledger.checkpoint, lambda: ledger.retain(BEGIN)):
        with pytest.raises(Error, match="closed"):
            use()


def test_an_append_of_nothing_records_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        assert ledger.append([]) == []
        assert ledger.size == 0
        ledger.append([Draft("", "failure", {}, Outcome("x"))])
        whole(tmp_path, ledger, 1)


def test_no_file_of_records_begins_that_nothing_signed_leads_to(tmp_path: Path) -> None:
    clock = Clock()
    key = Lost(str(tmp_path / "ledger.key"))
    with opened(tmp_path, clock, signer=lambda _: key, segment_bytes=2_000) as ledger:
        key.gone = True
        for n in range(40):
            clock.forward(seconds=20)
            ledger.append([draft(n)])
        assert len(list((tmp_path / "ledger").glob("*.jsonl"))) == 1
        key.gone = False
        clock.forward(minutes=1)
        ledger.append([draft(40)])
        assert len(list((tmp_path / "ledger").glob("*.jsonl"))) == 2
        assert checkpoints.opened(ledger.checkpoint(), ledger.key).size == 41
    with opened(tmp_path, clock) as again:
        assert again.size == 41


def test_a_ledger_that_cannot_sign_in_the_end_is_closed_all_the_same(tmp_path: Path) -> None:
    key = Lost(str(tmp_path / "ledger.key"))
    with opened(tmp_path, signer=lambda _: key) as ledger:
        key.gone = True
        ledger.append([draft(1)])
    with opened(tmp_path) as again:
        assert again.size == 1
        assert checkpoints.opened(again.checkpoint(), again.key).size == 1
