from __future__ import annotations

from clearance.model.sighting import Sighting
from clearance.observe.live.running import observations
from clearance.observe.probe import Observation, SettingRead
from clearance.observe.processes import Listener, ProcessSeen, Running
from clearance.observe.scan.variables import meanings
from tests.builders import catalog, tool

CATALOG = catalog(
    tool("t", base_url_env=("T_URL",), ports=(11434, 8080)), tool("u", base_url_env=("T_URL", "U_URL"), ports=(8080,))
)
BINARY = Sighting("1", "t", "T", "binary", "/home/ana/bin/x", "certain", version="1.2", user="ana")


def process(
    pid: int = 7, exe: str = BINARY.path, script: str = "", container: str = "", **variables: str
) -> ProcessSeen:
    return ProcessSeen(pid, "ana", "x", exe, script, tuple(variables.items()), container)


def seen(
    *processes: ProcessSeen, listeners: tuple[Listener, ...] = (), found: Sighting | None = None
) -> list[Observation]:
    asked: list[str] = []

    def look(path: str) -> Sighting | None:
        asked.append(path)
        return found

    now = Running(processes, listeners, 0)
    return list(observations(now, CATALOG, {BINARY.path: BINARY}, meanings(CATALOG), look))


def test_a_known_program_that_runs() -> None:
    (sighting,) = seen(process())
    assert isinstance(sighting, Sighting)
    assert (sighting.surface, sighting.pid, sighting.running, sighting.version) == ("process", 7, True, "1.2")
    assert sighting.confidence == "certain"


def test_a_program_that_the_walk_did_not_come_to_is_looked_at() -> None:
    assert seen(process(exe="/gone/x")) == []
    (sighting,) = seen(process(exe="/gone/x"), found=BINARY)
    assert isinstance(sighting, Sighting)
    assert sighting.path == "/gone/x"


def test_a_program_in_a_container_is_not_the_one_of_that_path_outside() -> None:
    assert seen(process(container="box")) == []
    now = Running((process(container="box", T_URL="https://a.example"),), (), 0)
    asked: list[str] = []

    def look(path: str) -> Sighting:
        asked.append(path)
        return BINARY

    sighting, reading = observations(now, CATALOG, {BINARY.path: BINARY}, meanings(CATALOG), look)
    assert isinstance(sighting, Sighting)
    assert asked == [f"/proc/7/root{BINARY.path}"]
    assert sighting.path == f"container box:{BINARY.path}"
    assert isinstance(reading, SettingRead)
    assert reading.pid == 7


def test_the_environment_of_a_container_holds_for_nobody_outside() -> None:
    assert seen(process(exe="/bin/sh", container="box", T_URL="https://a.example")) == []


def test_the_environment_of_a_tool_says_nothing_about_another() -> None:
    readings = [
        s for s in seen(process(T_URL="https://a.example", U_URL="https://b.example")) if isinstance(s, SettingRead)
    ]
    assert [(r.tool, r.key, r.value, r.pid) for r in readings] == [("t", "T_URL", "https://a.example", 7)]


def test_the_environment_of_a_shell_holds_for_every_tool() -> None:
    readings = [s for s in seen(process(exe="/bin/sh", T_URL="https://a.example")) if isinstance(s, SettingRead)]
    assert [(r.tool, r.pid, r.user) for r in readings] == [("t", None, "ana"), ("u", None, "ana")]


def test_sockets_of_tools_and_of_nobody_known() -> None:
    mine = seen(process(), listeners=(Listener(7, "127.0.0.1", 4096),))
    assert [(s.surface, s.path, s.confidence) for s in mine if isinstance(s, Sighting)][1:] == [
        ("socket", "127.0.0.1:4096", "certain")
    ]
    (weak,) = seen(listeners=(Listener(None, "::1", 11434),))
    assert isinstance(weak, Sighting)
    assert (weak.tool, weak.confidence) == ("t", "weak")
    assert seen(listeners=(Listener(9, "::1", 11434), Listener(None, "::1", 8080), Listener(None, "::1", 5432))) == []
