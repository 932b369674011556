"""Units of the service manager: telling it that unit files changed, starting and stopping one.

Enabling is a symbolic link and is made as such (`restoring.Paths.link`), which needs no manager and works in an image.
Where no manager runs (a container, an image that is being built) there is nothing to tell, and nothing is started.
"""

from __future__ import annotations

import os
from typing import Final

from clearance.act.changes import UnitsChanged, UnitStarted
from clearance.act.journal import Journal
from clearance.act.linux.commands import run

MANAGED: Final = "/run/systemd/system"
"""The folder that is there exactly where systemd is the service manager (sd_booted(3))."""


def managed() -> bool:
    """Whether systemd runs this machine."""
    return os.path.isdir(MANAGED) and not os.path.islink(MANAGED)


def announce(journal: Journal) -> None:
    """To be called before unit files are changed: after they are back, the manager reads them again."""
    if not any(isinstance(planned.change, UnitsChanged) for planned in journal.pending()):
        journal.record(UnitsChanged())


def start(journal: Journal, name: str) -> bool:
    """Let the manager read its units and start this one. False where it runs already, or no manager does."""
    if not managed():
        return False
    run(["systemctl", "daemon-reload"])
    if active(name):
        return False
    journal.record(UnitStarted(name))
    run(["systemctl", "start", "--", name])
    return True


def active(name: str) -> bool:
    """Whether the unit runs, or is on its way."""
    said = run(["systemctl", "show", "--property=ActiveState", "--", name])
    return said.strip().removeprefix("ActiveState=") in ("active", "activating", "reloading")


def stop(change: UnitStarted) -> bool:
    """Undo a start. False where nothing runs."""
    if not managed() or not active(change.name):
        return False
    run(["systemctl", "stop", "--", change.name])
    return True


def reload(_: UnitsChanged) -> bool:
    """Let the manager read its units. False where none runs."""
    if not managed():
        return False
    run(["systemctl", "daemon-reload"])
    return True
