"""A real `clearance enforce run`, as a person types it, in namespaces of its own: nothing reaches outside.

`Room` is a PID, mount and network namespace with a tmpfs on /mnt: `/mnt/work` is another tmpfs, the guarded one, and
`/mnt/home` an empty home. The machine's own root is read-only there, and the only network a loopback. All of it ends
with the process that made the room, however that ends: the namespace's first process is killed by the kernel with it,
and the mounts go with the last process.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from msgspec import Struct

from clearance.model.record import Record
from clearance.prove.ledger.read import records_of

WORK: Final = "/mnt/work"
HOME: Final = "/mnt/home"
STATE: Final = "/mnt/state"
RUNTIME: Final = "/mnt/run"
DIRECTIVE: Final = "/mnt/directive.yaml"
SAID: Final = "/mnt/said"

ROOT: Final = 0
PERSON: Final = 1000
"""An ordinary user id."""

PATIENCE: Final = 60.0
"""Seconds after which something that must happen has not: a hang, never a measure."""

OUTPUT: Final = 1 << 20
"""Bytes of output that are kept, from its end."""

CHECKOUT: Final = Path(__file__).resolve().parents[1]
UNSHARE: Final = ("unshare", "--pid", "--fork", "--kill-child", "--mount", "--net", "--mount-proc")
ENVIRONMENT: Final = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": HOME, "LANG": "C.UTF-8",
    "TMPDIR": WORK, "NO_COLOR": "1",
}  # fmt: skip

AGENTS_BARRED: Final = """
apiVersion: clearance/v1
kind: Directive
metadata: {id: D-1, title: No agents, owner: security@example.com, review: 2035-10-10, timezone: UTC}
contact: https://intranet.example.com/ai-tools
rules:
  - id: no-agents
    match: {kind: [coding-agent, general-agent]}
    effect: block
    reason: none is cleared here
  - id: no-unknown-agents
    match: {known: false, score: ">=0.8"}
    effect: block
    reason: none is cleared here
default: {effect: allow}
"""


class Started(Struct, frozen=True):
    """How a command ended. `code` is minus the signal's number where one ended it; None: it had to be ended."""

    code: int | None
    out: str
    err: str
    ms: float
    refused: str = ""
    """What execve(2) said where it did not start."""


