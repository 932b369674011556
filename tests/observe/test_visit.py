from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from clearance.model.sighting import Skipped
from clearance.observe import visit
from clearance.observe.probe import AgentTraits, Pattern, Span
from tests.bench.planting import agent
from tests.observe.visiting import everything, refuse, skipped, visitor, write


def test_names_come_in_parts_for_a_folder_of_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "NEIGHBOURS", 10)
    for number in range(35):
        write(tmp_path, f"p/{number}.env")
    walker, notes = visitor(tmp_path, Pattern("**/*.env"))
    everything(walker)
    assert len({found.path for found in notes.found}) == walker.files == 35
    assert max(len(found.names) for found in notes.found) == 10


@pytest.mark.parametrize("when", ["open_name", "stat"])
def test_a_file_that_goes_away_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    write(tmp_path, "p/a.json", b"x" * 5000)
    walker, notes = visitor(tmp_path, Pattern("**/*.json", read=9))

    def gone(*_: Any, **__: Any) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    if when == "stat":
        monkeypatch.setattr(os, "stat", gone)
    else:
        monkeypatch.setattr(walker.view.rooted, "open_name", gone)
    assert everything(walker, "/p") == []
    assert not notes.found


def test_no_folder_stays_open(tmp_path: Path) -> None:
    for number in range(100):
        write(tmp_path, f"p/{number}/below/x")
    walker, _ = visitor(tmp_path)
    before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
    stack = ["/p"]
    while stack:
        stack.extend(walker.folder(stack.pop()))
    walker.take()
    assert len(os.listdir("/proc/self/fd") if before else []) == len(before)
    assert walker.files == 100


def test_what_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "p/a.json", b"x")
    write(tmp_path, "p/tool", b"x" * 5000, 0o755)
    write(tmp_path, "p/data", b"x" * 5000)
    write(tmp_path, "p/shut/x")
    walker, _ = visitor(tmp_path, Pattern("**/*.json", read=9))
    rooted = walker.view.rooted
    for name in ("a.json", "tool", "data"):
        monkeypatch.setattr(rooted, "open_name", refuse(name, rooted.open_name))
    monkeypatch.setattr(rooted, "open_folder", refuse("shut", rooted.open_folder))
    missed = {miss.path: (miss.probe, miss.reason, miss.matters) for miss in skipped(everything(walker))}
    assert missed == {
        "/p/a.json": ("notes", "permission denied", True),
        "/p/tool": ("executables", "permission denied", True),
        "/p/data": ("executables", "permission denied", False),
        "/p/shut": ("walk", "permission denied", True),
    }


@pytest.mark.parametrize(
    ("name", "size", "mode", "expected"),
    [
        ("p/notes.txt", 2048, 0o644, True),
        ("p/node_modules/x/photo.png", 2048, 0o644, True),
        ("p/.git/objects/ab/" + "c" * 38, 4000, 0o444, True),
        ("p/node_modules/x/small.js", 1024, 0o644, True),
        ("p/node_modules/x/small.js", 1023, 0o644, False),
        ("p/node_modules/x/a.d.ts", 2047, 0o644, False),
        ("p/node_modules/x/a.d.ts", 2048, 0o644, True),
        ("p/a.d.ts", 1024, 0o644, True),
        ("p/node_modules/x/small.js", 64, 0o755, True),
        ("p/venv/lib/python3/site-packages/x/a.py", 900, 0o644, False),
        ("p/target/debug/deps/x.o", 1000, 0o644, False),
        ("p/small.py", 64, 0o644, True),
        ("p/small", 64, 0o644, True),
        ("p/small.md", 1023, 0o644, False),
        ("p/small.md", 1024, 0o644, True),
        ("p/tiny", 63, 0o755, False),
    ],
)
def test_which_files_are_looked_into(
    tmp_path: Path, looked: list[int], name: str, size: int, mode: int, expected: bool
) -> None:
    write(tmp_path, name, b"x" * size, mode)
    walker, _ = visitor(tmp_path)
    everything(walker)
    assert looked == ([size] if expected else [])


