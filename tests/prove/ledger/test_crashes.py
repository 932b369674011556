"""No acknowledged record is lost, wherever the writer is stopped: by a cut anywhere, by kill -9, by a full disk."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from clearance.errors import Error
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger.read import records_of
from clearance.prove.ledger.store import Ledger
from clearance.prove.ledger.verify import verify_folder
from tests.prove.ledger.crashing import Crashed, Operation, RecordingDisk
from tests.prove.ledger.making import BEGIN, ORIGIN, SCRATCH, Clock, draft

Acknowledged = tuple[int, dict[int, Any], str]
"""After how many operations; the records acknowledged until then, as number and word; the newest checkpoint."""


def history(folder: Path, seed: int) -> tuple[list[Operation], list[Acknowledged], bytes]:
    """What a writer did that appended, filled files, signed, dropped old ones, met a full disk and began again."""
    draw = random.Random(seed)
    log: list[Operation] = []
    told: list[Acknowledged] = []
    records: dict[int, Any] = {}
    note = ""
    clock = Clock()
    made: list[RecordingDisk] = []

    def disk(path: str) -> RecordingDisk:
        found = RecordingDisk(path)
        found.log = log
        made.append(found)
        return found

    for _ in range(3):
        ledger = Ledger.open(
            str(folder / "ledger"), str(folder / "key"), clock=clock, origin=ORIGIN, segment_bytes=1500, disk=disk
        )
        for _ in range(9):
            clock.forward(hours=draw.randrange(48))
            if draw.random() < 0.15:
                made[-1].full_in = draw.randint(1, 3)
            words = [draw.randrange(10**6) for _ in range(draw.choice((1, 1, 2, 7)))]
            try:
                for record in ledger.append([draft(word, clock.now) for word in words]):
                    records[record.n] = record.subject["word"]
            except Error:
                pass
            told.append((len(log), dict(records), note))
            if draw.random() < 0.2:
                note = ledger.checkpoint()
                told.append((len(log), dict(records), note))
        made[-1].full_in = 0
        if draw.random() < 0.7:
            ledger.retain(BEGIN)
            ledger.retain(clock.now)
            told.append((len(log), dict(records), note))
        if draw.random() < 0.5:
            ledger.close()
        else:
            made[-1].close()
    return log, told, (folder / "key").read_bytes()


def check(crashed: Crashed, told: Acknowledged, key: bytes, draw: random.Random | None, *, everything: bool) -> None:
    _, records, note = told
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        folder = Path(scratch) / "ledger"
        folder.mkdir()
        (Path(scratch) / "key").write_bytes(key)
        crashed.lay_out(folder, draw, everything=everything)
        with Ledger.open(str(folder), str(Path(scratch) / "key"), clock=Clock(), origin=ORIGIN) as ledger:
            added = ledger.append([draft("after")])[0].n
            signed = checkpoints.opened(ledger.checkpoint(), ledger.key)
            for expected in (signed, checkpoints.opened(note, ledger.key) if note else signed):
                verdict = verify_folder(str(folder), ledger.key, expected)
                assert (verdict.damage, verdict.unfinished) == ((), "")
                assert verdict.checkpoint == expected.size
        found = {record.n: record.subject.get("word") for record in records_of(str(folder))}
        assert found[added] == "after"
        for n, word in records.items():
            assert found.get(n) == word or n <= verdict.dropped


def replay(seed: int, drawn: int) -> int:
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        log, told, key = history(Path(scratch), seed)
    crashed = Crashed()
    newest: Acknowledged = (0, {}, "")
    later = list(told)
    states = 0
    for count in range(len(log) + 1):
        while later and later[0][0] <= count:
            newest = later.pop(0)
        check(crashed, newest, key, None, everything=False)
        check(crashed, newest, key, None, everything=True)
        for variant in range(drawn):
            check(crashed, newest, key, random.Random(f"{seed}/{count}/{variant}"), everything=False)
        states += 2 + drawn
        if count < len(log):
            crashed.do(log[count])
    return states


def test_a_cut_at_any_operation_loses_nothing() -> None:
    assert replay(1, drawn=1) > 300


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 10))
def test_a_cut_at_any_operation_loses_nothing_whatever_was_written(seed: int) -> None:
    assert replay(seed, drawn=6) > 800


CHILD = """
import os, random, sys
from clearance.prove.ledger.store import Ledger
from tests.prove.ledger.making import draft
folder, seed = sys.argv[1], int(sys.argv[2])
draw = random.Random(seed)
ledger = Ledger.open(folder + "/ledger", folder + "/key", segment_bytes=20000)
os.write(1, b"open\\n")
while True:
    words = [draw.randrange(10**9) for _ in range(draw.choice((1, 1, 3, 40)))]
    done = ledger.append([draft(word, text="x" * draw.randrange(600)) for word in words])
    os.write(1, "".join(f"{record.n} {record.subject['word']}\\n" for record in done).encode())
    if draw.random() < 0.1:
        ledger.checkpoint()
