"""Programs are told as soon as they are written: real ones, on a tmpfs in a mount namespace of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from clearance.agent import arrivals
from clearance.kernel.fanotify import CLOSE_WRITE, Q_OVERFLOW, Event

NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
PLACE, OTHER = Path("/mnt/written"), Path("/mnt/later")
PROGRAM = Path(os.path.realpath("/bin/true")).read_bytes()


def elf(kind: int, entry: int, size: int = 8192) -> bytes:
    """The head of an ELF file, and nothing after it."""
    head = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + kind.to_bytes(2, sys.byteorder) + b"\x3e\0\x01\0\0\0"
    return (head + entry.to_bytes(8, sys.byteorder)).ljust(size, b"\0")


@pytest.mark.parametrize(
    ("name", "content", "program"),
    [
        ("program", PROGRAM, True), ("fixed", elf(2, 0x401000), True), ("position-independent", elf(3, 0x1040), True),
        ("library", elf(3, 0), False), ("object", elf(1, 0x1040), False), ("core", elf(4, 0x1040), False),
        ("short", elf(2, 0x401000, 1000), False), ("cut", PROGRAM[:40], False), ("empty", b"", False),
        ("script", b"#!/bin/sh\n" * 1000, False), ("text", b"text " * 2000, False),
        ("node_modules/a/bin", PROGRAM, False), ("lib/site-packages/a/bin", PROGRAM, False),
    ],
)  # fmt: skip
def test_what_is_told(tmp_path: Path, name: str, content: bytes, program: bool) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    fd = os.open(path, os.O_RDONLY)
    assert arrivals.is_program(fd) == program
    os.close(fd)


def test_what_cannot_be_read_is_not_told(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    assert not arrivals.is_program(fd)
    os.close(fd)


class Enough(Exception):
    """The end of what is otherwise for ever."""


def test_it_goes_on_where_there_was_no_descriptor_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "program").write_bytes(PROGRAM)
    hears, says = os.pipe()
    os.write(says, b"x")

    class Full:
        """A group that at first has no descriptor for what it tells."""

        fd = hears
        reads = 0

        def watch(self, path: str) -> None:
            raise OSError(28, path)

        def read(self, most: int) -> list[Event]:
            assert most < 64
            self.reads += 1
            if self.reads < 3:
                raise OSError(24, "too many open files")
            lost = Event(Q_OVERFLOW, -1, 0)
            return [lost, Event(CLOSE_WRITE, os.open(tmp_path / "program", os.O_RDONLY), 0)]

    def tell(_: int) -> None:
        raise Enough

    monkeypatch.setattr(arrivals, "Writes", Full)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(Enough):
        arrivals.main(tell, ["/x"])
    assert len(os.listdir("/proc/self/fd")) == before
    os.close(hears)
    os.close(says)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: questions of the kernel")
def test_what_is_written_is_told() -> None:
    done = subprocess.run(
        [*NAMESPACES, sys.executable, "-m", "tests.agent.test_arrivals"], capture_output=True, text=True,
        timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # What was written again because nobody told in time is told again.
    assert list(dict.fromkeys(done.stdout.splitlines())) == [f"{PLACE}/one", f"{PLACE}/two", f"{PLACE}/three"]


def main() -> None:
    """What is written on a file system that comes later is not told, and it can be unmounted at once."""
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "x", "/mnt"], check=True)
    PLACE.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "x", str(PLACE)], check=True)
    (PLACE / "there before").write_bytes(PROGRAM)
    told = threading.Semaphore(0)

    def tell(fd: int) -> None:
        print(os.readlink(f"/proc/self/fd/{fd}"), flush=True)
        told.release()

    threading.Thread(target=arrivals.main, args=(tell, [str(PLACE), "/nowhere"]), daemon=True).start()
    while not told.acquire(timeout=0.05):
        # Until it is watched, nothing is told.
        (PLACE / "one").write_bytes(PROGRAM)
    for number in range(5000):
        (PLACE / "text").write_text(str(number))
    shutil.copy(PLACE / "one", PLACE / "two")
    told.acquire()
    OTHER.mkdir()
    for _ in range(20):
        subprocess.run(["mount", "-t", "tmpfs", "x", str(OTHER)], check=True)
        (OTHER / "program").write_bytes(PROGRAM)
        subprocess.run(["umount", str(OTHER)], check=True)
    shutil.copy(PLACE / "one", PLACE / "three")
    told.acquire()


if __name__ == "__main__":
    main()