def test_links_to_programs_are_followed_where_shells_search(tmp_path: Path) -> None:
    write(tmp_path, "opt/far/program", agent(1) + b"# " + b"x" * 1500, 0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/it").symlink_to("/opt/far/program")
    (tmp_path / "bin/nowhere").symlink_to("/gone")
    (tmp_path / "bin/round").symlink_to("round")
    for searched, paths in ((("/bin",), ["/opt/far/program"]), ((), [])):
        walker, _ = visitor(tmp_path, searched=searched)
        walker.folder("/bin")
        assert [seen.path for seen in walker.take() if isinstance(seen, AgentTraits)] == paths


def test_what_the_default_scan_leaves_to_a_deep_one(tmp_path: Path) -> None:
    names = (
        "p/node_modules/left-pad/a", "p/node_modules/@acme/agent/a", "p/node_modules/@acme/other/a",
        "p/.git/objects/ab/a", "p/.git/hooks/a", "p/__pycache__/a", "p/node_modules/.bin/a",
        "lib/node_modules/left-pad/a", "p/node_modules/@kits/acme/a", "p/node_modules/@kits/acme-linux-x64/bin/a",
        "p/node_modules/acme-words/a", "p/node_modules/.pnpm/@kits+acme@1.2.3_zod@4/node_modules/@kits/acme/a",
        "p/node_modules/.pnpm/left-pad@1.0.0/node_modules/left-pad/a",
        "lib/node_modules/other/node_modules/@kits/acme-linux-x64/a",
    )  # fmt: skip
    for name in names:
        write(tmp_path, name)
    entered = {True: 0, False: 0}
    for pruned in entered:
        walker, _ = visitor(tmp_path, pruned=pruned)
        everything(walker)
        entered[pruned] = walker.files
    assert entered == {True: 8, False: len(names)}


def test_places_to_stay_out_of_and_those_of_another_visitor(tmp_path: Path) -> None:
    for name in ("a/x", "b/x", "c/x"):
        write(tmp_path, name)
    walker, _ = visitor(tmp_path, without=("/b",))
    walker.view.closed = {"/a": "a network file system"}
    assert skipped(everything(walker)) == [Skipped("walk", "/a", "a network file system", matters=False)]
    assert walker.files == 1


def test_a_root_may_be_a_link_and_what_lies_below_may_not(tmp_path: Path) -> None:
    write(tmp_path, "data/ana/x")
    (tmp_path / "home").mkdir()
    (tmp_path / "home/ana").symlink_to("/data/ana")
    walker, _ = visitor(tmp_path, roots=("/home/ana",))
    everything(walker, "/home/ana")
    assert walker.files == 1
    other, _ = visitor(tmp_path)
    assert everything(other, "/home/ana") == []
    assert other.files == 0


def test_names_that_are_no_text_and_paths_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff\xfe.json", "wb") as out:
        out.write(b"{}")
    (tmp_path / ("d" * 50)).mkdir()
    monkeypatch.setattr(visit, "LONGEST", 40)
    walker, notes = visitor(tmp_path, Pattern("**/*.json", read=9))
    (miss,) = skipped(everything(walker))
    assert miss.reason == "nested too deeply"
    assert [os.fsencode(found.path) for found in notes.found] == [b"/\xff\xfe.json"]


def test_one_file_is_visited_as_in_its_folder(tmp_path: Path) -> None:
    write(tmp_path, "p/a.json", agent(3) + b"# " + b"x" * 1500)
    walker, notes = visitor(tmp_path, Pattern("**/*.json", read=3))
    walker.file("/p/a.json")
    assert notes.data == [b"#!/"]
    assert [type(seen) for seen in walker.take()] == [Span, AgentTraits]
    assert walker.files == 1