"""


def killed(folder: Path, seed: int, after: int) -> dict[int, int]:
    """Let a writer run until it has acknowledged so many bytes, and kill it. What it acknowledged."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), str(seed)],
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd=Path(__file__).resolve().parents[3],
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert child.stdout
    assert os.read(child.stdout.fileno(), 5) == b"open\n"
    said = b""
    while len(said) < after:
        said += os.read(child.stdout.fileno(), 100)
    os.kill(child.pid, signal.SIGKILL)
    while more := os.read(child.stdout.fileno(), 1 << 16):
        said += more
    child.wait()
    child.stdout.close()
    return {int(n): int(word) for n, word in (line.split() for line in said.decode().split("\n")[:-1])}


def rounds(folder: Path, count: int) -> None:
    draw = random.Random(count)
    acknowledged: dict[int, int] = {}
    note = ""
    for seed in range(count):
        acknowledged |= killed(folder, seed, draw.randrange(2000))
        with Ledger.open(str(folder / "ledger"), str(folder / "key")) as ledger:
            assert ledger.size >= max(acknowledged, default=0)
            if note and seed % 50 == 0:
                assert (
                    verify_folder(str(folder / "ledger"), ledger.key, checkpoints.opened(note, ledger.key)).damages == 0
                )
            note = ledger.checkpoint()
        if seed % 25 == 24 or seed == count - 1:
            verdict = verify_folder(str(folder / "ledger"), ledger.key, checkpoints.opened(note, ledger.key))
            assert (verdict.damage, verdict.unfinished, verdict.checkpoint) == ((), "", verdict.size)
            found = {record.n: record.subject.get("word") for record in records_of(str(folder / "ledger"))}
            assert {n: found[n] for n in acknowledged} == acknowledged


def test_kill_9_loses_nothing(tmp_path: Path) -> None:
    rounds(tmp_path, 5)


@pytest.mark.long
def test_kill_9_a_thousand_times_loses_nothing(tmp_path: Path) -> None:
    rounds(tmp_path, 1000)


FULL = """
import json, os, sys
from clearance.errors import Error
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger.store import Ledger
from clearance.prove.ledger.read import records_of
from clearance.prove.ledger.verify import verify_folder
from tests.prove.ledger.making import draft
folder = sys.argv[1]
ballast = folder + "/ballast"
acknowledged, refused = {}, 0
ledger = Ledger.open(folder + "/ledger", folder + "/key", segment_bytes=60000)
for turn in range(4):
    try:
        while True:
            for record in ledger.append([draft(f"{turn}", text="x" * 700)] * 3):
                acknowledged[record.n] = record.subject["word"]
    except Error as error:
        assert "No space left" in str(error), error
        refused += 1
    if turn == 2:  # killed while the disk is full
        if os.fork() == 0:
            os._exit(0)
        ledger._disk.close()
        ledger = Ledger.open(folder + "/ledger", folder + "/key", segment_bytes=60000)
    if turn == 0:
        os.unlink(ballast)
    else:
        os.truncate(folder + f"/ballast{turn}", 0)
    for record in ledger.append([draft("room again")]):
        acknowledged[record.n] = record.subject["word"]
note = ledger.checkpoint()
verdict = verify_folder(folder + "/ledger", ledger.key, checkpoints.opened(note, ledger.key))
found = {record.n: record.subject for record in records_of(folder + "/ledger")}
print(json.dumps({
    "damage": [str(each) for each in verdict.damage], "unfinished": verdict.unfinished, "refused": refused,
    "lost": [n for n, word in acknowledged.items() if found[n].get("word") != word],
    "told": sum(each.get("event") == "records-refused" for each in found.values()), "size": verdict.size,
}))
"""


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system of its own: needs root")
def test_a_full_disk_loses_nothing_and_is_used_again(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    script = (
        f"mount -t tmpfs -o size=1m,nr_inodes=200 clearance-test {place} && cd {place} && "
        "for n in '' 1 2 3; do head -c 150000 /dev/zero > ballast$n; done && "
        f'cd "$OLDPWD" && exec "$0" -c "$1" {place}'
    )
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, sys.executable, FULL],
        capture_output=True, text=True, check=False, cwd=Path(__file__).resolve().parents[3],
        env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["damage"], said["unfinished"], said["lost"]) == ([], "", [])
    assert said["refused"] == 4
    assert said["told"] >= 3
    assert said["size"] > 100
