"""Asked by the kernel before a program starts: on a tmpfs in a mount namespace of the test's own."""

from __future__ import annotations

import json
import os
import select
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clearance.kernel.fanotify import ALLOW, AT_ONCE, CLOSE_WRITE, DENY, OPEN_EXEC_PERM, OPEN_PERM, Event, Group, Writes

PLACE = "/mnt/kernel"
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def parts() -> dict[str, Callable[[], Any]]:
    """What is done in the namespaces, by the name of the test."""
    return {
        "starts": starts,
        "cached": cached,
        "opened": opened,
        "written": written,
        "marked": marked,
        "all": all_written,
        "closed": closed,
    }


def child(*command: str) -> int:
    """Start a program in a child, whose status `status` tells; 77 where it was not allowed.

    It holds no group: else nobody would be left to let it through when the last other one closes its own.
    """
    pid = os.fork()
    if pid == 0:
        try:
            os.closerange(3, 64)
            os.execv(command[0], command)
        except PermissionError:
            os._exit(77)
        finally:
            os._exit(78)
    return pid


def status(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def events(group: Group, seconds: float = 5) -> list[Event]:
    poll = select.poll()
    poll.register(group.fd, select.POLLIN)
    poll.poll(seconds * 1000)
    return group.read()


def answered(group: Group, path: str, response: int) -> dict[str, Any]:
    """Start a program, and answer what is asked about it."""
    pid = child(path)
    (event,) = events(group)
    found = {"mask": event.mask, "pid": event.pid == pid, "path": os.readlink(f"/proc/self/fd/{event.fd}")}
    group.answer(event.fd, response)
    os.close(event.fd)
    return found | {"status": status(pid)}


def starts() -> Any:
    group = Group()
    group.watch(PLACE)
    subprocess.run(["mount", "--bind", PLACE, "/opt"], check=True)
    return [
        answered(group, f"{PLACE}/program", ALLOW), answered(group, f"{PLACE}/program", DENY),
        answered(group, "/opt/program", DENY), len(group.read()),
    ]  # fmt: skip


def cached() -> Any:
    group = Group()
    group.watch(PLACE)
    path = f"{PLACE}/program"
    fd = os.open(path, os.O_RDONLY)
    group.ignore_starts(fd)
    found = [status(child(path)), len(group.read())]
    group.ask_again(fd)
    found.append(answered(group, path, DENY)["status"])
    group.ignore_starts(fd)
    with open(path, "ab") as file:
        file.write(b"x")
    found.append(answered(group, path, DENY)["status"])
    group.ignore_starts(fd)
    group.forget_files()
    found.append(answered(group, path, DENY)["status"])
    return found


def opened() -> Any:
    group = Group()
    path = f"{PLACE}/script"
    Path(path).write_text("hello\n")
    group.guard_file(path)
    found = []
    for response in (DENY, ALLOW):
        pid = child("/bin/cat", path)
        (event,) = events(group)
        group.answer(event.fd, response)
        os.close(event.fd)
        found.append((event.mask, status(pid)))
    group.release_file(path)
    return [*found, status(child("/bin/cat", path)), len(group.read())]


def written() -> Any:
    group = Group()
    fd = os.open(f"{PLACE}/program", os.O_RDONLY)
    group.tell_writes(fd)
    with open(f"{PLACE}/program", "ab"):
        pass
    (event,) = events(group)
    os.close(event.fd)
    return [event.mask]


def marked() -> Any:
    """Asking takes nothing away."""
    group = Group()
    fd = os.open(f"{PLACE}/program", os.O_RDONLY)
    found = [group.is_marked(fd)]
    group.tell_writes(fd)
    found += [group.is_marked(fd), group.is_marked(fd)]
    with open(f"{PLACE}/program", "ab"):
        pass
    (event,) = events(group)
    os.close(event.fd)
    group.forget_files()
    return [*found, event.mask, group.is_marked(fd)]


def all_written() -> Any:
    writes = Writes()
    writes.watch(PLACE)
    Path(f"{PLACE}/new").write_text("x")
    Path(f"{PLACE}/new").read_text()
    poll = select.poll()
    poll.register(writes.fd, select.POLLIN)
    poll.poll(5000)
    (event,) = writes.read()
    path = os.readlink(f"/proc/self/fd/{event.fd}")
    os.close(event.fd)
    writes.close()
    return [event.mask, path]


def closed() -> Any:
    """Who waits is let through when the group ends."""
    group = Group()
    group.watch(PLACE)
    pid = child(f"{PLACE}/program")
    for event in events(group):
        os.close(event.fd)
    group.close()
    return [status(pid)]


def run(name: str) -> Any:
    done = subprocess.run(
        [*NAMESPACES, sys.executable, "-m", "tests.kernel.test_fanotify", name], capture_output=True, text=True,
        timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


needs_root = [pytest.mark.long, pytest.mark.skipif(os.geteuid() != 0, reason="needs root: questions of the kernel")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "starts",
            [
                {"mask": OPEN_EXEC_PERM, "pid": True, "path": f"{PLACE}/program", "status": 0},
                {"mask": OPEN_EXEC_PERM, "pid": True, "path": f"{PLACE}/program", "status": 77},
                {"mask": OPEN_EXEC_PERM, "pid": True, "path": "/opt/program", "status": 77}, 0,
            ],
            marks=needs_root,
        ),
        pytest.param("cached", [0, 0, 77, 77, 77], marks=needs_root),
        pytest.param("opened", [[OPEN_PERM, 1], [OPEN_PERM, 0], 0, 0], marks=needs_root),
        pytest.param("written", [CLOSE_WRITE], marks=needs_root),
        pytest.param("marked", [False, True, True, CLOSE_WRITE, False], marks=needs_root),
        pytest.param("all", [CLOSE_WRITE, f"{PLACE}/new"], marks=needs_root),
        pytest.param("closed", [0], marks=needs_root),
    ],
)  # fmt: skip
def test_in_the_kernel(name: str, expected: Any) -> None:
    assert run(name) == expected


