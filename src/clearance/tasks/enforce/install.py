"""Installing enforcement on a machine or in an image, and taking it off again so that all is as it was before.

Every step goes through the undo journal of the state folder. Installing twice does what is missing. The service that
is installed observes; nothing is blocked until somebody raises the mode.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Final, Protocol

from clearance.act.changes import GroupMade, SettingPut, TableMade, UnitStarted, path_of
from clearance.act.journal import NAME, Journal
from clearance.act.linux import units
from clearance.act.restoring import Paths
from clearance.act.undo import Undone, undo
from clearance.config import KEYS, SYSTEM_FILE
from clearance.errors import Error, Place

UNIT: Final = "clearance.service"
UNIT_FOLDER: Final = "/etc/systemd/system"
SHIPPED_UNITS: Final = ("/usr/lib/systemd/system", "/lib/systemd/system")
"""Where a distribution's package puts the unit; then no other is written."""

STATE: Final = "/var/lib/clearance"
DIRECTIVES: Final = "/etc/clearance/directive.d"
OWN_FOLDERS: Final = ("keys", "ledger", "queue", "why")
"""What is in force is not among them: it is a link, which is exchanged as a whole, and never a folder."""

EVIDENCE: Final = ("ledger", "keys")
"""What `keep_ledger` keeps: the records, and the key that they are checked with."""


class Hands(Protocol):
    """What steps are done with: `restoring.Paths`, or something that only says what would be done."""

    def file(self, path: str, content: bytes, mode: int = 0o644, *, uid: int = 0, gid: int = 0) -> bool:
        """Write a file."""

    def link(self, path: str, target: str, *, uid: int = 0, gid: int = 0) -> bool:
        """Make a link."""

    def folder(self, path: str, mode: int = 0o755, *, uid: int = 0, gid: int = 0, whole: bool = False) -> bool:
        """Make a folder."""


@dataclass
class Saying:
    """Does nothing: says whether there is something to do."""

    def file(self, path: str, content: bytes, mode: int = 0o644, *, uid: int = 0, gid: int = 0) -> bool:
        """Whether the file would be written."""
        found = Path(path)
        return not found.is_file() or found.read_bytes() != content

    def link(self, path: str, target: str, *, uid: int = 0, gid: int = 0) -> bool:
        """Whether the link would be made."""
        return not os.path.islink(path) or os.readlink(path) != target

    def folder(self, path: str, mode: int = 0o755, *, uid: int = 0, gid: int = 0, whole: bool = False) -> bool:
        """Whether the folder would be made."""
        return not os.path.isdir(path)


@dataclass
class Installed:
    """What was done, or would be, in order; paths as the installed machine names them.

    `waiting`: there is no directive yet, and until there is one the service has nothing to do and does not start.
    `refused`: why the directives that lie there cannot be put in force.
    """

    done: list[str] = field(default_factory=list)
    started: bool = False
    waiting: bool = False
    refused: Error | None = None


def program() -> str:
    """How this program is started: the command beside the interpreter, else whatever was called."""
    beside = os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "clearance")
    return beside if os.access(beside, os.X_OK) else os.path.abspath(shutil.which("clearance") or sys.argv[0])


