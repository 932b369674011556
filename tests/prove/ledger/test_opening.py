from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clearance.errors import Error
from clearance.prove.ledger import parts
from clearance.prove.ledger.disk import Disk
from clearance.prove.ledger.opening import new_origin
from clearance.prove.ledger.store import Ledger
from tests.prove.ledger.making import ORIGIN, draft, filled, opened, whole


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


def test_places_that_cannot_hold_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Error):
        Ledger.open(str(tmp_path / "file"), str(tmp_path / "key"))
    with pytest.raises(Error, match="not an Ed25519"):
        Ledger.open(str(tmp_path / "ledger"), str(tmp_path / "file"))


def test_origins_can_name_keys() -> None:
    assert new_origin("Lab 7+x\n").startswith("lab-7-x-/clearance/")
    assert new_origin("") != new_origin("")
