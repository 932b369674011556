from __future__ import annotations

import datetime as dt
import errno
import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from clearance.errors import Error
from clearance.model.record import Draft, Outcome
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import merkle, parts
from clearance.prove.ledger.disk import Disk
from clearance.prove.ledger.read import records_of
from clearance.prove.ledger.store import Ledger, Unrecordable, new_origin
from clearance.prove.ledger.verify import verify_folder
from tests.prove.ledger.making import BEGIN, ORIGIN, POLICY, SCRATCH, Clock, draft, filled, opened


class FailingDisk(Disk):
    """Fails an operation as often as it is told to, having done a part of it where that is possible."""

    failures: dict[str, int] = {}  # noqa: RUF012 - set anew by each test

    def _fail(self, what: str) -> bool:
        left = self.failures.get(what, 0)
        if left:
            self.failures[what] = left - 1
        return bool(left)

    def append(self, name: str, data: bytes) -> None:
        if self._fail("append"):
            super().append(name, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().append(name, data)

    def sync(self, name: str) -> None:
        if self._fail("sync"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync(name)

    def truncate(self, name: str, size: int) -> None:
        if self._fail("truncate"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().truncate(name, size)


@pytest.fixture(autouse=True)
def _no_failures() -> Any:
    FailingDisk.failures = {}


def whole(folder: Path, ledger: Ledger, size: int) -> list[dict[str, Any]]:
    """Checks the ledger against a checkpoint over all of it; its records as documents."""
    note = ledger.checkpoint()
    given_ = checkpoints.opened(note, ledger.key)
    verdict = verify_folder(str(folder / "ledger"), ledger.key, given_)
    assert (verdict.damage, verdict.unfinished) == ((), "")
    assert verdict.size == verdict.checkpoint == given_.size == ledger.size == size
    names = sorted(name for name in os.listdir(folder / "ledger") if name.endswith(".jsonl"))
    lines = b"".join((folder / "ledger" / name).read_bytes() for name in names).splitlines()
    return [json.loads(line) for line in lines]


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


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.append([draft()])
        with pytest.raises(Error, match="already writes"):
            opened(tmp_path)
        code = (
            "import sys; from clearance.errors import Error; from clearance.prove.ledger.store import Ledger\n"
            "try: Ledger.open(sys.argv[1], sys.argv[2])\n"
            "except Error as error: print(error)"
        )
        again = [sys.executable, "-c", code, str(tmp_path / "ledger"), str(tmp_path / "ledger.key")]
        assert "another process writes" in subprocess.run(again, capture_output=True, text=True, check=True).stdout
        ledger.append([draft()])
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        assert "another process writes" in subprocess.run(again, capture_output=True, text=True, check=True).stdout
    assert subprocess.run(again, capture_output=True, text=True, check=True).stdout == ""


def test_a_child_of_a_dead_service_does_not_keep_others_out(tmp_path: Path) -> None:
    hold, wait = os.pipe()
    code = (
        "import os, sys; from clearance.prove.ledger.store import Ledger\n"
        "Ledger.open(sys.argv[1], sys.argv[2])\n"
        "if os.fork() == 0: os.read(int(sys.argv[3]), 1)\n"
        "os._exit(0)"
    )
    service = [sys.executable, "-c", code, str(tmp_path / "ledger"), str(tmp_path / "ledger.key"), str(hold)]
    subprocess.run(service, check=True, pass_fds=[hold], stdin=subprocess.DEVNULL)
    opened(tmp_path).close()
    os.close(wait)
    os.close(hold)


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


@pytest.mark.parametrize("failures", [
    {"append": 1}, {"sync": 1}, {"append": 1, "truncate": 1}, {"append": 2, "truncate": 3}, {"sync": 2, "truncate": 1}
])  # fmt: skip
def test_a_failing_disk_loses_nothing_and_is_recorded(tmp_path: Path, failures: dict[str, int]) -> None:
    with opened(tmp_path, disk=FailingDisk) as ledger:
        ledger.append([draft("a")])
        FailingDisk.failures = dict(failures)
        refused = 0
        while True:
            try:
                ledger.append([draft("b"), draft("c")])
                break
            except Error as error:
                assert "2 records not kept" in str(error)
                refused += 2
        documents = whole(tmp_path, ledger, 4)
    assert refused
    assert [each["subject"].get("word") for each in documents] == ["a", None, "b", "c"]
    assert documents[1]["kind"] == "failure"
    assert documents[1]["subject"]["event"] == "records-refused"
    assert documents[1]["subject"]["count"] == refused
    assert documents[1]["subject"]["since"] == "2026-11-21T09:30:00.000Z"


def test_being_stopped_in_the_midst_of_it_keeps_nothing_and_tells_nobody_otherwise(tmp_path: Path) -> None:
    class Stopped(Disk):
        stop = False

        def sync(self, name: str) -> None:
            if self.stop and name.endswith("jsonl"):
                type(self).stop = False
                raise KeyboardInterrupt
            super().sync(name)

    with opened(tmp_path, disk=Stopped) as ledger:
        ledger.append([draft("a")])
        Stopped.stop = True
        with pytest.raises(KeyboardInterrupt):
            ledger.append([draft("b")])
        ledger.append([draft("c")])
        assert [each["subject"]["word"] for each in whole(tmp_path, ledger, 2)] == ["a", "c"]


def test_a_crash_while_the_disk_was_full_is_repaired(tmp_path: Path) -> None:
    ledger = opened(tmp_path, disk=FailingDisk)
    ledger.append([draft("a")])
    FailingDisk.failures = {"append": 1, "truncate": 1}
    with pytest.raises(Error):
        ledger.append([draft("b")])
    ledger._disk.close()
    FailingDisk.failures = {"append": 4}  # twice a file for the torn end, and each time a checkpoint
    again = opened(tmp_path, disk=FailingDisk)  # there is no room yet to put the torn end aside
    assert again.size == 1
    with pytest.raises(Error):
        again.append([draft("c")])
    again.append([draft("d")])
    documents = whole(tmp_path, again, 4)
    assert [each["subject"]["event"] for each in documents] == ["test", "tail-cut", "records-refused", "test"]
    again.close()


@given(st.integers(1, 400), st.binary(max_size=30))
def test_a_torn_end_is_cut_kept_and_recorded(cut: int, rubbish: bytes) -> None:
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        _torn_end(Path(scratch), cut, rubbish)


def _torn_end(folder: Path, cut: int, rubbish: bytes) -> None:
    ledger = opened(folder)
    ledger.append([draft(1), draft(2)])
    ledger.checkpoint()
    good = os.path.getsize(folder / "ledger" / "000000000001.jsonl")
    ledger.append([draft(3, text="x" * 300)])
    ledger._disk.close()
    path = folder / "ledger" / "000000000001.jsonl"
    with path.open("r+b") as file:
        file.truncate(good + cut)
        file.seek(0, os.SEEK_END)
        file.write(rubbish)
    torn = path.read_bytes()[good:]
    with opened(folder) as again:
        documents = whole(folder, again, 3)
        assert documents[2]["subject"]["event"] == "tail-cut"
        assert documents[2]["subject"]["bytes"] == len(torn)
        assert (folder / "ledger" / documents[2]["subject"]["kept_in"]).read_bytes() == torn
    with opened(folder) as again:
        assert again.size == 3


def test_a_whole_record_that_was_not_acknowledged_stays(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    ledger.append([draft(1)])
    ledger.append([draft(2)])
    ledger._disk.close()
    with opened(tmp_path) as again:
        assert again.size == 2
        whole(tmp_path, again, 2)


@pytest.mark.parametrize("damage", ["cut", "flip", "checkpoint", "meta", "no meta", "key", "gone"])
def test_damage_is_refused_or_set_aside_never_repaired(tmp_path: Path, damage: str) -> None:
    folder, _, _ = filled(tmp_path, 5)
    place = Path(folder)
    records = place / "000000000001.jsonl"
    if damage == "cut":
        records.write_bytes(b"\n".join(records.read_bytes().split(b"\n")[:3]) + b"\n")
    elif damage == "flip":
        records.write_bytes(records.read_bytes().replace(b'"word":2', b'"word":7'))
    elif damage == "checkpoint":
        (place / "checkpoint").write_text("nonsense\n")
    elif damage == "meta":
        (place / "ledger.json").write_text("{}")
    elif damage == "no meta":
        (place / "ledger.json").unlink()
    elif damage == "key":
        (tmp_path / "ledger.key").unlink()
    else:
        records.unlink()
    before = sorted(p.name for p in place.iterdir())
    with pytest.raises(Error, match="is damaged"):
        opened(tmp_path)
    assert sorted(p.name for p in place.iterdir()) == before
    with opened(tmp_path, on_damage="set-aside", origin=None) as ledger:
        ledger.append([draft("new")])
        documents = whole(tmp_path, ledger, 2)
        assert documents[0]["kind"] == "failure"
        assert documents[0]["subject"]["event"] == "ledger-damaged"
        kept = place / documents[0]["subject"]["set_aside"]
        assert sorted(p.name for p in kept.iterdir()) == [name for name in before if name != "lock"]
        assert ledger.origin != ORIGIN


def test_opening_reads_the_newest_file_only_and_all_where_its_start_is_missing(tmp_path: Path) -> None:
    read: list[str] = []

    class Watching(Disk):
        def reader(self, name: str) -> Any:
            read.append(name)
            return super().reader(name)

    folder, _, _ = filled(tmp_path, 12, segment_bytes=600)
    with opened(tmp_path, disk=Watching) as ledger:
        newest = max(parts.parts_of(os.listdir(folder)), key=lambda part: part.first)
        assert [name for name in read if name.endswith("jsonl")] == [newest.name]
        whole(tmp_path, ledger, 12)
    os.unlink(os.path.join(folder, parts.start_name(newest.first)))
    with opened(tmp_path) as ledger:
        whole(tmp_path, ledger, 12)


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


def test_a_closed_ledger_refuses(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    ledger.append([draft()])
    ledger.close()
    ledger.close()
    for use in (lambda: ledger.append([draft()]), ledger.checkpoint, lambda: ledger.retain(BEGIN)):
        with pytest.raises(Error, match="closed"):
            use()


def test_places_that_cannot_hold_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Error):
        Ledger.open(str(tmp_path / "file"), str(tmp_path / "key"))
    with pytest.raises(Error, match="not an Ed25519"):
        Ledger.open(str(tmp_path / "ledger"), str(tmp_path / "file"))


def test_origins_can_name_keys() -> None:
    assert new_origin("Lab 7+x\n").startswith("lab-7-x-/clearance/")
    assert new_origin("") != new_origin("")


def test_an_append_of_nothing_records_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        assert ledger.append([]) == []
        assert ledger.size == 0
        ledger.append([Draft("", "failure", {}, Outcome("x"))])
        whole(tmp_path, ledger, 1)
