"""A house with a guard and an internet outside, each in a network namespace of its own, joined by one wire.

Nothing of the machine is touched: the namespaces, with all that is in them, go when this process does. The house has
its own /etc/resolv.conf, and its programs can be run as any user.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from clearance.model.network import NetworkTable
from tests.agent.network import internet

OWN = "203.0.113.200"
OWN6 = "2001:db8::200"
ANA, BO = 12_001, 12_002
ROOT = Path(__file__).parents[3]
PATIENCE = 15.0


def missing() -> str:
    """Why this cannot be done here; empty where it can."""
    if os.geteuid():
        return "needs root"
    for program in ("unshare", "nsenter", "ip", "openssl", "setpriv"):
        if not any(os.access(f"{folder}/{program}", os.X_OK) for folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin")):
            return f"needs {program}"
    from clearance.kernel.nftables import Nftables

    try:
        Nftables().close()
    except OSError as error:
        return f"needs nftables ({error})"
    return ""


class House:
    """Both namespaces, the servers outside, and a guard where one was started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: list[subprocess.Popen[str]] = []
        self.inside = self._namespace("--net", "--mount")
        self.outside = self._namespace("--net")
        self.guard: subprocess.Popen[str] | None = None
        self.guard_pid = 0
        self.reports: list[dict[str, Any]] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._hearing: threading.Thread | None = None
        self._wire()
        self._serve()

    def _namespace(self, *kinds: str) -> int:
        child = self._start(["unshare", *kinds, "sleep", "infinity"])
        links = ("net", "mnt") if "--mount" in kinds else ("net",)
        own = {link: os.readlink(f"/proc/self/ns/{link}") for link in links}
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if all(os.readlink(f"/proc/{child.pid}/ns/{link}") != own[link] for link in links):
                    return child.pid
            select.select([], [], [], 0.005)
        raise TimeoutError("no namespace")

    def _start(self, words: Sequence[str], **more: Any) -> subprocess.Popen[str]:
        child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *words], text=True, cwd=ROOT, **more)
        self._children.append(child)
        return child

    def words(self, words: Sequence[str]) -> list[str]:
        """The command as it is started in the house."""
        return ["nsenter", f"--target={self.inside}", "--net", "--mount", f"--wd={ROOT}", *words]

    def _out(self, words: Sequence[str]) -> list[str]:
        return ["nsenter", f"--target={self.outside}", "--net", *words]

    def _wire(self) -> None:
        conf = self.folder / "resolv.conf"
        conf.write_text(f"nameserver {internet.RESOLVER}\noptions timeout:2 attempts:1\n")
        conf.chmod(0o644)
        self.folder.chmod(0o755)
        for words in (
            ["ip", "link", "set", "lo", "up"],
            ["ip", "link", "add", "house", "type", "veth", "peer", "name", "world", "netns", str(self.outside)],
            ["ip", "address", "add", f"{OWN}/24", "dev", "house"],
            ["ip", "address", "add", f"{OWN6}/64", "dev", "house", "nodad"],
            ["ip", "link", "set", "house", "up"],
            ["mount", "--make-rprivate", "/"],
            ["mount", "--bind", str(conf), "/etc/resolv.conf"],
        ):
            subprocess.run(self.words(words), check=True)
        for address in internet.ADDRESSES:
            subprocess.run(self._out(["ip", "address", "add", f"{address}/24", "dev", "world"]), check=True)
        for address in (internet.GOOD6, internet.VENDOR6):
            subprocess.run(self._out(["ip", "address", "add", f"{address}/64", "dev", "world", "nodad"]), check=True)
        subprocess.run(self._out(["ip", "link", "set", "lo", "up"]), check=True)
        subprocess.run(self._out(["ip", "link", "set", "world", "up"]), check=True)

    def _serve(self) -> None:
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
                *("-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=internet.example"),
            ],
            cwd=self.folder,
            check=True,
            capture_output=True,
        )
        words = [sys.executable, "-m", "tests.agent.network.internet", str(self.folder)]
        servers = self._start(self._out(words), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert servers.stdout is not None
        assert servers.stdout.readline() == "ready\n"

    def start_stub(self, address: str) -> None:
        """A name server of the house itself."""
        serve = f"import sys; from tests.agent.network.internet import serve_names; serve_names({address!r})"
        words = [sys.executable, "-c", f"{serve}; print('ready', flush=True); sys.stdin.read()"]
        stub = self._start(self.words(words), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert stub.stdout is not None
        assert stub.stdout.readline() == "ready\n"

    def start_guard(self, table: NetworkTable, group: str = "") -> None:
        """Start a guard, or another one, and wait until its rules are there or it says that it cannot have them."""
        words = [sys.executable, "-m", "tests.agent.network.guard", self._written(table), *([group] if group else [])]
        self.guard = self._start(self.words(words), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.guard.stdout is not None
        self.reports, self._lines = [], queue.Queue()
        self._hearing = threading.Thread(target=_hear, args=(self.guard.stdout, self._lines), daemon=True)
        self._hearing.start()
        self.guard_pid = self.wait_for(lambda report: report["type"] == "started")["pid"]
        # The first pulse after the table was taken has the counters of the rules.
        self.wait_for(lambda report: report["type"] == "failed" or "quic" in report.get("counters", {}))

    def give(self, table: NetworkTable) -> None:
        """Another table; returns when it was taken."""
        self.tell(f"table {self._written(table)}")
        self.pulses(2)

    def tell(self, line: str) -> None:
        """A line for the guard."""
        assert self.guard is not None
        assert self.guard.stdin is not None
        self.guard.stdin.write(line + "\n")
        self.guard.stdin.flush()

    def pulses(self, count: int) -> dict[str, int]:
        """Wait for so many signs of life from now on; the counters of the last."""
        with contextlib.suppress(queue.Empty):
            while True:
                self.reports.append(json.loads(self._lines.get_nowait()))
        counters: dict[str, int] = {}
        for _ in range(count):
            counters = self.wait_for(lambda report: report["type"] == "pulse", fresh=True)["counters"]
        return counters

    def wait_for(self, wanted: Any, *, fresh: bool = False) -> dict[str, Any]:
        """The first report like that: of those heard already, unless `fresh`, or of those to come."""
        for report in () if fresh else self.reports:
            if wanted(report):
                return report
        while True:
            report = json.loads(self._lines.get(timeout=PATIENCE))
            self.reports.append(report)
            if wanted(report):
                return dict(report)

    def seen(self, **fields: Any) -> dict[str, Any]:
        """The report of something seen with these fields."""
        return self.wait_for(
            lambda report: report["type"] == "seen" and all(report.get(name) == fields[name] for name in fields)
        )

    def _written(self, table: NetworkTable) -> str:
        path = self.folder / f"table-{table.serial}.msgpack"
        path.write_bytes(msgspec.msgpack.encode(table))
        return str(path)

    def probe(self, *words: str, uid: int = 0) -> dict[str, Any]:
        """What a program of this user in the house sees."""
        done = subprocess.run(
            self.words([sys.executable, "-m", "tests.agent.network.probe", str(uid), *words]),
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE * 2,
        )
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def start_probe(self, *words: str, uid: int = 0) -> subprocess.Popen[str]:
        """A probe that goes on; its stdin and stdout are the caller's."""
        return self._start(
            self.words([sys.executable, "-m", "tests.agent.network.probe", str(uid), *words]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, *words: str) -> str:
        """What a command in the house prints."""
        return subprocess.run(self.words(words), capture_output=True, text=True, check=False).stdout

    def close(self) -> None:
        """End all that was started."""
        for child in reversed(self._children):
            child.kill()
        if self._hearing is not None:
            self._hearing.join(PATIENCE)
        for child in self._children:
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()


def _hear(lines: IO[str], said: queue.Queue[str]) -> None:
    for line in lines:
        said.put(line)


@contextlib.contextmanager
def house(folder: Path) -> Iterator[House]:
    """A house that is gone afterwards."""
    made = House(folder)
    try:
        yield made
    finally:
        made.close()
