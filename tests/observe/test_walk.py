from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from clearance.catalog.index import Catalog
from clearance.model.sighting import Skipped
from clearance.observe import descent
from clearance.observe.host import HostView
from clearance.observe.identity.rules import compile_rules
from clearance.observe.mounts import Mounts
from clearance.observe.probe import AgentTraits, Found, Observation, Pattern, Span
from clearance.observe.walk import Walked, WalkScope, walk
from tests.bench.planting import agent
from tests.builders import tool

CATALOG = Catalog([tool("acme", packages=("npm:@acme/agent",))])


class Notes:
    """A probe that tells every path that it was handed."""

    name = "notes"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        return (Pattern("~/.t/*.json", read=9), Pattern("/etc/t.json", read=9), Pattern("**/t.toml", read=9))

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        assert len(found.data()) == min(9, found.size)
        yield Span("t", found.home.user if found.home else None, "s", found.path, found.size, 0.0)


def run(root: Path | HostView, *deep: str, workers: int = 1, most: int = 10_000) -> Walked:
    view = root if isinstance(root, HostView) else HostView(str(root))
    scope = WalkScope(deep=deep, workers=workers, most_folders=most)
    return walk(view, scope, [Notes()], CATALOG, compile_rules(CATALOG))


def paths(walked: Walked) -> list[str]:
    return sorted(seen.path for seen in walked.observations if isinstance(seen, Span | AgentTraits))


def skipped(walked: Walked) -> dict[str, str]:
    return {seen.path: seen.reason for seen in walked.observations if isinstance(seen, Skipped)}


def write(root: Path, *names: str, data: bytes = b"x = 1") -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


@pytest.fixture
def host(tmp_path: Path) -> Path:
    write(tmp_path, "home/ana/.t/a.json", "home/bo/.t/a.json", "etc/t.json", "home/ana/src/p/t.toml")
    write(tmp_path, "home/ana/src/p/node_modules/x/t.toml", "data/q/t.toml", "opt/y/t.toml")
    write(tmp_path, "data/hidden.png", "home/bo/notes.txt", data=agent(1) + b"# " + b"x" * 1500)
    return tmp_path


def test_known_places_and_a_bounded_walk(host: Path) -> None:
    walked = run(host)
    assert paths(walked) == [
        "/etc/t.json", "/home/ana/.t/a.json", "/home/ana/src/p/t.toml", "/home/bo/.t/a.json", "/home/bo/notes.txt",
        "/opt/y/t.toml",
    ]  # fmt: skip
    assert walked.files == 5
    assert skipped(walked) == {}
    assert {seen.user for seen in walked.observations if isinstance(seen, Span)} == {"ana", "bo", None}


def test_deep_goes_through_everything_below_the_paths_that_it_is_given(host: Path) -> None:
    assert paths(run(host, "/data", "/home/ana/src/", "/data/q")) == [
        "/data/hidden.png", "/data/q/t.toml", "/etc/t.json", "/home/ana/.t/a.json",
        "/home/ana/src/p/node_modules/x/t.toml", "/home/ana/src/p/t.toml", "/home/bo/.t/a.json",
    ]  # fmt: skip
    everything = run(host, "/")
    assert everything.files == 9
    assert {"/home/bo/notes.txt", "/opt/y/t.toml", "/data/hidden.png"} < set(paths(everything))


def test_deep_takes_a_file_and_a_link(host: Path) -> None:
    (host / "link").symlink_to("data/q")
    walked = run(host, "/data/hidden.png", "/link", "/data/hidden.png")
    assert {"/data/hidden.png", "/data/q/t.toml"} < set(paths(walked))
    assert len(paths(walked)) == len(set(paths(walked)))


def test_what_is_left_out_is_told(host: Path) -> None:
    walked = run(host, most=2)
    assert "/home/ana/src/p/t.toml" not in paths(walked)
    assert "--deep /home/ana" in skipped(walked)["/home/ana"]
    assert "only the --deep paths" in skipped(run(host, "/data"))["/"]


def test_what_a_scan_stays_out_of_is_told(host: Path) -> None:
    view = HostView(str(host))
    view.mounts = Mounts("3 2 0:3 / /data/q rw - nfs4 s:/ rw\n4 2 0:4 / /home/bo rw - autofs auto rw\n", network=False)
    view.closed = view.mounts.closed
    walked = run(view, "/data", "/home/bo")
    assert "/data/q/t.toml" not in paths(walked)
    assert "/home/bo/.t/a.json" not in paths(walked)
    assert "network" in skipped(walked)["/data/q"]
    assert "automount" in skipped(walked)["/home/bo"]
    assert any(seen.matters for seen in walked.observations if isinstance(seen, Skipped) and seen.path == "/home/bo")


@pytest.mark.parametrize(
    ("folders", "home"),
    [(("Applications", "Users/ana/Library"), "/Users/ana"), (("Windows", "Users/ana/AppData"), "/Users/ana")],
)
def test_other_systems_do_not_count_case(tmp_path: Path, folders: tuple[str, ...], home: str) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    write(tmp_path, "Users/ana/.T/A.JSON", "Users/ana/src/T.toml")
    assert paths(run(tmp_path)) == [f"{home}/.T/A.JSON", f"{home}/src/T.toml"]


def test_a_program_behind_a_link_where_shells_search(host: Path) -> None:
    (host / "usr/bin").mkdir(parents=True)
    (host / "usr/bin/nice").symlink_to("/data/hidden.png")
    assert "/data/hidden.png" in paths(run(host))


def test_a_folder_that_shells_search_is_looked_at_where_it_leads_to(host: Path) -> None:
    write(host, "elsewhere/programs/x", data=agent(1))
    (host / "home/ana/bin").symlink_to("../../elsewhere/programs")
    assert "/home/ana/bin/x" in paths(run(host))


def test_many_processes_see_what_one_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent, "ALONE", 10)
    for number in range(300):
        write(tmp_path, f"home/ana/{number % 7}/{number}/t.toml")
        if number % 40 == 0:
            write(tmp_path, f"home/ana/{number % 7}/{number}/n", data=agent(number) + b"# " + b"x" * 1500)
    one = run(tmp_path, "/")
    assert len(paths(one)) == 308
    for deep in (("/",), ()):
        many = run(tmp_path, *deep, workers=3)
        assert paths(many) == paths(one)
        assert (many.files, many.folders >= 307) == (one.files, True)


def test_progress_is_told_and_links_in_circles_end(host: Path) -> None:
    (host / "home/ana/round").symlink_to(".")
    os.symlink("/home", host / "home/ana/home")
    told: list[int] = []
    walked = walk(HostView(str(host)), WalkScope(workers=1), [Notes()], CATALOG, compile_rules(CATALOG), told.append)
    assert told[-1] == walked.files == 5
    assert told == sorted(told)


def test_an_empty_host_is_no_error(tmp_path: Path) -> None:
    assert run(tmp_path).observations == ()
