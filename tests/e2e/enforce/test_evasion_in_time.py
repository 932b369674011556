"""Evasion by time: many at once, while a directive or the service is replaced, on a slow medium, before it began."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections import Counter
from typing import Any

import pytest

from clearance.model.record import Record
from tests.e2e.enforce.scene import BUN, NODE, PYTHON, RUST, Scene
from tests.enforcing import AGENTS_BARRED, HOME, PERSON, ROOT, STATE, WORK, Enforced

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces, and questions of the kernel"),
]

MANY = """
import json, os, sys
ready, go = os.pipe()
children = {}
for number in range(int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        os.close(go)
        os.read(ready, 1)
        try:
            os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
            os.execv(sys.argv[2], sys.argv[2:])
        except PermissionError:
            os._exit(77)
        finally:
            os._exit(78)
    children[pid] = number
os.close(go)
codes = []
while children:
    pid, status = os.wait()
    children.pop(pid)
    codes.append(os.waitstatus_to_exitcode(status))
print(json.dumps(codes))
"""
"""Start a program as often as is said, all at once; print how each ended: 77 where it was not allowed."""

AGAIN = """
import os, sys, time
until = time.monotonic() + float(sys.argv[1])
while time.monotonic() < until:
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        try:
            os.execv(sys.argv[3], sys.argv[3:])
        except PermissionError:
            os._exit(77)
        finally:
            os._exit(78)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(code, flush=True)
    time.sleep(float(sys.argv[2]))
"""
"""Start a program again and again for some seconds, with a pause between; print how each ended."""

ENDED = {77, -signal.SIGKILL}
"""How a start ends that does not come to its work: not allowed; or let through at the deadline, and killed."""


def about(tool: str) -> Any:
    def fits(record: Record) -> bool:
        return record.kind == "decision" and record.subject["tool"] == tool

    return fits


def outcomes(here: Enforced, first: int, tool: str) -> Counter[str]:
    """How often what was done about a tool."""
    return Counter(record.outcome.done for record in here.decided(first) if record.subject["tool"] == tool)


def test_a_thousand_at_once(scene: Scene) -> None:
    with Enforced(scene.room) as here:
        first = here.next_record()
        done = scene.room.run(
            PYTHON, "-c", MANY, "1000", scene.copy(RUST.program), *RUST.words, uid=PERSON, folder=HOME, seconds=240,
            **RUST.variables,
        )  # fmt: skip
        codes = Counter(json.loads(done.out))
        print(f"\na thousand starts of a program never seen before: {dict(codes)}, {done.ms:.0f} ms")
        assert codes.total() == 1000
        assert set(codes) <= ENDED, here.status
        with contextlib.suppress(AssertionError):
            here.until(lambda: outcomes(here, first, "codex").total() >= 1000, "", pause=0.5)
        found = outcomes(here, first, "codex")
        assert found["blocked"] + found["killed"] == 1000, (found, here.status)
        assert scene.connections() == 1


def test_a_thousand_scripts_at_once(scene: Scene) -> None:
    """None of them comes to its work; how many had begun is printed."""
    with Enforced(scene.room) as here:
        first = here.next_record()
        before = scene.room.path(HOME).stat().st_mtime_ns
        script = "for i in $(seq 300); do node $0 --version & done; wait"
        path = f"{scene.copy(os.path.dirname(os.path.dirname(NODE.program)))}/bundle/gemini.js"
        done = scene.run(NODE, "bash", "-c", script, path, seconds=240)
        with contextlib.suppress(AssertionError):
            here.until(lambda: outcomes(here, first, "gemini-cli").total() >= 300, "", pause=0.5)
        found = outcomes(here, first, "gemini-cli")
        print(f"\nthree hundred scripts: {dict(found)}, {done.ms:.0f} ms")
        assert NODE.writes not in done.out
        assert found == {"killed": 300}, here.status
        assert scene.room.path(HOME).stat().st_mtime_ns == before


def test_while_the_directive_is_replaced(scene: Scene) -> None:
    other = AGENTS_BARRED.replace("none is cleared here", "still none is")
    command = (BUN.program, *BUN.words)
    with Enforced(scene.room) as here:
        number = scene.room.start(PYTHON, "-c", AGAIN, "12", "0", *command, uid=PERSON, **BUN.variables)
        generations = set()
        turns = 0
        while not scene.room.ended(number):
            here.reload((other, AGENTS_BARRED)[turns % 2])
            generations.add(here.status["policy"]["generation"])
            turns += 1
        codes = Counter(int(code) for code in scene.room.wait(number).out.split())
        print(f"\nstarts while {turns} directives came into force: {dict(codes)}")
        assert set(codes) <= ENDED
        assert scene.connections() == 1
        assert turns > 3
        assert len(generations) == turns


def test_while_the_service_is_killed_and_started_again(scene: Scene) -> None:
    """There is a gap, nothing hangs in it, it shows in the ledger, and what began in it is ended."""
    here = Enforced(scene.room)
    number = scene.room.start(PYTHON, "-c", AGAIN, "14", "0.05", RUST.program, "--version", uid=PERSON)
    here.until(lambda: outcomes(here, 1, "codex")["blocked"] > 5, "nothing was blocked")
    first = here.next_record()
    scene.room.signal(here.number, signal.SIGKILL)
    scene.room.wait(here.number)
    running = scene.room.start(BUN.program, *BUN.words, uid=PERSON, folder=HOME, **BUN.variables)
    assert not scene.room.ended(running, 0.5)
    here.start()
    ended = scene.room.wait(running, 20)
    codes = scene.room.wait(number, 30).out.split()
    print(f"\nstarts around a kill -9 of the service: {Counter(codes)}")
    assert codes[0] == "77"
    assert codes[-1] == "77"
    assert "78" not in codes
    assert ended.code == -signal.SIGKILL
    found = here.await_record(first, about("claude-code"))
    assert found is not None
    assert (found.outcome.done, found.subject["means"]) == ("killed", "running")
    here.stop()
    ledger = f"{STATE}/ledger"
    key = here.command("key", "--ledger", ledger, verb="ledger").out.strip()
    said = here.command("verify", ledger, "--key", key, "--heartbeat", "300", verb="ledger")
    print(said.out)
    assert said.code == 0, said.err
    assert "ended without saying so, and began again" in said.out


def test_while_the_guard_is_killed(scene: Scene) -> None:
    """The kernel lets through who waits; the next one is there at once, and the failure is recorded."""
    with Enforced(scene.room) as here:
        number = scene.room.start(PYTHON, "-c", AGAIN, "6", "0", RUST.program, "--version", uid=PERSON)
        here.until(lambda: outcomes(here, 1, "codex")["blocked"] > 5, "nothing was blocked")
        guard = here.status["guard"]["pid"]
        scene.room.must("kill", "-9", str(guard))
        codes = Counter(scene.room.wait(number, 30).out.split())
        print(f"\nstarts around a kill -9 of the guard: {dict(codes)}")
        assert codes["77"] > codes.total() / 2
        assert here.status["guard"]["pid"] not in (0, guard)
        assert here.await_record(1, lambda one: one.kind == "failure" and one.subject["event"] == "guard-died")


def test_what_already_runs_is_ended_also_where_it_was_deleted(scene: Scene) -> None:
    path = scene.copy(BUN.program)
    running = scene.room.start(path, *BUN.words, uid=PERSON, folder=HOME, **BUN.variables)
    script = scene.room.start("node", "-e", f"import('{NODE.program}')", "x", uid=PERSON, folder=HOME)
    assert not scene.room.ended(running, 0.3)
    scene.room.must("rm", path)
    with Enforced(scene.room) as here:
        assert scene.room.wait(running, 20).code == -signal.SIGKILL
        found = here.await_record(1, about("claude-code"))
        assert found is not None
        assert (found.outcome.done, found.subject["means"]) == ("killed", "running")
        # The script may have come to its end before: it was never promised to live.
        scene.room.wait(script, 20)


def test_what_began_before_and_starts_it_afterwards(scene: Scene) -> None:
    """By exec, in the very process that was there before."""
    script = f"until test -e {WORK}/go; do sleep 0.05; done; exec node {NODE.program} --version"
    waiting = scene.room.start("bash", "-c", script, uid=PERSON, folder=HOME, **NODE.variables)
    with Enforced(scene.room):
        assert not scene.room.ended(waiting)
        scene.room.write(f"{WORK}/go", "")
        done = scene.room.wait(waiting, 20)
        assert (done.code, done.out) == (-signal.SIGKILL, "")


def test_deleted_while_it_runs_during_a_pause(scene: Scene) -> None:
    with Enforced(scene.room) as here:
        path = scene.copy(BUN.program)
        assert here.command("pause", "--for", "10m", "--reason", "a test").code == 0
        running = scene.room.start(path, *BUN.words, uid=PERSON, folder=HOME, **BUN.variables)
        assert not scene.room.ended(running, 0.5)
        scene.room.must("rm", path)
        assert here.command("resume").code == 0
        assert scene.room.wait(running, 20).code == -signal.SIGKILL
        assert outcomes(here, 1, "claude-code")["killed"] == 1


def test_on_a_slow_medium(scene: Scene) -> None:
    """Nobody waits longer than the deadline says; what is let through then is ended before its work."""
    slow = f"{WORK}/slow"
    scene.room.path(slow).mkdir()
    disk = scene.room.start(sys.executable, "-m", "tests.slow_disk", BUN.program, slow, "4", folder=os.getcwd())
    while scene.room.run("mountpoint", "-q", slow).code:
        assert not scene.room.ended(disk), scene.room.wait(disk)
    with Enforced(scene.room, watch=(WORK, slow)) as here:
        done = scene.run(BUN, f"{slow}/program", *BUN.words)
        found = here.await_record(1, lambda one: about("claude-code")(one) and one.outcome.done != "late")
        late = outcomes(here, 1, "claude-code")
        print(f"\nfrom a medium that takes 4 s: {dict(late)}, {done.ms:.0f} ms from start to end")
        assert found is not None, done
        assert found.outcome.done in ("killed", "blocked")
        assert scene.connections() == 1
        assert scene.room.run(scene.copy("/bin/true"), uid=ROOT).code == 0
    scene.room.must("umount", "-l", slow)
