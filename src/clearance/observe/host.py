"""The only door to files, processes and the environment: a real host, or a folder scanned as if it were one."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path

from clearance.model.terms import OS
from clearance.observe.homes import accounts, homes_of, unix_groups
from clearance.observe.mounts import closed_mounts
from clearance.observe.probe import Home
from clearance.observe.rooted import FOLDER, NO_ATIME, READ, Rooted


class HostView:
    """A host as the scan sees it. Paths are absolute, as that host names them.

    `live` is True for the machine this runs on: it has processes and an environment. OSError where `root` is no folder.
    """

    def __init__(self, root: str = "/", *, network: bool = False) -> None:
        self.rooted = Rooted(root)
        self.live = self.rooted.real
        self.root = os.path.abspath(root)
        self.os: OS = _running_system() if self.live else self._layout()
        self.name = self._name()
        self.homes: tuple[Home, ...] = homes_of(self.rooted, self.os)
        self.unix_groups = unix_groups(self.rooted)
        self.closed = self._closed(network)
        self._euid = os.geteuid() if hasattr(os, "geteuid") else -1
        self._logins = {uid: login for login, uid, _ in accounts(self.rooted)}

    def _layout(self) -> OS:
        top = set(self._names("/"))
        if {"Users", "Windows"} <= top or "Program Files" in top:
            return "windows"
        return "macos" if {"Users", "Applications"} & top and "home" not in top else "linux"

    def _name(self) -> str:
        if self.live:
            return platform.node() or "this host"
        for line in self.text("/etc/hostname").splitlines():
            if line.strip():
                return line.strip()[:253]
        return os.path.basename(self.root) or "root"

    def _closed(self, network: bool) -> dict[str, str]:
        try:
            mountinfo = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
        except OSError:
            return {}
        closed = closed_mounts(mountinfo, network)
        if self.live:
            return closed
        inside = f"{self.root}/"
        return {f"/{point[len(inside) :]}": why for point, why in closed.items() if point.startswith(inside)}

    def _names(self, path: str) -> tuple[str, ...]:
        try:
            return self.rooted.list(path)
        except OSError:
            return ()

    def text(self, path: str, limit: int = 1 << 16) -> str:
        """The beginning of a small text file; empty where there is none."""
        try:
            fd, _ = self.rooted.open_regular(path)
        except OSError:
            return ""
        try:
            return os.pread(fd, limit, 0).decode("utf-8", "surrogateescape")
        except OSError:
            return ""
        finally:
            os.close(fd)

    def login(self, uid: int) -> str | None:
        """The login of a user id on this host."""
        return self._logins.get(uid)

    def home_of(self, path: str) -> Home | None:
        """The home that a path lies in: the innermost where homes lie in one another."""
        inside = [home for home in self.homes if path == home.path or path.startswith(f"{home.path}/")]
        return max(inside, key=lambda home: len(home.path), default=None)

    def unreadable_homes(self) -> Iterator[str]:
        """The paths of homes that this user may not list."""
        for home in self.homes:
            try:
                os.close(self.rooted.open(home.path, FOLDER))
            except OSError:
                yield home.path

    def flags(self, uid: int) -> int:
        """How to open a regular file of this owner: without changing its access time where that is allowed."""
        return READ | NO_ATIME if self._euid in (0, uid) else READ


def _running_system() -> OS:
    system = platform.system()
    return "macos" if system == "Darwin" else "windows" if system == "Windows" else "linux"
