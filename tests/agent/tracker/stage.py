"""A stage for the tracker: namespaces of its own (PID, mount, network), a tmpfs, and a part that plays the service.

Run as `unshare --pid --fork --mount --net --mount-proc python -m tests.agent.tracker.stage CASES…` by `staged`: nothing
that happens here reaches outside. A program of a vendor that is started here has no network and is ended, by the
tracker or at the end of its case.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from clearance.agent.tracker import main as track
from clearance.catalog import load_catalog
from clearance.model.enforcement import Entry, Row, Table
from clearance.observe.identity.rules import Rules, compile_rules
from clearance.wire.channel import Channel
from clearance.wire.enforcement import Answer, Ask, Message, NewTable, Seen

UNSHARE: Final = ("unshare", "--pid", "--fork", "--kill-child", "--mount", "--net", "--mount-proc")
SECONDS: Final = 8.0
BLOCK: Final = Row("block", "block", 0)
ROOT: Final = Path("/tmp/stage")
"""Where the tmpfs is, inside the mount namespace of the stage."""


def rows(tools: Sequence[str], row: Row = BLOCK, uids: Sequence[int | None] = (None, 0, 1000)) -> tuple[Entry, ...]:
    """Rows of one action for each tool and user; every other tool of the catalog is allowed."""
    allowed = Row("allow", "allow", 1)
    return tuple(
        Entry(tool, None, uid, row if tool in tools else allowed) for tool in load_catalog().tools for uid in uids
    )


def table(tools: Sequence[str], row: Row = BLOCK, serial: int = 1, **fields: Any) -> Table:
    """A table that says so."""
    return Table(serial, 1, "block", 500, "open", rows(tools, row), **fields)


class Stage:
    """A running tracker and everything that it said. `answer` plays the service where a row is missing."""

    def __init__(
        self, tools: Table, watched: frozenset[int] | None, rules: Rules | None = None,
        answer: Callable[[Ask], Row] = lambda ask: BLOCK,
    ) -> None:  # fmt: skip
        self.said: list[Message] = []
        self.answer = answer
        self.channel, theirs = Channel.pair()
        rules = rules if rules is not None else compile_rules(load_catalog())
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.channel.close()
                track(theirs, watched, rules)
            finally:
                os._exit(0)
        theirs.close()
        self.serial = tools.serial
        self.channel.send(NewTable(tools))
        self.settle()

    def hear(self, seconds: float) -> None:
        """Take what the tracker says for at most so long."""
        poll = select.poll()
        poll.register(self.channel.fileno(), select.POLLIN)
        if not poll.poll(seconds * 1000):
            return
        while (got := self.channel.receive(wait=False)) is not None:
            message, _ = got
            self.said.append(message)
            if isinstance(message, Ask):
                row = self.answer(message)
                self.channel.send(
                    Answer(
                        message.ticket, self.serial, message.tool, message.version, message.uid, row, message.confidence
                    )
                )

    def settle(self) -> None:
        """Until the tracker has looked at what runs: it has then told of a program that was barred from the start."""
        poll = select.poll()
        poll.register(self.channel.fileno(), select.POLLIN)
        while poll.poll(500):
            self.hear(0)

    def case(self, command: Sequence[str], *, started: Callable[[], int] | None = None, **how: Any) -> dict[str, Any]:
        """Start something and say what became of it and what was said about it. It is ended in the end."""
        before = len(self.said)
        began = time.monotonic()
        process: subprocess.Popen[bytes] | None = None
        if started is None:
            options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "start_new_session": True} | how
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        pid = started() if started else process.pid if process else 0
        held = os.pidfd_open(pid)
        poll = select.poll()
        poll.register(held, select.POLLIN)
        ended = False
        while not ended and time.monotonic() - began < SECONDS:
            self.hear(0.001)
            ended = bool(poll.poll(1))
            if any(isinstance(one, Seen) and one.done != "killed" for one in self.said[before:]):
                break
        elapsed = time.monotonic() - began
        if not ended:
            os.kill(pid, signal.SIGKILL)
        os.close(held)
        output = b""
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            output = process.communicate()[0]
            code = process.returncode
        else:
            _, status = os.waitpid(pid, 0)
            code = os.waitstatus_to_exitcode(status)
        for turn in range(1000):
            # Who was ended is told of, sooner or later; else nothing more is to come.
            if turn >= 20 and (not ended or code != -9 or any(isinstance(one, Seen) for one in self.said[before:])):
                break
            self.hear(0.01)
        seen = [one for one in self.said[before:] if isinstance(one, Seen)]
        return {
            "ended": ended,
            "signal": -code if code < 0 else 0,
            "ms": round(elapsed * 1000, 1),
            "seen": [[one.means, one.done, one.tool, one.version, one.path, one.latency_us] for one in seen],
            "others": [repr(one) for one in self.said[before:] if type(one).__name__ == "Failed"],
            "output": os.fsdecode(output[-300:]),
        }

    def close(self) -> None:
        """End the tracker."""
        self.channel.close()
        os.waitpid(self.pid, 0)


def prepare() -> Path:
    """A fresh tmpfs, and a loopback that is up."""
    ROOT.mkdir(exist_ok=True)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2g", "stage", str(ROOT)], check=True)
    return ROOT


def copied(prefix: Path, name: str) -> Path:
    """A tool's prefix on the stage."""
    return Path(shutil.copytree(prefix, ROOT / name, symlinks=True))


def staged(module: str, *arguments: str, seconds: float = 240) -> Any:
    """Run a module on a stage of its own and give the JSON that it prints last."""
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-m", module, *arguments],
        capture_output=True, text=True, errors="replace", timeout=seconds, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        raise AssertionError(done.stderr[-3000:] + done.stdout[-500:])
    return json.loads(done.stdout.splitlines()[-1])