class Room:
    """The namespaces. Commands run there by `run` and `start`; files are reached by `path`."""

    def __init__(self, size: str = "6g", shared: Mapping[str, Path] | None = None) -> None:
        """`size` is the guarded file system's; `shared` are folders of the machine to be seen there, read-only."""
        folders = {inside: str(outside) for inside, outside in (shared or {}).items()}
        self._inside = subprocess.Popen(
            [*UNSHARE, sys.executable, "-m", "tests.enforcing", json.dumps([size, folders])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=_die_with_parent,
            cwd=Path(__file__).resolve().parents[1],
        )  # fmt: skip
        self._ask({"do": "nothing"})
        outside = self._inside.pid
        self.pid = int(Path(f"/proc/{outside}/task/{outside}/children").read_text().split()[0])
        """The number of the room's first process, outside."""

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything that runs there."""
        for end in (self._inside.stdin, self._inside.stdout):
            if end is not None:
                end.close()
        self._inside.kill()
        self._inside.wait()

    def path(self, inside: str | Path) -> Path:
        """A file of the room, for whoever is outside."""
        return Path(f"/proc/{self.pid}/root/{str(inside).lstrip('/')}")

    def write(self, inside: str, content: str | bytes, mode: int = 0o644) -> str:
        """Make a file there; its name there."""
        real = self.path(inside)
        real.parent.mkdir(parents=True, exist_ok=True)
        real.write_bytes(content.encode() if isinstance(content, str) else content)
        real.chmod(mode)
        return inside

    def run(
        self, *command: str, uid: int = ROOT, folder: str = WORK, stdin: str = "/dev/null", seconds: float = PATIENCE,
        **variables: str,
    ) -> Started:  # fmt: skip
        """Run a command to its end, or end it after `seconds`. `stdin` is a file there."""
        asked = {"do": "run", "seconds": seconds} | _question(command, uid, folder, stdin, variables)
        return Started(**self._ask(asked))

    def start(
        self, *command: str, uid: int = ROOT, folder: str = WORK, stdin: str = "/dev/null", **variables: str
    ) -> int:
        """Start a command; its number, for `wait`, `signal` and `pid_there`."""
        return int(self._ask({"do": "start"} | _question(command, uid, folder, stdin, variables))["number"])

    def ended(self, number: int, seconds: float = 0) -> bool:
        """Whether a started command has ended, or does within some seconds."""
        return bool(self._ask({"do": "ended", "number": number, "seconds": seconds})["ended"])

    def wait(self, number: int, seconds: float = PATIENCE) -> Started:
        """How a started command ended; it is ended after `seconds`."""
        return Started(**self._ask({"do": "wait", "number": number, "seconds": seconds}))

    def signal(self, number: int, which: int) -> None:
        """Send a signal to a started command."""
        self._ask({"do": "signal", "number": number, "signal": which})

    def pid_there(self, number: int) -> int:
        """The process number of a started command, in the room."""
        return int(self._ask({"do": "pid-there", "number": number})["pid"])

    def shell(self, script: str, uid: int = ROOT, **variables: str) -> Started:
        """Run a shell script."""
        return self.run("/bin/sh", "-c", script, uid=uid, seconds=PATIENCE, **variables)

    def must(self, *command: str) -> Started:
        """Run a command that prepares something."""
        done = self.run(*command)
        if done.code != 0:
            raise AssertionError(f"{command}: {done.code} {done.refused} {done.err[-2000:]} {done.out[-500:]}")
        return done

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        if self._inside.stdin is None or self._inside.stdout is None:
            raise AssertionError("the room has no ends")
        self._inside.stdin.write(json.dumps(question).encode() + b"\n")
        self._inside.stdin.flush()
        line = self._inside.stdout.readline()
        if not line:
            raise AssertionError(f"the room ended: {self._inside.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found


def _question(
    command: Sequence[str], uid: int, folder: str, stdin: str, variables: dict[str, str]
) -> dict[str, Any]:  # fmt: skip
    return {
        "command": command, "uid": uid, "folder": folder, "stdin": stdin, "environment": ENVIRONMENT | variables,
    }  # fmt: skip


class Enforced:
    """`clearance enforce run` in a room."""

    def __init__(
        self, room: Room, directive: str = AGENTS_BARRED, *options: str, mode: str = "block",
        watch: Sequence[str] = (WORK,), network: bool = False, prefix: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.room = room
        self.options = (
            *("--mode", mode, "--watch", *watch, "--state", STATE, "--runtime", RUNTIME),
            *(() if network else ("--no-network",)), *options,
        )  # fmt: skip
        self.prefix = tuple(prefix)
        room.write(DIRECTIVE, directive)
        self.number = -1
        self.start()

    def __enter__(self) -> Enforced:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and return once `enforce status` exits 0."""
        self.number = self.room.start(
            *self.prefix, sys.executable, "-m", "clearance", "enforce", "run", "--directive", DIRECTIVE, *self.options
        )
        self.until(lambda: self.command("status").code == 0, "it never was ready", pause=0.1)

    def stop(self, which: int = signal.SIGTERM) -> Started:
        """End it; how it ended."""
        self.room.signal(self.number, which)
        return self.room.wait(self.number)

    def command(self, *words: str, uid: int = ROOT, verb: str = "enforce") -> Started:
        """`clearance enforce WORDS`, as somebody types it."""
        return self.room.run(sys.executable, "-m", "clearance", verb, *words, *self._places(words, verb), uid=uid)

    def _places(self, words: Sequence[str], verb: str) -> tuple[str, ...]:
        return ("--runtime", RUNTIME) if verb == "enforce" and words else ()

    @property
    def status(self) -> dict[str, Any]:
        """The status document."""
        found: dict[str, Any] = json.loads(self.command("status", "--json").out)
        return found

    def reload(self, directive: str) -> None:
        """Put another directive in force."""
        self.room.write(DIRECTIVE, directive)
        done = self.command("reload", "--accept-blast-radius")
        if done.code:
            raise AssertionError(done.err)

    def records(self, first: int = 1) -> list[Record]:
        """What the ledger holds, from a record on."""
        return list(records_of(str(self.room.path(f"{STATE}/ledger")), first=first))

    def next_record(self) -> int:
        """The number that the next record will have."""
        newest = next(records_of(str(self.room.path(f"{STATE}/ledger")), newest_first=True), None)
        return newest.n + 1 if newest else 1

    def decided(self, first: int = 1) -> list[Record]:
        """The decisions among the records."""
        return [record for record in self.records(first) if record.kind == "decision"]

    def await_record(self, first: int, fits: Callable[[Record], bool], seconds: float = PATIENCE) -> Record | None:
        """The first record that fits; None where none came."""
        found: list[Record] = []

        def came() -> bool:
            found.extend(itertools.islice((one for one in self.records(first) if fits(one)), 1))
            return bool(found)

        with contextlib.suppress(AssertionError):
            self.until(came, "", seconds=seconds)
        return found[0] if found else None

    def until(self, holds: Callable[[], bool], what: str, *, seconds: float = PATIENCE, pause: float = 0.02) -> None:
        """Wait until something holds."""
        until = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > until:
                said = self.room.wait(self.number, 0)
                raise AssertionError(f"{what}: {said.code} {said.err[-3000:]}")
            time.sleep(pause)


# Inside.


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _inside() -> None:
    """The first process of the namespace buries whoever is left; its only child carries out what is asked."""
    asked, said = os.dup(0), os.dup(1)
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    size, shared = json.loads(sys.argv[1])
    _mount("--make-rprivate", "/")
    _mount("-t", "tmpfs", "room", "/mnt")
    os.mkdir(SAID, 0o700)
    for folder, mode in ((WORK, 0o1777), (HOME, 0o777), (STATE, 0o700), (RUNTIME, 0o755)):
        os.mkdir(folder)
        os.chmod(folder, mode)
    for folder, outside in shared.items():
        os.makedirs(folder)
        _mount("--bind", outside, folder)
        _mount("-o", "remount,bind,ro", folder)
    _mount("-o", "remount,bind,ro", "/")
    checkout = os.open(CHECKOUT, os.O_PATH)
    for folder in ("/tmp", "/dev/shm"):
        _mount("-t", "tmpfs", "-o", "mode=1777", "room", folder)
    if not CHECKOUT.exists():
        # It lies in one of these folders itself.
        CHECKOUT.mkdir(parents=True)
        _mount("--no-canonicalize", "--bind", f"/proc/{os.getpid()}/fd/{checkout}", str(CHECKOUT))
    _mount("-t", "tmpfs", "-o", f"size={size},mode=1777", "work", WORK)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False)
    worker = os.fork()
    if worker == 0:
        try:
            _serve(os.fdopen(asked, "rb"), os.fdopen(said, "wb"))
        finally:
            os._exit(0)
    os.close(asked)
    os.close(said)
    while os.wait()[0] != worker:
        pass


