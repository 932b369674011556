"""What runs on this machine: processes, listening sockets, and roots of running containers.

Of a process only its program, its script and the values of variables that were asked for are kept: an argument list may
hold a prompt, and an environment holds secrets. Every value may be gone a moment later; what cannot be read is left
out, and counted in `hidden`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Iterator
from typing import Final, TypeVar

import psutil
from msgspec import Struct

T = TypeVar("T")

INTERPRETERS: Final = re.compile(r"^(node|nodejs|bun|deno|python|pypy|ruby|perl|php|electron|tsx|java)[\d.]*(\.exe)?$")
MODULE_FLAGS: Final = ("-m", "-c", "-e", "--eval", "-p", "--print")
VALUE_FLAGS: Final = frozenset({"-r", "--require", "--import", "--loader", "-W", "-X", "--env-file", "-C"})


class ProcessSeen(Struct, frozen=True):
    """A running process. `script` is the file that an interpreter runs, absolute; `variables` only those asked for.

    `container` names the container that it runs in, whose own paths `exe` and `script` then are.
    """

    pid: int
    user: str | None
    name: str
    exe: str
    script: str
    variables: tuple[tuple[str, str], ...]
    container: str = ""


class Listener(Struct, frozen=True):
    """A socket that accepts connections. `pid` None: this user may not see whose it is."""

    pid: int | None
    address: str
    port: int


class Running(Struct, frozen=True):
    """What runs. `hidden` counts processes whose program this user may not see."""

    processes: tuple[ProcessSeen, ...]
    listeners: tuple[Listener, ...]
    hidden: int


def running(variables: Container[str]) -> Running:
    """The processes and listeners of this machine. Kernel threads are left out."""
    seen = []
    hidden = 0
    roots = _Roots()
    for process in psutil.process_iter():
        try:
            with process.oneshot():
                exe = _quiet(process.exe)
                argv = _quiet(process.cmdline) or []
                if not exe and not argv:
                    continue
                if not exe:
                    hidden += 1
                environ = _quiet(process.environ) or {}
                seen.append(
                    ProcessSeen(
                        pid=process.pid,
                        user=_quiet(process.username),
                        name=_quiet(process.name) or "",
                        exe=(exe or "").removesuffix(" (deleted)"),
                        script=script_of(exe or argv[0], argv, _quiet(process.cwd) or "/"),
                        variables=tuple((name, value) for name, value in environ.items() if name in variables),
                        container=roots.container(process.pid),
                    )
                )
        except psutil.Error:
            continue
    return Running(tuple(seen), tuple(_listeners()), hidden)


def _quiet(ask: Callable[[], T]) -> T | None:
    """The answer, or None where this user may not know it or the process is gone."""
    try:
        return ask()
    except (psutil.Error, OSError):
        return None


def script_of(exe: str, argv: list[str], cwd: str) -> str:
    """The script that an interpreter was started with; empty for a program that is none, or that runs no file."""
    if not INTERPRETERS.match(os.path.basename(exe)):
        return ""
    words = iter(argv[1:])
    for word in words:
        if word in MODULE_FLAGS:
            return ""
        if word in VALUE_FLAGS:
            next(words, None)
        elif not word.startswith("-") and word not in ("run", "x"):
            return os.path.normpath(os.path.join(cwd, word))
    return ""


def _listeners() -> Iterator[Listener]:
    try:
        connections = psutil.net_connections(kind="inet")
    except (psutil.Error, OSError):
        return
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr:
            yield Listener(connection.pid, connection.laddr.ip, connection.laddr.port)


class _Roots:
    """The roots that processes run in, by device and number of the folder; empty where there is no `/proc`."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], tuple[str, int]] = {}
        self._own = _identity("/") if os.path.isdir("/proc/self") else None

    def container(self, pid: int) -> str:
        """The name of the container that the process runs in; empty for none, and where this user may not know."""
        root = _identity(f"/proc/{pid}/root/")
        if self._own is None or root is None or root == self._own:
            return ""
        if root not in self.known:
            self.known[root] = (_container_name(pid), pid)
        return self.known[root][0]


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def container_roots() -> tuple[tuple[str, int], ...]:
    """(name, pid) of one process for each other root that some process of this machine runs in."""
    roots = _Roots()
    for pid in psutil.pids():
        try:
            # A kernel thread has no program; one of them has a root of its own.
            os.readlink(f"/proc/{pid}/exe")
        except OSError:
            continue
        roots.container(pid)
    return tuple(roots.known.values())


def _container_name(pid: int) -> str:
    """The container's id as its control group has it, else its host name, else the process."""
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if match := re.search(r"([0-9a-f]{12})[0-9a-f]{52}", line):
                    return match[1]
    except OSError:
        pass
    try:
        with open(f"/proc/{pid}/root/etc/hostname", encoding="utf-8", errors="replace") as lines:
            name = lines.readline(256).strip()
    except OSError:
        name = ""
    return name or f"pid {pid}"
