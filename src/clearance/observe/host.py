"""The only door to files, processes and the environment: a real host, or a folder scanned as if it were one."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Final

from clearance.model.terms import OS
from clearance.observe.homes import accounts, homes_of, unix_groups
from clearance.observe.links import Closed, resolve
from clearance.observe.mounts import Mounts
from clearance.observe.private_places import private_places
from clearance.observe.probe import Home
from clearance.observe.rooted import FOLDER, Rooted

PROCESS_ROOT: Final = re.compile(r"(/proc/\d+)/root/*")


class HostView:
    """A host as the scan sees it. Paths are absolute, as that host names them.

    `live` is True for the machine this runs on: it has processes and an environment. `network` allows network file
    systems. `closed` are the folders that a walk stays out of, with the reason. OSError where `root` is no folder.
    """

    def __init__(self, root: str = "/", *, network: bool = False) -> None:
        self.rooted = Rooted(root)
        self.live = self.rooted.real
        self.root = os.path.abspath(root)
        self.os: OS = _running_system() if self.live else self._layout()
        self.name = self._name()
        self.mounts = self._mounts(network)
        self.homes: tuple[Home, ...] = homes_of(self.rooted, self.os, self.mounts.why_closed)
        self.unix_groups = unix_groups(self.rooted)
        self.closed = self._closed()
        self._logins = {uid: login for login, uid, _ in accounts(self.rooted)}

    def _layout(self) -> OS:
        top = {name.lower() for name in self._names("/")}
        if "users" in top:
            inside = {name for user in self._names("/Users") for name in self._names(f"/Users/{user}")}
            if "AppData" in inside or top & {"windows", "program files", "programdata"}:
                return "windows"
            if "Library" in inside or top & {"applications", "library", "system"} or "home" not in top:
                return "macos"
        if top & {"program files", "documents and settings"}:
            return "windows"
        return "macos" if "applications" in top and "home" not in top else "linux"

    def _name(self) -> str:
        if self.live:
            return platform.node() or "this host"
        for line in self.text("/etc/hostname").splitlines():
            if line.strip():
                return line.strip()[:253]
        return os.path.basename(self.root) or "root"

    def _mounts(self, network: bool) -> Mounts:
        process = PROCESS_ROOT.fullmatch(self.root)
        try:
            # Another process's mounts are named as that process sees them, which is as this view names its paths.
            mountinfo = Path(process[1] if process else "/proc/self", "mountinfo").read_bytes()
        except OSError:
            return Mounts("", network)
        mounts = Mounts(mountinfo.decode("utf-8", "surrogateescape"), network)
        return mounts if self.live or process else mounts.below(os.path.realpath(self.root))

    def _closed(self) -> dict[str, str]:
        closed = dict(self.mounts.closed)
        for home in self.homes:
            if self.live and self.os == "macos":
                closed |= private_places(home.path)
            # A home that is a link has its mount points under its own name too.
            try:
                real = self.resolve(home.path)
            except OSError:
                continue
            for point, why in self.mounts.closed.items():
                if real != home.path and point.startswith(f"{real}/"):
                    closed[home.path + point[len(real) :]] = why
        return closed

    def _names(self, path: str) -> tuple[str, ...]:
        try:
            return self.rooted.list(path)
        except OSError:
            return ()

    def resolve(self, path: str) -> str:
        """The place that `path` leads to, named without links. `Closed` where a scan stays out of it."""
        return resolve(self.rooted, path, self.mounts.why_closed)

    def exists(self, path: str) -> None:
        """OSError where nothing is at `path`. A place that the scan stays out of is taken to be there."""
        try:
            self.rooted.stat(self.resolve(path))
        except Closed:
            return

    def text(self, path: str, limit: int = 1 << 16) -> str:
        """The beginning of a small text file; empty where there is none."""
        return self.rooted.text(path, limit)

    def login(self, uid: int) -> str | None:
        """The login of a user id on this host."""
        return self._logins.get(uid)

    def home_of(self, path: str) -> Home | None:
        """The home that a path lies in: the innermost where homes lie in one another."""
        inside = [home for home in self.homes if path == home.path or path.startswith(f"{home.path}/")]
        return max(inside, key=lambda home: len(home.path), default=None)

    def unreadable_homes(self) -> dict[str, str]:
        """The homes that cannot be looked at, with the reason: this user may not list them, or they are to be left."""
        missed = {}
        for home in self.homes:
            try:
                self.resolve(home.path)
                os.close(self.rooted.open(home.path, FOLDER))
            except Closed as error:
                missed[home.path] = error.why
            except OSError as error:
                missed[home.path] = (error.strerror or str(error)).lower()
        return missed


def _running_system() -> OS:
    system = platform.system()
    return "macos" if system == "Darwin" else "windows" if system == "Windows" else "linux"
