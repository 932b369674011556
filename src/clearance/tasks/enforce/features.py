"""What this machine's kernel can do for enforcement: a row a feature, each a probe and a pure reading of what it gave.

A probe changes nothing that anybody else sees: marks are set on a file system in memory that is mounted nowhere, packet
rules are only checked, and everything goes with its descriptor. None of them starts a program but `nft`, to check.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from clearance.act.linux import tables
from clearance.act.linux.cgroups import mount_point
from clearance.act.linux.commands import run
from clearance.errors import Error

if TYPE_CHECKING:
    from clearance.kernel.fanotify import Group

State = Literal["yes", "no", "unknown"]

REDIRECT: Final = b"""\
table inet clearance_doctor {
  chain out {
    type nat hook output priority -100;
    tcp dport 443 redirect to :1
  }
}
"""
NEEDED: Final = (6, 0)
"""The kernel from which on every feature is there (marks that ignore and can be evicted)."""

LACKING: Final = "CAP_SYS_ADMIN or CAP_NET_ADMIN is missing"
UNSAFE: Final = ((6, 11), (6, 12))
"""Kernels of which some let a file that is mapped for writing be executed."""


class Feature(Struct, frozen=True):
    """What is asked of the kernel, what needs it, and what happens without it."""

    name: str
    without: str
    probe: Callable[[], str]


class Reading(Struct, frozen=True):
    """Whether a feature is there, and what was seen. `without` is empty where it is."""

    name: str
    state: State
    seen: str
    without: str = ""


def read(feature: Feature, outcome: str | OSError, *, root: bool = False) -> Reading:
    """What a probe's outcome means: its words, or why it failed. `root`: whether it was root who asked."""
    if isinstance(outcome, str):
        return Reading(feature.name, "yes", outcome)
    if outcome.errno in (errno.EPERM, errno.EACCES) and not root:
        return Reading(feature.name, "unknown", "only root can tell", feature.without)
    if outcome.errno in (errno.EPERM, errno.EACCES):
        return Reading(feature.name, "no", f"root may not do this here, as in a container: {LACKING}", feature.without)
    if outcome.errno in (errno.ENOENT, errno.EIO) and isinstance(outcome, FileNotFoundError):
        return Reading(feature.name, "no", f"{outcome.filename or outcome.strerror} is not there", feature.without)
    return Reading(feature.name, "no", (outcome.strerror or str(outcome)).lower(), feature.without)


def kernel_reading(release: str) -> Reading:
    """What the kernel's version says."""
    match = re.match(r"(\d+)\.(\d+)", release)
    if match is None:
        return Reading("kernel", "unknown", release)
    version = int(match[1]), int(match[2])
    if version < NEEDED:
        return Reading("kernel", "no", release, "each start is asked about every time, unless features were backported")
    if UNSAFE[0] <= version <= UNSAFE[1]:
        return Reading(
            "kernel", "unknown", release,
            "6.11 to 6.12.0-1 lets a file be executed while it is mapped for writing; use a newer one",
        )  # fmt: skip
    return Reading("kernel", "yes", release)


def _permission() -> str:
    from clearance.kernel.fanotify import Group

    Group().close()
    return "the kernel asks before a program starts"


def _filesystem() -> str:
    with _tried() as (group, root):
        group.watch(f"/proc/self/fd/{root}")
    return "a whole file system is watched, in every mount namespace"


def _ignore() -> str:
    with _tried() as (group, root):
        group.watch(f"/proc/self/fd/{root}")
        file = os.open("file", os.O_CREAT | os.O_RDWR, 0o700, dir_fd=root)
        try:
            group.ignore_starts(file)
            group.tell_writes(file)
        finally:
            os.close(file)
    return "a program that is nobody's business is asked about once"


@contextlib.contextmanager
def _tried() -> Iterator[tuple[Group, int]]:
    """A fanotify group, and a file system of its own to try it on."""
    from clearance.kernel.detached import memory
    from clearance.kernel.fanotify import Group

    with contextlib.ExitStack() as stack:
        group = Group()
        stack.callback(group.close)
        root = memory()
        stack.callback(os.close, root)
        yield group, root


def _starts() -> str:
    from clearance.kernel.perf import Starts

    Starts().close()
    return "every start is seen after it happened"


def _pidfd() -> str:
    if not hasattr(os, "pidfd_open"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    os.close(os.pidfd_open(os.getpid()))
    return "a process is ended, never another one with its number"


def _groups() -> str:
    with open("/proc/self/mounts", "rb") as mounts:
        place = mount_point(mounts.read())
    if place is None:
        raise FileNotFoundError(errno.ENOENT, "no control groups", "cgroup2")
    return f"at {place}"


def _rules() -> str:
    if os.geteuid() != 0:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
    run(["nft", "-c", "-f", "-"], feed=REDIRECT, patience=10)
    return "packet rules with redirects"


def _destination() -> str:
    tables.original_destination_known()
    return "where a redirected connection wanted to go"


def _overlay() -> str:
    with open("/proc/filesystems", encoding="ascii", errors="replace") as listed:
        if not any(line.split()[-1:] == ["overlay"] for line in listed):
            raise OSError(errno.ENODEV, "not loaded")
    return "what starts in containers is seen by its own file system"


FEATURES: Final = (
    Feature("fanotify permission events", "nothing can be stopped before it starts", _permission),
    Feature("fanotify file system marks", "nothing can be stopped before it starts", _filesystem),
    Feature("fanotify ignore marks", "each start is asked about every time", _ignore),
    Feature("perf records of starts", "scripts, loaders and memory files are not looked at after they start", _starts),
    Feature("process descriptors", "nothing that has started can be ended", _pidfd),
    Feature("control groups version 2", "one process cannot be cut from the network", _groups),
    Feature("nftables", "names and connections are left alone", _rules),
    Feature("original destinations", "connections are not checked by name", _destination),
    Feature("overlay file systems", "containers that need it do not run here", _overlay),
)
"""In the order in which they are shown."""


def must_be_asked() -> None:
    """`Error` where the kernel asks nobody before a program starts: then there is nothing to enforce with."""
    try:
        _permission()
    except OSError as error:
        raise Error(
            f"the kernel does not ask anybody here before a program starts: {(error.strerror or str(error)).lower()}",
            remedy="it takes fanotify permission events and CAP_SYS_ADMIN; see what is there: clearance doctor",
        ) from error


def readings() -> tuple[Reading, ...]:
    """Every feature as it is here. Never raises."""
    if sys.platform != "linux":
        return (Reading("kernel", "no", sys.platform, "enforcement is for Linux; elsewhere: clearance compile"),)
    found = [kernel_reading(os.uname().release)]
    for feature in FEATURES:
        try:
            found.append(read(feature, feature.probe()))
        except OSError as error:
            found.append(read(feature, error, root=os.geteuid() == 0))
    return tuple(found)
