from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from clearance.catalog.index import Catalog
from clearance.observe import probing
from clearance.observe.mounts import Mounts
from clearance.observe.patterns import Index, Wanted
from clearance.observe.probe import Found, Observation, Pattern, Span
from tests.observe.visiting import CATALOG, Notes, everything, skipped, told, visitor, write


def test_a_probe_gets_the_bytes_the_neighbours_and_the_home(tmp_path: Path) -> None:
    write(tmp_path, "home/ana/p/.t/settings.json", b"0123456789")
    write(tmp_path, "home/ana/p/.t/other")
    walker, notes = visitor(tmp_path, Pattern("**/.t/settings.json", read=4, tag="x"))
    everything(walker)
    (found,) = notes.found
    assert notes.data == [b"0123"]
    assert (found.path, found.size, found.pattern.tag) == ("/home/ana/p/.t/settings.json", 10, "x")
    assert sorted(found.names) == ["other", "settings.json"]
    assert found.home is not None
    assert found.home.user == "ana"
    assert walker.files == 2


def test_a_folder_that_matches_is_handed_with_what_is_in_it(tmp_path: Path) -> None:
    write(tmp_path, "p/.crush/a")
    write(tmp_path, "p/b/.crush")
    walker, notes = visitor(tmp_path, Pattern("**/.crush", folder=True))
    everything(walker)
    assert [(found.path, found.names, found.folder) for found in notes.found] == [("/p/.crush", ("a",), True)]


def test_every_pattern_of_a_file_is_served_and_the_file_opened_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looked: list[int]
) -> None:
    write(tmp_path, "p/a.json", b"{}")
    walker, notes = visitor(tmp_path, Pattern("**/a.json", read=1), Pattern("**/a.json", read=9), Pattern("**/*.json"))
    opened: list[str] = []
    monkeypatch.setattr(walker.view.rooted, "open_entry", told(walker.view.rooted.open_entry, 0, opened))
    everything(walker)
    assert sorted(notes.data) == [b"", b"{", b"{}"]
    assert opened == ["a.json"]


def test_a_link_to_a_file_is_followed_inside_the_root(tmp_path: Path) -> None:
    write(tmp_path, "outside", b"outside")
    root = tmp_path / "root"
    write(root, "dots/claude.md", b"inside")
    (root / "p").mkdir()
    (root / "p/CLAUDE.md").symlink_to("../dots/claude.md")
    (root / "q").mkdir()
    (root / "q/CLAUDE.md").symlink_to("../../../outside")
    (root / "r").mkdir()
    (root / "r/CLAUDE.md").symlink_to("CLAUDE.md")
    (root / "s").symlink_to("p")
    walker, notes = visitor(root, Pattern("**/CLAUDE.md", read=99))
    assert not skipped(everything(walker))
    assert [(found.path, data) for found, data in zip(notes.found, notes.data, strict=True)] == [
        ("/p/CLAUDE.md", b"inside")
    ]


def test_a_link_into_an_automount_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "net/host/CLAUDE.md", b"x")
    (tmp_path / "p").mkdir()
    (tmp_path / "p/CLAUDE.md").symlink_to("/net/host/CLAUDE.md")
    walker, notes = visitor(tmp_path, Pattern("**/CLAUDE.md", read=9))
    walker.view.mounts = Mounts("30 22 0:30 / /net rw - autofs auto rw", network=True)
    walker.view.closed = walker.view.mounts.closed
    observations = everything(walker)
    assert not notes.found
    assert [(miss.path, miss.matters) for miss in skipped(observations)] == [("/net", False)]


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    os.mkfifo(tmp_path / "p/a.json")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "p/b.json"))
        walker, notes = visitor(tmp_path, Pattern("**/*.json", read=9), Pattern("**/a.json"))
        missed = skipped(everything(walker))
    assert not notes.found
    assert walker.files == 0
    assert {(miss.path, miss.reason, miss.matters) for miss in missed} == {
        ("/p/a.json", "a named pipe, which is never opened", True),
        ("/p/b.json", "a socket, which is never opened", True),
    }
    seen: list[Observation] = []
    index = Index([notes], [notes.patterns(CATALOG)], fold_case=False)
    prober = probing.Probing(walker.view, index, CATALOG, seen)
    prober.hand("/p/a.json", Wanted(0, Pattern("/p/a.json", read=9)))
    prober.hand("/p/a.json", Wanted(0, Pattern("/p/a.json")))
    prober.hand("/p", Wanted(0, Pattern("/p", read=9)))
    assert [miss.path for miss in skipped(seen)] == ["/p/a.json"]


def test_a_defect_in_a_probe_costs_one_file(tmp_path: Path) -> None:
    class Broken(Notes):
        def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
            if found.path.endswith("bad.json"):
                raise KeyError("x")
            if found.path.endswith("medium.json"):
                raise OSError(5, "Input/output error")
            return super().parse(found, catalog)

    for name in ("bad", "medium", "good"):
        write(tmp_path, f"p/{name}.json")
    walker, notes = visitor(tmp_path, probe=Broken(Pattern("**/*.json", read=1)))
    missed = {miss.path: miss.reason for miss in skipped(everything(walker))}
    assert set(missed) == {"/p/bad.json", "/p/medium.json"}
    assert "KeyError" in missed["/p/bad.json"]
    assert missed["/p/medium.json"] == "input/output error"
    assert [found.path for found in notes.found] == ["/p/good.json"]


def test_a_document_cannot_flood_a_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Flood(Notes):
        def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
            number = 0
            while True:
                number += 1
                yield Span("t", None, "s", f"{found.path}#{number}", number, 0.0)

    monkeypatch.setattr(probing, "MOST", 7)
    write(tmp_path, "p/a.json")
    observations = everything(visitor(tmp_path, probe=Flood(Pattern("**/*.json", read=1)))[0])
    assert len(observations) == 8
    assert [(miss.path, miss.matters) for miss in skipped(observations)] == [("/p/a.json", True)]
