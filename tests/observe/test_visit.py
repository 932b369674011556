from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from clearance.catalog.index import Catalog
from clearance.model.sighting import Sighting, Skipped
from clearance.observe import visit
from clearance.observe.host import HostView
from clearance.observe.identity.rules import compile_rules
from clearance.observe.identity.types import REPORTING_THRESHOLD
from clearance.observe.mounts import Mounts
from clearance.observe.patterns import Index, Wanted
from clearance.observe.probe import AgentTraits, Found, Observation, Pattern, Span
from clearance.observe.reader import FdReader
from clearance.observe.visit import Visitor
from tests.bench.planting import agent
from tests.builders import tool


class Notes:
    """A probe that notes what it was handed."""

    name = "notes"

    def __init__(self, *patterns: Pattern) -> None:
        self._patterns = patterns
        self.found: list[Found] = []
        self.data: list[bytes] = []

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        return self._patterns

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        self.found.append(found)
        self.data.append(found.data() if found.pattern.read else b"")
        yield Span("t", None, "s", found.path, found.size, 0.0)


CATALOG = Catalog(
    [
        tool(
            "acme", packages=("npm:@acme/agent", "pypi:acme"), binaries=("acme",),
            libraries=("npm:@kits/acme", "npm:acme-words"), carriers=("npm:@kits/acme",),
        )
    ]
)  # fmt: skip


def visitor(root: Path, *patterns: Pattern, probe: Notes | None = None, **options: Any) -> tuple[Visitor, Notes]:
    notes = probe or Notes(*patterns)
    view = HostView(str(root))
    index = Index([notes], [notes.patterns(CATALOG)], fold_case=view.os != "linux")
    options.setdefault("pruned", False)
    return Visitor(view, index, CATALOG, compile_rules(CATALOG), **options), notes


def everything(walker: Visitor, *roots: str) -> list[Observation]:
    stack = list(roots or ("",))
    while stack:
        stack += walker.folder(stack.pop())
    return walker.take()


def skipped(observations: Iterable[Observation]) -> list[Skipped]:
    return [seen for seen in observations if isinstance(seen, Skipped)]


def write(root: Path, name: str, data: bytes = b"", mode: int = 0o644) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return path


