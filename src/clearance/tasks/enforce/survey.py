"""What the guard should know before somebody starts it: the programs of tools that lie here, unknown agents, and where
each person's tools are configured to send. The scan's own walk and the scan's own rules find them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from msgspec import structs

from clearance.catalog import Catalog
from clearance.model.enforcement import UNKNOWN_AGENT, KnownFile
from clearance.model.sighting import Sighting
from clearance.observe.homes import accounts
from clearance.observe.host import HostView
from clearance.observe.identity.rules import Rules
from clearance.observe.identity.types import REPORTING_THRESHOLD
from clearance.observe.live.examination import Examination
from clearance.observe.probe import AgentTraits, Observation, SettingRead
from clearance.observe.scan import PROBES
from clearance.observe.scan.configuration import Configuration
from clearance.observe.scan.tool_settings import ToolSettings
from clearance.observe.scan.variables import Variables
from clearance.observe.settle import Settled, configured_endpoints, settle
from clearance.observe.walk import WalkScope, known_places, walk
from clearance.tasks.enforce.surveyed import PutRight, Survey
from clearance.tasks.enforce.table import Person
from clearance.tasks.scan import own_files

FIRST_PERSON: Final = 1000
MOST_FILES: Final = 20_000
SETTINGS: Final = tuple(probe for probe in PROBES if isinstance(probe, Configuration | ToolSettings | Variables))


def survey(
    catalog: Catalog,
    rules: Rules,
    deep: Collection[str] = (),
    then: Callable[[Settled], tuple[PutRight, ...]] | None = None,
) -> Survey:
    """Walk the host as the scan does, or only its known places and the `deep` paths, these to the last file.

    `then` is given what was settled, and what it put right is part of the survey.
    """
    view = HostView("/")
    for folder in own_files():
        view.closed.setdefault(folder, "Clearance's own files")
    found = walk(view, WalkScope(deep=tuple(deep), workers=1), PROBES, catalog, rules)
    settled = settle(found.observations, catalog)
    examination = Examination(view, rules)
    programs = {seen.path for seen in settled.sightings if seen.surface == "binary"}
    files = [*_files(programs, examination), *_unknown(settled.agents)]
    found_here = _survey(view, settled, found.observations, tuple(files[:MOST_FILES]))
    return structs.replace(found_here, put_right=then(settled)) if then else found_here


def configured(catalog: Catalog) -> Survey:
    """Only where tools are configured to send, from the places that say so: no program is looked for."""
    view = HostView("/")
    observations = known_places(view, SETTINGS, catalog)
    return _survey(view, settle(observations, catalog), observations, ())


def _survey(
    view: HostView, settled: Settled, observations: Iterable[Observation], files: tuple[KnownFile, ...]
) -> Survey:
    # A variable is read by other programs too; but a tool that is about to start is here, wherever it lies.
    readings = [seen for seen in observations if isinstance(seen, SettingRead)]
    places = {seen.path for seen in readings if seen.what == "base-url" and seen.path.startswith("/")}
    return Survey(
        files=files,
        people=people(view),
        endpoints=tuple((tool, user, host) for (tool, user), host in configured_endpoints(readings).items()),
        settings=tuple(sorted(places.union(_settings(settled.sightings)))),
        homes=tuple(home.path for home in view.homes),
    )


def people(view: HostView) -> tuple[Person, ...]:
    """The users of a host, real people first."""
    everyone = [Person(uid, login, view.unix_groups.get(login, ())) for login, uid, _ in accounts(view.rooted)]
    return tuple(sorted(everyone, key=lambda one: (one.uid != 0 and one.uid < FIRST_PERSON, one.uid)))


def _files(paths: Iterable[str], examination: Examination) -> Iterator[KnownFile]:
    for path in sorted(paths):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError:
            continue
        try:
            file = examination.of(fd, os.path.realpath(path))
        except OSError:
            continue
        finally:
            os.close(fd)
        if file.tool is not None:
            yield file


def _unknown(agents: Iterable[AgentTraits]) -> Iterator[KnownFile]:
    for agent in agents:
        if agent.score < REPORTING_THRESHOLD:
            continue
        try:
            what = os.stat(agent.path)
        except OSError:
            continue
        yield unknown_agent(what, agent.path, agent.score)


def unknown_agent(what: os.stat_result, path: str, score: float) -> KnownFile:
    """The file of an agent that no entry knows. Its rows depend on its score, which stands for its version."""
    with open(path, "rb") as file:
        native = file.read(4).startswith((b"\x7fELF", b"MZ"))
    return KnownFile(
        what.st_dev,
        what.st_ino,
        what.st_ctime_ns,
        UNKNOWN_AGENT,
        version=f"{score:.2f}",
        score=round(score, 3),
        entry=not native,
        path=path,
        confidence="strong",
    )


def _settings(sightings: Iterable[Sighting]) -> Iterator[str]:
    """Files that a person's tools are configured in."""
    for seen in sightings:
        if seen.surface in ("config", "base-url") and seen.path.startswith("/"):
            path, _, line = seen.path.rpartition(":")
            yield path if path and line.isdecimal() else seen.path
