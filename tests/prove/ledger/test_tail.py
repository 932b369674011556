from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.errors import Error
from clearance.prove.ledger.disk import Disk
from tests.prove.ledger.failing import FailingDisk
from tests.prove.ledger.making import SCRATCH, draft, opened, whole


@pytest.fixture(autouse=True)
def _no_failures() -> Any:
    FailingDisk.failures = {}


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