def told(call: Callable[..., Any], position: int, arguments: list[Any]) -> Callable[..., Any]:
    """The same call, which writes down one of its arguments."""

    def tell(*given: Any) -> Any:
        arguments.append(given[position])
        return call(*given)

    return tell


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the files whose content was looked at; nothing is a program."""
    sizes: list[int] = []

    def none(head: bytes, size: int) -> None:
        sizes.append(size)

    monkeypatch.setattr(visit, "classify", none)
    return sizes


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


def test_names_come_in_parts_for_a_folder_of_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "NEIGHBOURS", 10)
    for number in range(35):
        write(tmp_path, f"p/{number}.env")
    walker, notes = visitor(tmp_path, Pattern("**/*.env"))
    everything(walker)
    assert len({found.path for found in notes.found}) == walker.files == 35
    assert max(len(found.names) for found in notes.found) == 10


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
    walker.hand("/p/a.json", Wanted(0, Pattern("/p/a.json", read=9)))
    walker.hand("/p/a.json", Wanted(0, Pattern("/p/a.json")))
    walker.hand("/p", Wanted(0, Pattern("/p", read=9)))
    assert [miss.path for miss in skipped(walker.take())] == ["/p/a.json"]


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


def refuse(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def call(path: str, *arguments: Any) -> Any:
        if path.endswith(name):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments)

    return call


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

    monkeypatch.setattr(visit, "MOST", 7)
    write(tmp_path, "p/a.json")
    observations = everything(visitor(tmp_path, probe=Flood(Pattern("**/*.json", read=1)))[0])
    assert len(observations) == 8
    assert [(miss.path, miss.matters) for miss in skipped(observations)] == [("/p/a.json", True)]


def test_a_defect_of_identity_costs_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(reader: FdReader, *others: Any) -> None:
        if b"bad" in reader.read(0, 9000):
            raise RecursionError

    monkeypatch.setattr("clearance.observe.identity.deep.identify_in", broken)
    for name in ("bad", "good"):
        write(tmp_path, f"p/{name}", b"\x7fELF" + name.encode() * 5000, 0o755)
    walker, _ = visitor(tmp_path)
    (miss,) = everything(walker)
    assert isinstance(miss, Skipped)
    assert (miss.path, miss.reason, miss.matters) == ("/p/bad", "could not be read (RecursionError)", True)
    assert walker.files == 2


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


def test_an_agent_is_found_under_any_name(tmp_path: Path) -> None:
    names = ("p/photo.png", "p/node_modules/x/LICENSE", "home/ana/.cache/0f3a")
    for number, name in enumerate(names):
        write(tmp_path, name, agent(number) + b"# " + b"x" * 1500)
    walker, _ = visitor(tmp_path)
    found = [seen for seen in everything(walker) if isinstance(seen, AgentTraits)]
    assert {seen.path for seen in found} == {f"/{name}" for name in names}
    assert {seen.user for seen in found} == {None, "ana"}


def test_a_program_is_told_by_the_package_that_names_it(tmp_path: Path) -> None:
    inside = "home/ana/p/node_modules/@acme/agent"
    write(tmp_path, f"{inside}/package.json", b'{"name": "@acme/agent", "version": "1.2.3", "bin": {"acme": "run.js"}}')
    write(
        tmp_path,
        f"{inside}/run.js",
        b"#!/usr/bin/env node\nrequire('./lib/start').start(process.argv.slice(2));\n",
        0o755,
    )
    walker, _ = visitor(tmp_path)
    (seen,) = [seen for seen in everything(walker) if isinstance(seen, Sighting)]
    assert (seen.tool, seen.version, seen.path, seen.user) == ("acme", "1.2.3", f"/{inside}/run.js", "ana")


def test_hard_links_are_each_told(tmp_path: Path) -> None:
    write(tmp_path, "p/a", agent(1) + b"# " + b"x" * 1500)
    os.link(tmp_path / "p/a", tmp_path / "p/b")
    walker, _ = visitor(tmp_path)
    assert sorted(seen.path for seen in everything(walker) if isinstance(seen, AgentTraits)) == ["/p/a", "/p/b"]


def test_a_sparse_file_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with write(tmp_path, "p/hole").open("r+b") as out:
        out.truncate(1 << 40)
    read: list[int] = []
    monkeypatch.setattr(os, "pread", told(os.pread, 1, read))
    walker, _ = visitor(tmp_path)
    assert everything(walker) == []
    assert sum(read) < 1 << 22


def test_heavy_files_are_put_off_and_then_told_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "HEAVY", 6000)
    for name, size in (("light", 1500), ("heavy", 8000), ("gone", 7000), ("linked", 9000), ("noise", 9000)):
        write(tmp_path, f"p/{name}", agent(1) + b"# " + b"x" * size if name != "noise" else b"\x89PNG" * size)
    at_once, _ = visitor(tmp_path)
    wanted = {seen.path: seen for seen in everything(at_once) if isinstance(seen, AgentTraits)}
    walker, _ = visitor(tmp_path, puts_off=True)
    assert everything(walker) == [wanted["/p/light"]]
    later = sorted(walker.take_later())
    assert [path for _, path in later] == ["/p/gone", "/p/heavy", "/p/linked"]
    assert later[1][0] == (tmp_path / "p/heavy").stat().st_size
    assert walker.take_later() == []
    (tmp_path / "p/gone").unlink()
    (tmp_path / "p/linked").rename(tmp_path / "p/other")
    (tmp_path / "p/linked").symlink_to("other")
    before = len(os.listdir("/proc/self/fd"))
    for _, path in later:
        walker.heavy(path)
    assert walker.take() == [wanted["/p/heavy"]]
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_heavy_file_that_cannot_be_opened_any_more_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "p/a", agent(1))
    walker, _ = visitor(tmp_path, puts_off=True)

    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("clearance.observe.rooted.Rooted.open_entry", refused)
    walker.heavy("/p/a")
    assert [(miss.path, miss.reason) for miss in skipped(walker.take())] == [("/p/a", "permission denied")]


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


def test_a_bundle_is_an_agent_where_its_package_starts_it(tmp_path: Path) -> None:
    bundle = (
        b"#!/usr/bin/env node\nconst a = require('child_process'), run_command = process.argv;\n"
        b'fetch("https://api.anthropic.com/v1/messages", {tool_use: "tool_result", input_schema: "write_file", '
        b'systemPrompt: "You are an autonomous agent"}); // https://api.openai.com/v1/chat/completions\n'
    )
    bundle += b"// nothing\n" * 4000
    manifest = b'{"name": "x", "bin": "cli.js", "description": "Does things"}'
    write(tmp_path, "node_modules/x/package.json", manifest)
    for name in ("node_modules/x/cli.js", "node_modules/x/chunk.js", "agent/chunk.js"):
        write(tmp_path, name, bundle)
    walker, _ = visitor(tmp_path)
    scores = {seen.path: seen.score for seen in everything(walker) if isinstance(seen, AgentTraits)}
    assert {path: score >= REPORTING_THRESHOLD for path, score in scores.items()} == {
        "/node_modules/x/cli.js": True, "/node_modules/x/chunk.js": False, "/agent/chunk.js": True,
    }  # fmt: skip
