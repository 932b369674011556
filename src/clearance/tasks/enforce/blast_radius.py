"""What a change of directive would stop: the programs that start today and would not start tomorrow.

Counted are programs that run now or that the scan knows, against all that this host can run. A change that would stop
more than the directive's `enforcement.blast_radius` percent is not made unless somebody says so.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from clearance.errors import Error
from clearance.model.enforcement import KnownFile
from clearance.tasks.enforce.table import Tabled

PROGRAM_FOLDERS: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/snap/bin")

FEW: Final = 5
"""So few running programs are never too many: a share of next to nothing says nothing."""


class Program(Struct, frozen=True):
    """A program that is in use here: its file, who runs it (None: nobody now), and which tool it is."""

    file: KnownFile
    uids: tuple[int | None, ...] = (None,)
    running: bool = False


class BlastRadius(Struct, frozen=True):
    """The programs that a change would newly stop; those of them that run now; how many programs there are, and run."""

    stopped: tuple[str, ...]
    stopped_running: tuple[str, ...]
    programs: int
    running: int

    def too_large(self, percent: int) -> bool:
        """Whether more than so many percent would stop."""
        if len(self.stopped) * 100 > percent * self.programs:
            return True
        return len(self.stopped_running) >= FEW and len(self.stopped_running) * 100 > percent * self.running


def blast_radius(old: Tabled, new: Tabled, used: Iterable[Program], programs: int, running: int) -> BlastRadius:
    """What `new` would stop that `old` does not. `programs` can run on this host, `running` of them do."""
    stopped: dict[str, bool] = {}
    for program in used:
        if program.file.tool is None:
            continue
        for uid in program.uids:
            if _blocks(new, program.file, uid) and not _blocks(old, program.file, uid):
                stopped[program.file.path] = stopped.get(program.file.path, False) or program.running
    now = tuple(path for path, runs in stopped.items() if runs)
    return BlastRadius(tuple(stopped), now, max(programs, len(stopped)), max(running, len(now)))


def refuse(found: BlastRadius, percent: int) -> None:
    """`Error` where the change is too large."""
    if not found.too_large(percent):
        return
    some = ", ".join(found.stopped[:5]) + (" …" if len(found.stopped) > 5 else "")
    raise Error(
        f"this directive would stop {len(found.stopped)} of {found.programs} programs here"
        f" ({len(found.stopped_running)} of {found.running} that run now), more than {percent} percent: {some}",
        remedy="look: clearance policy diff OLD NEW; if so be it: clearance enforce reload --accept-blast-radius",
    )


def _blocks(tabled: Tabled, file: KnownFile, uid: int | None) -> bool:
    return tabled.row(file.tool or "", file.version, uid, file.confidence, file.score).would == "block"


def programs_here(folders: Sequence[str] = PROGRAM_FOLDERS) -> int:
    """How many different programs the usual folders hold."""
    names: set[str] = set()
    for folder in folders:
        try:
            names.update(os.listdir(folder))
        except OSError:
            continue
    return len(names)


def used(files: Iterable[KnownFile], processes: Mapping[tuple[int, int], set[int]]) -> list[Program]:
    """The known programs; `processes` are the user ids that run a file, by (device, inode)."""
    return [
        Program(file, tuple(uids) or (None,), bool(uids))
        for file in files
        for uids in (processes.get((file.device, file.inode), set()),)
    ]
