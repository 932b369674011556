from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clearance.model.sighting import Skipped
from clearance.observe import lookup as module
from clearance.observe.host import HostView
from clearance.observe.lookup import Lookup
from clearance.observe.mounts import Mounts

FILES = (
    "home/ana/.t/settings.json", "home/ana/.t/projects/a/1.jsonl", "home/ana/.t/projects/b/2.jsonl",
    "home/ana/.t/projects/b/deep/er/3.jsonl", "etc/t/managed.json",
)  # fmt: skip


@pytest.fixture(params=["listed", "large"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host whose folders are kept once listed, or are all too large for that."""
    if request.param == "large":
        monkeypatch.setattr(module, "LISTED", 0)
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    return tmp_path


def told(call: Callable[..., Any], paths: list[str]) -> Callable[..., Any]:
    """The same call, which writes down the paths that it is asked for."""

    def tell(path: str, *arguments: Any) -> Any:
        paths.append(path)
        return call(path, *arguments)

    return tell


def expand(root: Path, glob: str) -> list[str]:
    return sorted(Lookup(HostView(str(root)), "/home/ana").expand(glob))


@pytest.mark.parametrize(
    ("glob", "paths"),
    [
        ("~/.t/settings.json", ["/home/ana/.t/settings.json"]),
        ("~/.t/none.json", []),
        ("~/.t/projects/*/*.jsonl", ["/home/ana/.t/projects/a/1.jsonl", "/home/ana/.t/projects/b/2.jsonl"]),
        ("~/.t/projects/**/3.jsonl", ["/home/ana/.t/projects/b/deep/er/3.jsonl"]),
        ("/etc/t/*.json", ["/etc/t/managed.json"]),
        ("/etc/?/managed.json", ["/etc/t/managed.json"]),
        ("~/.t/settings.json/x", []),
        ("/none/x", []),
    ],
)
def test_the_paths_of_a_glob(root: Path, glob: str, paths: list[str]) -> None:
    assert expand(root, glob) == paths


def test_everything_below(root: Path) -> None:
    assert len(expand(root, "~/.t/projects/**")) == 3


def test_a_glob_of_homes_needs_a_home(root: Path) -> None:
    assert list(Lookup(HostView(str(root))).expand("~/.t/settings.json")) == []


def test_names_are_those_of_the_folder_sorted_and_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = Lookup(HostView(str(root)))
    assert lookup.names("/home/ana/.t") == ("projects", "settings.json")
    monkeypatch.setattr(module, "NEIGHBOURS", 1)
    assert len(Lookup(HostView(str(root))).names("/home/ana/.t")) == 1


def test_a_folder_that_may_not_be_listed_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = HostView(str(root))
    real = view.rooted.open

    def refuse(path: str, flags: int) -> int:
        if path == "/home/ana/.t" and flags & os.O_DIRECTORY:
            raise PermissionError(13, "Permission denied", path)
        return real(path, flags)

    monkeypatch.setattr(view.rooted, "open", refuse)
    lookup = Lookup(view, "/home/ana")
    assert list(lookup.expand("~/.t/*.json")) == []
    assert list(lookup.skipped.values()) == [Skipped("walk", "/home/ana/.t", "permission denied")]


def test_more_paths_than_one_glob_may_name_are_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    lookup = Lookup(HostView(str(root)), "/home/ana")
    assert len(list(lookup.expand("~/.t/projects/**"))) == 2
    assert [miss.reason for miss in lookup.skipped.values()] == ["more than 2 paths match ~/.t/projects/**"]


def test_a_link_out_of_the_root_is_followed_inside_it(root: Path) -> None:
    os.symlink("/etc", root / "home/ana/link")
    assert expand(root, "~/link/t/managed.json") == ["/home/ana/link/t/managed.json"]
    assert expand(root, "~/link/passwd") == []


def test_links_in_circles_end(root: Path) -> None:
    os.symlink("round", root / "home/ana/round")
    os.symlink(".", root / "home/ana/.t/self")
    assert expand(root, "~/round/x") == []
    assert expand(root, "~/.t/**/settings.json") == ["/home/ana/.t/settings.json"]


@pytest.mark.parametrize(
    ("glob", "link", "target"),
    [
        ("~/.t/*/*.jsonl", "home/ana/.t/away", "/net/host"),
        ("~/.u/settings.json", "home/ana/.u", "../../net"),
        ("~/.v", "home/ana/.v", "/net/file"),
        ("/net/*", "", ""),
    ],
)
def test_nothing_leads_into_an_automount(
    root: Path, glob: str, link: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "net/host").mkdir(parents=True)
    (root / "net/host/1.jsonl").write_text("")
    (root / "net/settings.json").write_text("")
    (root / "net/file").write_text("")
    if link:
        os.symlink(target, root / link)
    view = HostView(str(root))
    view.mounts = Mounts("30 22 0:30 / /net rw - autofs auto rw", network=True)
    opened: list[str] = []
    for name in ("open", "link"):
        monkeypatch.setattr(view.rooted, name, told(getattr(view.rooted, name), opened))
    lookup = Lookup(view, "/home/ana")
    assert [path for path in lookup.expand(glob) if "away" in path or "." not in path] == []
    assert not [path for path in opened if path.startswith("/net")]
    assert [miss.matters for miss in lookup.skipped.values()] == [False]


def test_a_place_to_stay_out_of_is_left_alone(root: Path) -> None:
    view = HostView(str(root))
    view.closed = {"/home/ana/.t": "private"}
    lookup = Lookup(view, "/home/ana")
    assert list(lookup.expand("~/.t/settings.json")) == []
    assert list(lookup.skipped.values()) == [Skipped("walk", "/home/ana/.t", "private", matters=False)]


def test_case_does_not_count_on_other_systems(tmp_path: Path) -> None:
    (tmp_path / "Users/ana/AppData/Roaming/T").mkdir(parents=True)
    (tmp_path / "Windows").mkdir()
    (tmp_path / "Users/ana/AppData/Roaming/T/Settings.JSON").write_text("{}")
    found = list(Lookup(HostView(str(tmp_path)), "/Users/ana").expand("~/appdata/roaming/t/settings.json"))
    assert found == ["/Users/ana/AppData/Roaming/T/Settings.JSON"]