def piped(data: bytes) -> Group:
    """A group that reads these bytes instead of the kernel's."""
    group = Group.__new__(Group)
    hears, says = os.pipe()
    os.set_blocking(hears, False)
    os.write(says, data)
    group.fd = hears
    os.close(says)
    return group


def event(fd: int, version: int = 3, length: int = 24) -> bytes:
    return struct.pack("=IBBHQii", length, version, 0, 24, OPEN_EXEC_PERM, fd, 9) + b"\0" * (length - 24)


def test_events_are_read_in_order_and_at_most_so_many() -> None:
    group = piped(b"".join(event(fd) for fd in range(5)))
    assert [one.fd for one in group.read(2)] == [0, 1]
    assert [one.fd for one in group.read(AT_ONCE)] == [2, 3, 4]
    group.close()


def test_a_kernel_that_speaks_otherwise_is_an_error() -> None:
    for data in (event(1, version=4), struct.pack("=IBBHQii", 8, 3, 0, 24, 1, 1, 1)):
        group = piped(data)
        with pytest.raises(OSError, match="not known"):
            group.read()
        group.close()


def test_what_cannot_be_marked_is_an_error_with_its_name() -> None:
    group = piped(b"")
    with pytest.raises(OSError, match="/nowhere"):
        group.watch("/nowhere")
    group.close()


def main() -> None:
    """One part, in the namespaces."""
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "x", "/mnt"], check=True)
    os.mkdir(PLACE)
    subprocess.run(["mount", "-t", "tmpfs", "x", PLACE], check=True)
    shutil.copy("/bin/true", f"{PLACE}/program")
    print(json.dumps(parts()[sys.argv[1]]()))


if __name__ == "__main__":
    main()
