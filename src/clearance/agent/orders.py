"""What holds on this host and how that changes: a directive, a mode, a pause. Each change is recorded and told to all.

A directive that is refused changes nothing. Where none is in force, the configured one is put in force as soon as
somebody has mended it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os

from clearance.agent import records, tables
from clearance.agent.crew import Crew
from clearance.agent.policy import Policy
from clearance.agent.recording import Recording
from clearance.agent.running import running
from clearance.agent.settings import Settings
from clearance.agent.surveyor import Surveyor
from clearance.agent.telling import Telling
from clearance.catalog import Catalog
from clearance.errors import Error, Place
from clearance.log import LOG
from clearance.model.directive import LocalTool
from clearance.model.terms import ENFORCES
from clearance.observe.identity.rules import Rules, compile_rules
from clearance.tasks.enforce import host_mode
from clearance.tasks.enforce.acceptance import SIGNATURE
from clearance.tasks.enforce.critical import critical
from clearance.tasks.enforce.host_mode import Pause
from clearance.tasks.local_tools import with_local
from clearance.wire.enforcement import NewNetworkTable, NewTable


class Orders:
    """Carries out what is ordered. `changed` is set by whoever knows that another table is due.

    `catalog` and `rules` are those that hold here: with the directive's own tools. `refused` says why, and where, the
    last directive was not put in force; it is empty since another one was.
    """

    def __init__(
        self, settings: Settings, catalog: Catalog, rules: Rules, policy: Policy, recording: Recording, crew: Crew,
        surveyor: Surveyor, telling: Telling, host: str,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._shipped = catalog
        self._policy = policy
        self._recording = recording
        self._crew = crew
        self._surveyor = surveyor
        self._telling = telling
        self._host = host
        self._tools: tuple[LocalTool, ...] = ()
        self._due: dt.datetime | None = None
        self.catalog = catalog
        self.rules = rules
        self.changed = False
        self.refused = ""
        self._tried: object = None

    def begin(self) -> None:
        """Put in force what was named, or else what was before. `Error` where neither is, and none is configured."""
        state = self._settings.state
        self._policy.by_hand = self._settings.mode or host_mode.chosen(state)
        self._policy.pause = host_mode.pause(state, records.now())
        self._first_directive()
        if not self._adopt():
            self._policy.critical = critical(self._surveyor.is_tool)

    def reload(self, path: str, *, told: bool) -> int:
        """Take a directive anew; the generation in force after it. `Error` leaves the old one."""
        named = path or self._settings.directive or self._settings.configured
        before = self._policy.in_force.accepted.generation if self._policy.in_force else 0
        self._tried = _as_written(self._settings.configured)
        try:
            now_in_force = self._policy.take(named, records.now(), running(), told=told)
        except (Error, OSError) as error:
            self._refuse(named, self._unkept(error))
            raise self._unkept(error) from None
        self._taken(before)
        self._adopt()
        self._another()
        return now_in_force.accepted.generation

    def set_mode(self, mode: str, by: int) -> None:
        """Raise or lower the host's mode, for good."""
        if mode not in ENFORCES:
            raise Error(f"{mode!r} is no mode", remedy=f"write one of: {', '.join(ENFORCES)}")
        new = ENFORCES[ENFORCES.index(mode)]
        host_mode.set_mode(self._settings.state, new)
        before = self._policy.mode
        self._policy.by_hand = new
        self._recording.event("change", "mode", mode=new, before=before, by=by)
        self._another()

    def set_pause(self, seconds: float, reason: str, by: int) -> Pause:
        """Rest for a while."""
        now = records.now()
        until = now + dt.timedelta(seconds=seconds)
        pause = Pause(records.instant(until), reason, by, records.instant(now))
        host_mode.set_pause(self._settings.state, pause)
        self._policy.pause = pause
        self._recording.event("pause", "paused", "paused", until=pause.until, reason=reason, by=by)
        self.give_tables()
        return pause

    def resume(self, by: int) -> None:
        """End a pause."""
        if self._policy.pause is not None:
            self._resumed("by hand", by)

    def keep_time(self) -> None:
        """What begins or ends by its date, a pause that is over, and a directive that was mended."""
        if self._due is not None and records.now() >= self._due:
            self.changed = True
        pause = self._policy.pause
        if pause is not None and not host_mode.holds(pause, records.now()):
            self._resumed("ended by itself", 0)
        if self._policy.waits and _as_written(self._settings.configured) != self._tried:
            with contextlib.suppress(Error):
                self.reload(self._settings.configured, told=False)

    def give_tables(self) -> None:
        """Judge anew, and give everybody the tables that hold from now on."""
        self.changed = False
        tabled, network = tables.make(
            self._policy, self.catalog, self._host, records.now(), network=self._settings.network
        )
        self._due = tabled.ends()
        self._telling.own_words = frozenset(self._policy.names())
        self._crew.give("guard", NewTable(tabled.table))
        self._crew.give("tracker", NewTable(tabled.table))
        if network is not None:
            self._crew.give("network", NewNetworkTable(network))

    def _first_directive(self) -> None:
        """The directive that was named; a bad one is refused, and what was accepted before stays.

        Without such a one, a bad one is an `Error` where the command line named it: whoever did is there to read it.
        One that was configured is waited for, since whoever starts the service anew would find the same.
        """
        on_call = self._settings.directive
        named = on_call or self._settings.configured
        before = 0
        try:
            if last := self._policy.resume():
                before = last.accepted.generation
        except Error as error:
            self._refuse(self._settings.state, error)
        self._tried = _as_written(self._settings.configured)
        if on_call or os.path.exists(named):
            try:
                self._policy.take(named, records.now(), told=True)
                self._taken(before)
            except (Error, OSError) as error:
                if not before and (on_call or isinstance(error, OSError)):
                    raise self._unkept(error) from None
                self._refuse(named, self._unkept(error))
        elif not before and not self.refused:
            raise Error(
                "no directive was named, and none was accepted on this host before",
                remedy="name one: clearance enforce run --directive FILE",
            )
        if self._policy.in_force is None:
            self._policy.wait()
            LOG.warning("no directive is in force; the one in %s is as soon as it can be", self._settings.configured)
        elif self.refused:
            LOG.warning("generation %d stays in force", before)

    def _unkept(self, error: Error | OSError) -> Error:
        if isinstance(error, Error):
            return error
        what = f"the directive cannot be kept: {(error.strerror or '').lower()}"
        return Error(what, place=Place(self._settings.state), remedy="make room, or give it another --state")

    def _taken(self, before: int) -> None:
        """Another directive may be in force than the one of generation `before`."""
        self.refused = ""
        self._recording.accepted(before)

    def _refuse(self, named: str, error: Error) -> None:
        LOG.warning("%s", error)
        self.refused = str(error).partition("\n")[0]
        self._recording.directive_refused(named, error)

    def _adopt(self) -> bool:
        """Tell files by the directive's own tools too. Whether that changes what files are."""
        tools = self._policy.judge.directive.tools
        if tools == self._tools:
            return False
        self._tools = tools
        self.catalog = with_local(self._shipped, tools, records.now().date())
        self.rules = compile_rules(self.catalog)
        self._policy.forget_files()
        self._surveyor.adopt(self.rules, self.catalog)
        self._crew.adopt(self.rules)
        self._policy.critical = critical(self._surveyor.is_tool)
        return True

    def _resumed(self, how: str, by: int) -> None:
        with contextlib.suppress(Error):
            host_mode.set_pause(self._settings.state, None)
        self._policy.pause = None
        self._recording.event("pause", "resumed", "resumed", how=how, by=by)
        self._another()

    def _another(self) -> None:
        """Something else holds from now on."""
        if self._policy.asks_for_settings():
            # Whoever looks at them puts right what differs.
            self._surveyor.again()
        self.give_tables()


def _as_written(path: str) -> object:
    """What changes when somebody writes to a file, to its signature, or to anything in a folder."""
    names = [path, path.rstrip("/") + SIGNATURE]
    with contextlib.suppress(OSError):
        names += (os.path.join(path, name) for name in sorted(os.listdir(path)))
    found = []
    for name in names:
        with contextlib.suppress(OSError):
            what = os.stat(name)
            found.append((name, what.st_ino, what.st_size, what.st_mtime_ns, what.st_mode))
    return found
