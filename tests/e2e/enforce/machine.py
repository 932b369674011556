"""A machine to lock oneself out of: the system's programs on a file system of the test's own, under enforcement.

In a `Room`, an overlay lies over /usr, so the shell, the package manager, the log-in programs are its own and
are guarded, and nothing reaches the file system below. A barred tool lies there too: while it does not start and
everything else does, the directive is in force and nobody is locked out.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from clearance.act.linux.cgroups import mount_point
from clearance.model.record import Record
from clearance.prove.ledger.read import records_of
from tests import debian_packages
from tests.enforcing import PATIENCE, PERSON, ROOT, STATE, Enforced, Room, Started

BARRED: Final = "/usr/local/tools/node_modules/@openai/codex/bin/codex"
MANIFEST: Final = '{"name": "@openai/codex", "version": "0.169.0", "bin": {"codex": "bin/codex"}}'
RAN: Final = "it ran"

DIRECTIVE: Final = """
apiVersion: clearance/v1
kind: Directive
metadata: {{id: D-L, title: Nothing, owner: security@example.com, review: 2035-10-10, timezone: UTC}}
contact: https://intranet.example.com/ai-tools
rules:
  - {{id: everything, match: {{known: true}}, effect: block, reason: nothing is cleared here}}
  - {{id: everything-unknown, match: {{known: false}}, effect: block, reason: nothing is cleared here}}
default: {{effect: block, reason: nothing is cleared here}}
enforcement: {{on_failure: {on_failure}}}
"""
OPEN: Final = DIRECTIVE.format(on_failure="open")
CLOSED: Final = DIRECTIVE.format(on_failure="closed")

PEOPLE: Final = "sshd:x:100:65534::/run/sshd:/usr/sbin/nologin\nana:x:1000:1000:Ana:/mnt/home:/bin/sh\n"

_numbers = itertools.count(1)


class Machine:
    """A room with a /usr of its own, a barred tool, and an ssh server."""

    def __init__(self) -> None:
        self.room = Room("256m")
        room = self.room
        try:
            room.path("/mnt/up").mkdir()
            room.path("/mnt/over").mkdir()
            room.write("/mnt/passwd", Path("/etc/passwd").read_text() + PEOPLE)
            room.must("/bin/mount", "--bind", "/mnt/passwd", "/etc/passwd")
            with contextlib.suppress(debian_packages.Unavailable):
                debian_packages.unpack(room.path("/mnt/packages"), "openssh-server", "libwrap0")
                room.must("/bin/sh", "-c", "cp -r /mnt/packages/usr/sbin /mnt/packages/usr/lib /mnt/up/")
            room.must(
                "/bin/mount", "-t", "overlay", "machine", "-o",
                "lowerdir=/usr,upperdir=/mnt/up,workdir=/mnt/over,xino=on", "/usr",
            )  # fmt: skip
            self.plant(BARRED)
            self._ssh()
        except BaseException:
            room.close()
            raise

    def plant(self, path: str, *, package: str = MANIFEST) -> str:
        """Put a tool's program there."""
        self.room.write(str(Path(path).parents[1] / "package.json"), package)
        return self.room.write(path, self.room.path("/usr/bin/echo").read_bytes(), 0o755)

    def close(self) -> None:
        """End everything."""
        self.room.close()

    # What works.

    def commands(self) -> Iterator[tuple[str, tuple[str, ...], int]]:
        """What must work on a machine, whatever happened: a name, the command, the user."""
        yield "a shell", ("/bin/sh", "-c", "exit 0"), PERSON
        yield "root's shell", ("/bin/bash", "-c", "ls / >/dev/null"), ROOT
        yield "ls", ("/bin/ls", "/etc"), PERSON
        yield "the package manager", ("/usr/bin/apt", "-v"), PERSON
        yield "packages", ("/usr/bin/dpkg", "--version"), ROOT
        yield "a setuid program", ("/bin/mount",), PERSON
        yield "becoming somebody", ("/bin/su", "root", "-c", "/usr/bin/id -u"), ROOT
        yield "processes", ("/bin/sh", "-c", "kill -0 $$"), ROOT
        if self.room.path("/usr/sbin/sshd").exists():
            yield "the ssh server", ("/usr/sbin/sshd", "-t", "-f", "/mnt/ssh/config"), ROOT

    def usable(self, *, strangers: bool = True) -> None:
        """Everything works, each within a bound that only a hang passes; with `strangers`, programs never seen too."""
        commands = list(self.commands())
        if strangers:
            commands.append(("a program that nobody knows", (self.stranger(),), PERSON))
        failed = []
        for what, command, uid in commands:
            done = self.room.run(*command, uid=uid, folder="/", seconds=PATIENCE)
            if done.code != 0:
                failed.append((what, done))
        assert failed == [], failed

    def stranger(self) -> str:
        """A program that nobody has seen before."""
        name = f"/usr/local/bin/program-{next(_numbers)}"
        # Made in there: who opens a file from outside is nobody to a guard in a PID namespace.
        self.room.must("/bin/sh", "-c", f"cp /usr/bin/true {name} && head -c 16 /dev/urandom >> {name}")
        return name

    def starts(self, path: str = BARRED, uid: int = PERSON) -> bool:
        """Whether a program starts."""
        done = self.room.run(path, RAN, uid=uid, folder="/", seconds=PATIENCE)
        assert done.code is not None, f"{path} neither started nor was refused"
        return RAN in done.out

    def _ssh(self) -> None:
        self.room.path("/mnt/ssh").mkdir()
        self.room.must("/bin/mount", "-t", "tmpfs", "run", "/run")
        self.room.must("/bin/mkdir", "/run/sshd")
        self.room.must("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/mnt/ssh/key")
        self.room.write("/mnt/ssh/config", "HostKey /mnt/ssh/key\nUsePAM no\n")