def install(
    root: str = "/",
    *,
    command: str | None = None,
    directive: str | None = None,
    dry_run: bool = False,
    start: bool = True,
) -> Installed:
    """Install. `root` is where the machine's files lie (an image that is being built); only on `/` a unit is started.

    `directive` is a file that is put into the folder of directives; a bad one is an `Error`, and nothing is done.
    `Error` where it cannot be done; what was done until then stays in the journal, so that installing again goes on
    and uninstalling takes it back.
    """
    _must_be_root(root)
    if directive and (wrong := _wrong(directive)):
        raise wrong
    content = _read(directive) if directive else b""
    report = Installed()
    hands: Hands = Saying()
    journal: Journal | None = None
    if not dry_run:
        _inside(root, STATE)
        journal = Journal.begin(_below(root, STATE))
        hands = Paths(journal)
    try:
        if journal is not None and root == "/":
            units.announce(journal)
        _steps(hands, root, command or program(), os.path.basename(directive or ""), content, report.done)
        report.waiting = not directive and not _directives(root)
        report.refused = _wrong(_below(root, DIRECTIVES)) if _directives(root) else None
        if journal is not None and root == "/" and start and not report.waiting:
            report.started = units.start(journal, UNIT)
    except OSError as error:
        raise Error(
            f"cannot install: {error.strerror or error}",
            place=Place(str(error.filename or _below(root, STATE))),
            remedy="what was done until here is taken back by: clearance enforce uninstall",
        ) from error
    finally:
        if journal is not None:
            journal.close()
    return report


def _steps(hands: Hands, root: str, command: str, name: str, directive: bytes, done: list[str]) -> None:
    mine = {"uid": os.geteuid(), "gid": os.getegid()}

    def step(path: str, what: str, *, changed: bool) -> None:
        if changed:
            done.append(f"{what} {path}")

    for folder, mode in (
        (UNIT_FOLDER, 0o755),
        (STATE, 0o700),
        *((f"{STATE}/{own}", 0o700) for own in OWN_FOLDERS),
        (os.path.dirname(SYSTEM_FILE), 0o755),
        *(((DIRECTIVES, 0o755),) if name else ()),
    ):
        place = _inside(root, folder)
        whole = folder.startswith(f"{STATE}/")
        step(folder, "make", changed=hands.folder(place, mode, whole=whole, uid=mine["uid"], gid=mine["gid"]))
    if not os.path.lexists(_below(root, SYSTEM_FILE)):
        step(SYSTEM_FILE, "write", changed=hands.file(_inside(root, SYSTEM_FILE), configuration(), 0o644, **mine))
    if name:
        # Only files that are called so are read there.
        name = f"{name.removesuffix('.yml').removesuffix('.yaml')}.yaml"
        path = f"{DIRECTIVES}/{name if name[:1].isdigit() else f'10-{name}'}"
        step(path, "write", changed=hands.file(_inside(root, path), directive, 0o644, **mine))
    unit = next((f"{there}/{UNIT}" for there in SHIPPED_UNITS if os.path.exists(_below(root, f"{there}/{UNIT}"))), "")
    if not unit:
        unit = f"{UNIT_FOLDER}/{UNIT}"
        step(unit, "write", changed=hands.file(_inside(root, unit), unit_text(command), 0o644, **mine))
    link = f"{UNIT_FOLDER}/multi-user.target.wants/{UNIT}"
    place = _inside(root, link)
    step(os.path.dirname(link), "make", changed=hands.folder(os.path.dirname(place), uid=mine["uid"], gid=mine["gid"]))
    step(link, "link", changed=hands.link(place, unit, **mine))


def _wrong(directive: str) -> Error | None:
    """Why a directive could not be put in force here. Its signature is left to the service, which knows the key."""
    from clearance.catalog import load_catalog
    from clearance.tasks.enforce.acceptance import candidate

    try:
        candidate(directive, load_catalog())
    except Error as error:
        return error
    return None


def _directives(root: str) -> bool:
    try:
        return any(name.endswith(".yaml") for name in os.listdir(_below(root, DIRECTIVES)))
    except OSError:
        return False


def unit_text(command: str) -> bytes:
    """The unit, with the command that starts this program. `Error` for one that a unit cannot name."""
    text = (resources.files("clearance.act.linux") / UNIT).read_text("utf-8")
    if not command.startswith("/") or not command.isprintable() or any(char in command for char in "\"'\\"):
        raise Error(f"{command!r} cannot stand in a unit file", remedy="install clearance below another path")
    # A per cent sign means something everywhere in a unit, a dollar nothing in the name of a program.
    quoted = command.replace("%", "%%")
    if " " in quoted:
        quoted = f'"{quoted}"'
    return text.replace("=/usr/bin/clearance ", f"={quoted} ").encode()


