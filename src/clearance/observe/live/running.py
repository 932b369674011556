"""From what runs to observations: tools that are running, what their environment sets, model servers that listen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Sighting
from clearance.observe.probe import Observation, SettingRead, sighting_id
from clearance.observe.processes import Listener, ProcessSeen, Running
from clearance.observe.scan.variables import Meaning, reads

COMMON_PORTS = frozenset({80, 443, 3000, 5000, 8000, 8008, 8080, 8081, 8443, 8888, 9000})
"""Ports on which anything listens, so that one of them shows nothing."""


def observations(
    running: Running,
    catalog: Catalog,
    known: Mapping[str, Sighting],
    variables: Mapping[str, tuple[Meaning, ...]],
    look: Callable[[str], Sighting | None],
) -> Iterator[Observation]:
    """Sightings of processes and sockets, and the settings that environments hold.

    `known` are the programs that the walk found, by path; `look` identifies a program that it did not come to.
    """
    tools: dict[int, Sighting] = {}
    for process in running.processes:
        program = _program(process, known, look)
        if program is not None:
            tools[process.pid] = program
            yield _process(process, program)
    yield from _environments(running.processes, tools, variables)
    for listener in running.listeners:
        found = _socket(listener, catalog, tools)
        if found is not None:
            yield found


def _program(
    process: ProcessSeen, known: Mapping[str, Sighting], look: Callable[[str], Sighting | None]
) -> Sighting | None:
    inside = f"/proc/{process.pid}/root" if process.container else ""
    for path in (process.script, process.exe):
        if path:
            found = look(inside + path) if inside else known.get(path) or look(path)
            if found is not None:
                return found
    # A program that was deleted or replaced while it runs is still there through the process.
    return None if process.script or not process.exe else look(f"/proc/{process.pid}/exe")


def _process(process: ProcessSeen, program: Sighting) -> Sighting:
    path = process.script or process.exe
    if process.container:
        path = f"container {process.container}:{path}"
    evidence = (*program.evidence, Evidence("process", f"{process.name}, pid {process.pid}"))
    return Sighting(
        id=sighting_id(program.tool, "process", path, process.user),
        tool=program.tool,
        name=program.name,
        surface="process",
        path=path,
        confidence=program.confidence,
        version=program.version,
        user=process.user,
        running=True,
        pid=process.pid,
        evidence=evidence,
    )


def _environments(
    processes: Iterable[ProcessSeen], tools: Mapping[int, Sighting], variables: Mapping[str, tuple[Meaning, ...]]
) -> Iterator[SettingRead]:
    for process in processes:
        mine = tools.get(process.pid)
        if process.container and mine is None:
            # What holds in a container holds for nobody outside it.
            continue
        for name, value in process.variables:
            place = SettingRead(
                tool="",
                what="base-url",
                name="",
                value="",
                scope="user",
                path=f"environment of {process.exe or process.name}",
                key="",
                user=process.user,
                pid=process.pid if mine is not None else None,
            )
            for reading in reads(name, value, variables, place):
                # The environment of one tool's process says nothing about another tool.
                if mine is None or reading.tool == mine.tool:
                    yield reading


def _socket(listener: Listener, catalog: Catalog, tools: Mapping[int, Sighting]) -> Sighting | None:
    path = f"{listener.address}:{listener.port}"
    owner = tools.get(listener.pid) if listener.pid is not None else None
    if owner is not None:
        return _listening(owner.tool, owner.name, path, listener, owner, Evidence("listens", f"pid {listener.pid}"))
    holders = [t for t in catalog.tools.values() if t.surfaces.ports and listener.port in t.surfaces.ports.value]
    if len(holders) != 1 or listener.port in COMMON_PORTS or listener.pid is not None:
        return None
    why = Evidence("port", "the tool's usual port; this user may not see whose it is")
    return _listening(holders[0].id, holders[0].name, path, listener, None, why)


def _listening(tool: str, name: str, path: str, listener: Listener, owner: Sighting | None, why: Evidence) -> Sighting:
    return Sighting(
        id=sighting_id(tool, "socket", path),
        tool=tool,
        name=name,
        surface="socket",
        path=path,
        confidence=owner.confidence if owner else "weak",
        version=owner.version if owner else None,
        user=owner.user if owner else None,
        running=True,
        pid=listener.pid,
        evidence=(why,),
    )