class Guarded:
    """A machine with `clearance enforce run` over it."""

    def __init__(
        self, directive: str = OPEN, *, before: Callable[[Machine], None] = lambda _: None,
        prefix: Sequence[str] = (), network: bool = False,
    ) -> None:  # fmt: skip
        self.machine = Machine()
        try:
            before(self.machine)
            groups = mount_point(Path("/proc/self/mounts").read_bytes())
            if network and groups is not None:
                # What the service made there would be the machine's, and stay.
                self.machine.room.must("/bin/umount", "-l", groups)
            self.service = Enforced(self.machine.room, directive, watch=("/usr/sbin",), prefix=prefix, network=network)
        except BaseException:
            self.machine.close()
            raise

    def __enter__(self) -> Guarded:
        self.until(lambda: not self.machine.starts(), "the directive never was in force")
        return self

    def __exit__(self, *_: object) -> None:
        self.machine.close()

    def works(self, *, strangers: bool = True) -> None:
        """Nobody is locked out, and what is barred does not start."""
        self.machine.usable(strangers=strangers)
        assert not self.machine.starts()

    def recovers(self) -> None:
        """Nobody is locked out, and sooner or later what is barred does not start."""
        self.machine.usable()
        self.until(lambda: not self.machine.starts(), "the directive never was in force again")
        self.machine.usable()

    # Its processes.

    def processes(self) -> dict[str, list[int]]:
        """Of the room: the numbers, here outside, of its processes by name."""
        room = os.readlink(f"/proc/{self.machine.room.pid}/ns/pid")
        found: dict[str, list[int]] = {}
        for entry in os.listdir("/proc"):
            if not entry.isdecimal():
                continue
            try:
                if os.readlink(f"/proc/{entry}/ns/pid") == room:
                    name = Path(f"/proc/{entry}/comm").read_text().strip()
                    words = Path(f"/proc/{entry}/cmdline").read_bytes()
                    if not name.startswith("clr-") and b"\0clearance" in words and b"clearance.agent" in words:
                        name = "service"
                    found.setdefault(name.removeprefix("clr-"), []).append(int(entry))
            except OSError:
                continue
        return found

    def pid(self, name: str) -> int:
        """One of its processes; it is waited for."""
        found: list[int] = []

        def there() -> bool:
            found[:] = self.processes().get(name, [])
            return bool(found)

        self.until(there, f"there is no {name}")
        return min(found)

    def ended(self, pid: int) -> bool:
        """Whether a process is gone, or only waits to be buried."""
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
        except OSError:
            return True

    def signal(self, name: str, which: signal.Signals) -> int:
        """Send a signal to one of its processes, and say which it was."""
        pid = self.pid(name)
        os.kill(pid, which)
        return pid

    # What it says.

    def records(self) -> list[Record]:
        """What the ledger holds."""
        try:
            return list(records_of(str(self.machine.room.path(f"{STATE}/ledger"))))
        except OSError:
            # It is being made anew.
            return []

    def tells(self, event: str) -> Record:
        """The first record of an event; it is waited for."""
        found: list[Record] = []

        def told() -> bool:
            found.extend(one for one in self.records() if one.subject.get("event") == event)
            return bool(found)

        self.until(told, f"the ledger does not tell of {event}")
        return found[0]

    def until(self, holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Wait until something holds."""
        until = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > until:
                said = self.machine.room.wait(self.service.number, 0)
                raise AssertionError(f"{what}: {said.code} {said.err[-3000:]}")
            time.sleep(0.05)

    def command(self, *words: str) -> Started:
        """`clearance enforce WORDS`."""
        return self.service.command(*words)


def cgroup(name: str) -> Path:
    """A new memory cgroup. `gone` removes it."""
    for base in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")):
        if (base / "memory.limit_in_bytes").exists() or "memory" in _controllers(base):
            made = base / f"{name}-{os.getpid()}-{next(_numbers)}"
            made.mkdir()
            return made
    raise OSError("there is no memory controller")


def limit(group: Path, number: int) -> None:
    """Bytes that its processes may use together."""
    old = group / "memory.limit_in_bytes"
    (old if old.exists() else group / "memory.max").write_text(str(number))


def _controllers(base: Path) -> Sequence[str]:
    try:
        return (base / "cgroup.subtree_control").read_text().split()
    except OSError:
        return ()
