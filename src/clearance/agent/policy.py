"""The directive in force and the table made of it: taken, replaced, refused. The rim around `tasks/enforce`."""

from __future__ import annotations

import datetime as dt
import grp
import os
import pwd
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, structs

from clearance.agent.children import apart
from clearance.agent.reading import read
from clearance.catalog import Catalog
from clearance.errors import Error
from clearance.judge.engine import Judge
from clearance.judge.merged import Merged
from clearance.model.decision import Decision, PolicyRef
from clearance.model.directive import Enforcement
from clearance.model.enforcement import KnownFile, Row
from clearance.model.terms import Enforce
from clearance.tasks.enforce import acceptance, host_mode
from clearance.tasks.enforce.acceptance import InForce
from clearance.tasks.enforce.blast_radius import BlastRadius, blast_radius, programs_here, refuse, used
from clearance.tasks.enforce.critical import Critical
from clearance.tasks.enforce.host_mode import Pause
from clearance.tasks.enforce.surveyed import Survey
from clearance.tasks.enforce.table import Circumstances, Judged, Person, Tabled
from clearance.tasks.judges import judge_of
from clearance.wire.channel import packed
from clearance.wire.enforcement import Ask

KEPT: Final = 8
"""Tables whose decisions can still be looked up: children answer a little behind."""

NOTHING: Final = Survey((), (), (), ())