def configuration() -> bytes:
    """A configuration that sets nothing and says what can be set."""
    lines = ["# Settings of clearance. A key under `managed` cannot be changed by a user.", "# managed = []"]
    for key in KEYS:
        lines += ["", f"# {key.help}", f'# {key.name} = "{key.default}"']
    return ("\n".join(lines) + "\n").encode()


def uninstall(root: str = "/", *, dry_run: bool = False, keep_ledger: bool = False) -> Undone:
    """Take everything back, the state folder too. What others changed since is kept, and said.

    `keep_ledger` leaves the records and their key where they are. Can be cut short and done again.
    """
    _must_be_root(root)
    folder = _below(root, STATE)
    if dry_run:
        return pending(root)
    try:
        if root == "/":
            units.stop(UnitStarted(UNIT))
        journal = Journal.find(folder)
        if journal is None:
            return Undone()
        report = undo(journal, which=lambda change: not (keep_ledger and _evidence(change, folder)))
        if report.failed:
            journal.close()
        elif keep_ledger and any(os.path.isdir(os.path.join(folder, name)) for name in EVIDENCE):
            journal.close()
            _keep_evidence(folder)
            report.kept += [f"{STATE}/{name}: asked to be kept" for name in EVIDENCE]
        else:
            journal.forget()
    except OSError as error:
        raise Error(
            f"cannot uninstall: {error.strerror or error}",
            place=Place(str(error.filename or folder)),
            remedy="nothing is lost: run the same command again",
        ) from error
    return report


def undo_changes(root: str = "/") -> Undone:
    """Take back what enforcement changed on the host while it ran: packet rules, control groups, settings put right.

    What installing made stays.
    """
    _must_be_root(root)
    journal = Journal.find(_below(root, STATE))
    if journal is None:
        return Undone()
    try:
        return undo(journal, which=lambda change: isinstance(change, TableMade | GroupMade | SettingPut))
    finally:
        journal.close()


def pending(root: str = "/") -> Undone:
    """What uninstalling would take back."""
    from clearance.act.undo import named

    journal = Journal.find(_below(root, STATE))
    if journal is None:
        return Undone()
    try:
        return Undone(undone=[named(planned.change) for planned in reversed(journal.pending())])
    finally:
        journal.close()


def _evidence(change: object, folder: str) -> bool:
    path = path_of(getattr(change, "path", ""))
    return any(path == os.path.join(folder, name) for name in EVIDENCE)


def _keep_evidence(folder: str) -> None:
    # The journal goes last: as long as it is there, uninstalling can be done again.
    for name in sorted(os.listdir(folder), key=NAME.__eq__):
        path = os.path.join(folder, name)
        if name in EVIDENCE:
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def _must_be_root(root: str) -> None:
    if root == "/" and os.geteuid() != 0:
        raise Error("only root may change this machine", remedy="run it with sudo, or give --root DIR for an image")
    if not os.path.isdir(root):
        raise Error(f"{root} is not a folder", remedy="--root names a folder that holds a machine's files")


def _below(root: str, path: str) -> str:
    return path if root == "/" else os.path.join(os.path.abspath(root), path.lstrip("/"))


def _inside(root: str, path: str) -> str:
    """The path below the root. `Error` where a link in an image would lead out of it, onto this machine."""
    place = _below(root, path)
    real = os.path.realpath(os.path.dirname(place))
    top = os.path.realpath(root)
    if root != "/" and real != top and not real.startswith(top + "/"):
        raise Error(f"{path} leads out of {root}, to {real}", remedy="use relative links in the image")
    return place


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Error(f"cannot read the directive: {error.strerror}", place=Place(path)) from error
