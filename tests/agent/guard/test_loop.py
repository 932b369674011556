"""The guard's process: what limits it sets itself, and that it ends with its service and releases whoever waits."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from clearance.agent.guard import loop
from clearance.model.enforcement import Entry, KnownFile, Row, Table
from clearance.wire.channel import Channel
from clearance.wire.enforcement import Examine, Examined, NewTable, Pulse, Seen, Stop

PLACE = "/mnt/guarded"
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


class House:
    """A guard in a child, and both that it talks to played here."""

    def __init__(self, deadline_ms: int = 500) -> None:
        self.service, service = Channel.pair()
        self.examiner, examiner = Channel.pair()
        self.pulse, beats = os.pipe()
        os.set_blocking(beats, False)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.service.close()
                self.examiner.close()
                loop.main(service, examiner, beats, [PLACE, "/nowhere"])
            finally:
                os._exit(0)
        for channel in (service, examiner):
            channel.close()
        os.close(beats)
        row = Row("block", "block", 0)
        self.service.send(NewTable(Table(1, 1, "block", deadline_ms, "open", (Entry("bad", None, None, row),))))
        self.said: list[Any] = [self.hear(self.service) for _ in range(2)]

    def hear(self, channel: Channel) -> Any:
        got = channel.receive()
        if got is None:
            raise AssertionError
        for fd in got[1]:
            os.close(fd)
        return got[0]

    def begin(self) -> int:
        pid = os.fork()
        if pid == 0:
            try:
                os.closerange(3, 64)
                os.execv(f"{PLACE}/program", ["program"])
            except PermissionError:
                os._exit(77)
            finally:
                os._exit(78)
        return pid

    def ended(self) -> bool:
        return os.waitpid(self.pid, 0)[1] == 0


def status(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def blocks() -> Any:
    house = House()
    pid = house.begin()
    question = house.hear(house.examiner)
    what = os.stat(f"{PLACE}/program")
    file = KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, "bad")
    house.examiner.send(Examined(question.ticket, file))
    code = status(pid)
    while not isinstance(seen := house.hear(house.service), Seen):
        continue
    house.service.send(Stop())
    return [
        isinstance(question, Examine), code, seen.done, seen.path, os.read(house.pulse, 1).decode(), house.ended(),
        [type(one).__name__ for one in house.said],
    ]  # fmt: skip


def releases() -> Any:
    """The service is gone: whoever waits is let through."""
    house = House(deadline_ms=600_000)
    pid = house.begin()
    house.hear(house.examiner)
    house.service.close()
    return [house.ended(), status(pid)]


def expires() -> Any:
    house = House(deadline_ms=1)
    pid = house.begin()
    code = status(pid)
    house.examiner.close()
    return [code, house.ended()]


def beats() -> Any:
    """There is a pulse without anything to do."""
    house = House()
    found = [isinstance(house.hear(house.service), Pulse) for _ in range(2)]
    house.service.close()
    return [*found, house.ended()]


PARTS: dict[str, Callable[[], Any]] = {"blocks": blocks, "releases": releases, "expires": expires, "beats": beats}


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: questions of the kernel")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("blocks", [True, 77, "blocked", f"{PLACE}/program", ".", True, ["Failed", "Pulse"]]),
        ("releases", [True, 0]), ("expires", [0, True]), ("beats", [True, True, True]),
    ],
)  # fmt: skip
def test_a_guard(name: str, expected: Any) -> None:
    done = subprocess.run(
        [*NAMESPACES, sys.executable, "-m", "tests.agent.guard.test_loop", name], capture_output=True, text=True,
        timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == expected


def test_as_many_files_as_it_may_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right to more, as many as are allowed; without any, as many as there are."""
    tried: list[tuple[int, int]] = []

    def refused(_: int, limits: tuple[int, int]) -> None:
        tried.append(limits)
        if limits[1] > 4096 or len(tried) > 2:
            raise ValueError

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", refused)
    assert loop.descriptors() == 4096
    assert loop.descriptors() == 1024


def main() -> None:
    """One part, in the namespaces."""
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "x", "/mnt"], check=True)
    os.mkdir(PLACE)
    subprocess.run(["mount", "-t", "tmpfs", "x", PLACE], check=True)
    shutil.copy("/bin/true", f"{PLACE}/program")
    print(json.dumps(PARTS[sys.argv[1]]()))


if __name__ == "__main__":
    main()