class Policy:
    """Makes tables: of the directive in force, the survey, the mode and the pause. `tabled` is the newest."""

    def __init__(self, state: str, catalog: Catalog, key: str = "") -> None:
        self._state = state
        self._catalog = catalog
        self._key = key
        self.in_force: InForce | None = None
        self.survey = NOTHING
        self.files: dict[tuple[int, int], KnownFile] = {}
        self.critical: tuple[Critical, ...] = ()
        self.by_hand: Enforce | None = None
        self.pause: Pause | None = None
        self._serial = 0
        self._tables: dict[int, Tabled] = {}
        self.tabled: Tabled | None = None

    @property
    def judge(self) -> Judge:
        """The judge of the directive in force."""
        if self.in_force is None:
            raise Error("no directive is in force", remedy="give one: clearance enforce run --directive FILE")
        return self.in_force.judge

    @property
    def mode(self) -> Enforce:
        """The host's mode."""
        return host_mode.mode(self.by_hand, self.limits().mode if self.in_force else None)

    @property
    def ref(self) -> PolicyRef | None:
        """What decisions refer to."""
        return self.in_force.judge.policy if self.in_force else None

    def take(
        self,
        path: str,
        at: dt.datetime,
        processes: Mapping[tuple[int, int], set[int]] | None = None,
        *,
        told: bool = False,
    ) -> InForce:
        """Put the directive at `path` in force. `Error` leaves the old one.

        `processes` are the user ids that run a file now; `told`: a large blast radius was accepted.
        """
        new = read(lambda: acceptance.candidate(path, self._catalog, self._key))
        old = self.in_force
        if old is not None and not self.waits and self.tabled is not None and not told:
            found = self._blast_radius(new.merged, self.tabled, at, processes or {})
            refuse(found, acceptance.limits(new.merged).blast_radius)
        self.in_force = acceptance.accept(self._state, new, self._catalog, old, at.isoformat(timespec="seconds"))
        return self.in_force

    @property
    def waits(self) -> bool:
        """Whether no directive is in force, and none was when the service began."""
        return self.in_force is not None and not self.in_force.accepted.generation

    def wait(self) -> None:
        """Allow everything until there is a directive."""
        self.in_force = acceptance.nothing(self._catalog)

    def resume(self) -> InForce | None:
        """What was in force when the service last ran."""
        self.in_force = None
        last = acceptance.accepted(self._state)
        if last is not None:
            kept = read(lambda: acceptance.documents_in_force(self._state, last))
            self.in_force = InForce(last, judge_of(kept.merged, self._catalog, last.generation), kept.documents)
        return self.in_force

    def _blast_radius(
        self, merged: Merged, now: Tabled, at: dt.datetime, processes: Mapping[tuple[int, int], set[int]]
    ) -> BlastRadius:
        def tried() -> BlastRadius:
            trial = judge_of(merged, self._catalog, now.table.generation + 1)
            known = used(self.files.values(), processes)
            return blast_radius(now, self._made(trial, at, 0), known, programs_here(), len(processes))

        said = apart("trial", lambda: packed(tried()))
        return tried() if said is None else msgspec.msgpack.decode(said, type=BlastRadius)

    def asks_for_settings(self) -> bool:
        """Whether a rule allows a tool only with settings that may have to be put right."""
        return any(ruling.effect == "allow-with-settings" for ruling in (*self.judge.rulings, self.judge.default))

    def make(self, at: dt.datetime, judged: Judged | None = None) -> Tabled:
        """A new table for now. `judged` is what was judged for it elsewhere, as things are now."""
        self._serial += 1
        self.tabled = self._made(self.judge, at, self._serial, judged)
        self._tables[self._serial] = self.tabled
        for serial in [serial for serial in self._tables if serial <= self._serial - KEPT]:
            del self._tables[serial]
        return self.tabled

    def _made(self, judge: Judge, at: dt.datetime, serial: int, judged: Judged | None = None) -> Tabled:
        around = Circumstances(
            host=socket.gethostname(),
            people=self.survey.people,
            endpoints={(tool, user): host for tool, user, host in self.survey.endpoints},
            mode=self.mode,
            paused=self.pause is not None,
        )
        critical = [(one.device, one.inode) for one in self.critical]
        return Tabled(judge, around, at, serial, critical=critical, files=self.files.values(), judged=judged)

    def keep(self) -> None:
        """Keep the directive once more, where the state folder was lost. OSError where it cannot be kept."""
        if self.in_force is not None and not self.waits:
            acceptance.keep(self._state, self.in_force)

    def forget_files(self) -> None:
        """What files are is told by other rules now."""
        self.files.clear()
        self.survey = structs.replace(self.survey, files=())

    def learn(self, files: Iterable[KnownFile]) -> None:
        """Files that were identified since; a newer word on the same file wins."""
        for file in files:
            self.files[file.device, file.inode] = file

    def surveyed(self, found: Survey) -> None:
        """A new survey replaces the one before; a partial one (without files) only what it holds."""
        files = found.files or self.survey.files
        self.survey = structs.replace(found, files=files)
        if found.files:
            self.files = {(file.device, file.inode): file for file in found.files}

    def answer(self, ask: Ask) -> tuple[int, Row]:
        """The serial and the row for what the table did not foresee."""
        tabled = self.tabled
        if tabled is None:
            raise Error("no directive is in force")
        known = ask.uid is None or ask.uid in tabled.table.users
        person = None if known else person_of(ask.uid)
        return tabled.serial, tabled.row(ask.tool, ask.version, ask.uid, ask.confidence, ask.score, person)

    def decision(self, serial: int, row: Row) -> Decision | None:
        """The decision that a child acted on; None where that table is long gone."""
        tabled = self._tables.get(serial)
        if tabled is None or not 0 <= row.decision < len(tabled.decisions):
            return None
        return tabled.decisions[row.decision]

    def limits(self) -> Enforcement:
        """How the directive wants to be enforced."""
        said = self.judge.directive.enforcement
        return Enforcement() if said is UNSET else said

    def names(self) -> Sequence[str]:
        """Rules whose message is their own."""
        directive = self.judge.directive
        return [rule.id for rule in directive.rules if rule.message]


def person_of(uid: int | None) -> Person | None:
    """Who a user id is, also where only a directory service knows."""
    if uid is None:
        return None
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Person(uid, str(uid))
    groups = []
    for gid in os.getgrouplist(entry.pw_name, entry.pw_gid):
        try:
            groups.append(grp.getgrgid(gid).gr_name)
        except KeyError:
            continue
    return Person(uid, entry.pw_name, tuple(groups))
