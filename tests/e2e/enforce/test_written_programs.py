"""Programs that were just written: their first start need not wait, and whatever is done to them after counts."""

from __future__ import annotations

import json
import os

import pytest

from clearance.model.record import Record
from tests.e2e.enforce.scene import RUST, Scene
from tests.enforcing import HOME, PERSON, ROOT, WORK, Enforced, Room

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces, and questions of the kernel"),
]
PACKAGE = '{"name": "@openai/codex", "version": "1.0.0", "bin": {"codex": "program"}}'
OVERWRITE = """
import mmap, os, sys
source, target = sys.argv[1:]
times = os.stat(target)
with open(source, "rb") as new, open(target, "r+b") as file:
    with mmap.mmap(file.fileno(), 0) as there:
        there[:] = new.read()
        there.flush()
os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
"""
"""Give a file another content of the same length, through memory, and its times back."""


def early(here: Enforced) -> int:
    """How many starts were let through because their program was examined when it was written."""
    done = here.room.shell(
        'python3 -c \'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/mnt/run/metrics.sock");'
        ' s.sendall(b"GET /metrics HTTP/1.0\\r\\n\\r\\n");'
        ' print(b"".join(iter(lambda: s.recv(65536), b"")).decode())\''
    )
    (line,) = [line for line in done.out.splitlines() if line.startswith("clearance_guard_early_total")]
    return int(line.split()[1])


def test_a_program_that_is_written_and_started(scene: Scene) -> None:
    with Enforced(scene.room) as here:
        path = f"{WORK}/made-program"
        for _ in range(20):
            assert scene.room.shell(f"cp /bin/true {path} && chmod 755 {path} && mv {path} {path}-2", PERSON).code == 0
            assert scene.room.run(f"{path}-2", uid=PERSON).code == 0
        here.until(lambda: early(here) > 0, "none was known before its start")
        assert here.decided() == []


@pytest.mark.parametrize("uid", [PERSON, ROOT])
def test_another_content_of_the_same_length_and_time(scene: Scene, uid: int) -> None:
    size = scene.room.path(RUST.program).stat().st_size
    with Enforced(scene.room) as here:
        path = f"{WORK}/made-program"
        made = scene.room.shell(f"cp /bin/true {path} && truncate -s {size} {path} && chmod 755 {path}", uid)
        assert made.code == 0, made.err
        for _ in range(5):
            # From the second start on, the kernel need not ask about what is root's.
            assert scene.room.run(path, uid=uid).code == 0
        first = here.next_record()
        done = scene.room.run("/usr/bin/python3", "-c", OVERWRITE, RUST.program, path, uid=uid)
        assert done.code == 0, done.err
        done = scene.run(RUST, path, *RUST.words, uid=uid)
        assert "not permitted" in done.refused.lower(), done
        found = here.await_record(first, lambda record: record.kind == "decision")
        assert found is not None
        assert (found.outcome.done, found.subject["tool"]) == ("blocked", "codex")
        assert scene.connections() == 1


def test_a_package_that_comes_after_its_program() -> None:
    """What tells the tool is written when the program is known already: it is ended soon, and starts no more."""

    def told(record: Record) -> bool:
        return record.kind == "decision" and record.subject["tool"] == "codex"

    with Room() as room, Enforced(room) as here:
        made = room.shell(f"mkdir {WORK}/package && cp /bin/sleep {WORK}/package/program", PERSON)
        assert made.code == 0, made.err
        os.chown(room.path(room.write(f"{WORK}/package/package.json", PACKAGE)), PERSON, PERSON)
        first = here.next_record()
        codes = [room.run(f"{WORK}/package/program", "3", uid=PERSON, folder=HOME) for _ in range(2)]
        print(json.dumps([(done.code, done.refused, round(done.ms)) for done in codes]))
        assert codes[0].code == -9 or codes[0].refused, codes
        assert codes[1].refused, codes
        here.until(lambda: len([one for one in here.decided(first) if told(one)]) >= 2, "it is not on record")