def _mount(*how: str) -> None:
    subprocess.run(["mount", *how], check=True)


def _serve(asked: IO[bytes], said: IO[bytes]) -> None:
    running: list[_Running] = []
    for line in asked:
        question = json.loads(line)
        answer: dict[str, Any] = {}
        match question["do"]:
            case "start":
                running.append(_started(question))
                answer = {"number": len(running) - 1}
            case "run":
                running.append(_started(question))
                answer = _waited(running[-1], question["seconds"])
            case "wait":
                answer = _waited(running[question["number"]], question["seconds"])
            case "ended":
                answer = {"ended": _ended(running[question["number"]], question["seconds"])}
            case "pid-there":
                answer = {"pid": running[question["number"]].pid}
            case "signal":
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(running[question["number"]].held, question["signal"])
        said.write(json.dumps(answer).encode() + b"\n")
        said.flush()


class _Running(NamedTuple):
    """A started command. `said` is where its output lies, `refused` what execve(2) said and `ms` how soon."""

    pid: int
    held: int
    began: float
    said: str
    refused: str
    ms: float


def _started(question: Mapping[str, Any]) -> _Running:
    said = f"{SAID}/{time.monotonic_ns()}"
    refusal, tell = os.pipe2(os.O_CLOEXEC)
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            _become(question, said)
            os.execvpe(question["command"][0], question["command"], question["environment"])
        except OSError as error:
            os.write(tell, (error.strerror or str(error)).encode())
        finally:
            os._exit(126)
    os.close(tell)
    refused = os.read(refusal, 4096).decode()
    os.close(refusal)
    return _Running(pid, os.pidfd_open(pid), began, said, refused, (time.monotonic() - began) * 1000)


def _become(question: Mapping[str, Any], said: str) -> None:
    os.setsid()
    for number, name, how in (
        (0, question["stdin"], os.O_RDONLY), (1, f"{said}.out", os.O_WRONLY | os.O_CREAT),
        (2, f"{said}.err", os.O_WRONLY | os.O_CREAT),
    ):  # fmt: skip
        os.dup2(os.open(name, how, 0o600), number)
    uid = question["uid"]
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    os.chdir(question["folder"])


def _ended(one: _Running, seconds: float) -> bool:
    poll = select.poll()
    poll.register(one.held, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _waited(one: _Running, seconds: float) -> dict[str, Any]:
    ended = _ended(one, seconds)
    ms = one.ms if one.refused else (time.monotonic() - one.began) * 1000
    code: int | None = None
    with contextlib.suppress(ChildProcessError):
        if ended:
            code = os.waitstatus_to_exitcode(os.waitpid(one.pid, 0)[1])
        elif seconds > 0:
            os.killpg(one.pid, signal.SIGKILL)
            os.waitpid(one.pid, 0)
    out, err = (_tail(f"{one.said}.{end}", ended) for end in ("out", "err"))
    return {"code": code, "out": out, "err": err, "ms": round(ms, 1), "refused": one.refused}


def _tail(path: str, ended: bool) -> str:
    try:
        data = Path(path).read_bytes()[-OUTPUT:]
    except FileNotFoundError:
        return ""
    if ended:
        os.unlink(path)
    return data.decode("utf-8", "replace")


@contextlib.contextmanager
def enforced(directive: str = AGENTS_BARRED, *options: str, **how: Any) -> Iterator[Enforced]:
    """A room of its own with enforcement in force."""
    with Room() as room, Enforced(room, directive, *options, **how) as here:
        yield here


if __name__ == "__main__":
    _inside()
