from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.observe.host import HostView
from clearance.observe.lookup import Lookup

FILES = (
    "home/ana/.t/settings.json", "home/ana/.t/projects/a/1.jsonl", "home/ana/.t/projects/b/2.jsonl",
    "home/ana/.t/projects/b/deep/er/3.jsonl", "etc/t/managed.json",
)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    return tmp_path


def expand(root: Path, glob: str) -> list[str]:
    return list(Lookup(HostView(str(root))).expand(glob, "/home/ana"))


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
    ],
)
def test_the_paths_of_a_glob(root: Path, glob: str, paths: list[str]) -> None:
    assert expand(root, glob) == paths


def test_everything_below(root: Path) -> None:
    assert len(expand(root, "~/.t/projects/**")) == 3


def test_a_folder_that_may_not_be_listed_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = HostView(str(root))
    real = view.rooted.open

    def refuse(path: str, flags: int) -> int:
        if path == "/home/ana/.t":
            raise PermissionError(13, "Permission denied", path)
        return real(path, flags)

    monkeypatch.setattr(view.rooted, "open", refuse)
    lookup = Lookup(view)
    assert list(lookup.expand("~/.t/settings.json", "/home/ana")) == []
    assert lookup.blocked == {"/home/ana/.t": "permission denied"}


def test_a_link_out_of_the_root_is_followed_inside_it(root: Path) -> None:
    os.symlink("/etc", root / "home/ana/link")
    assert expand(root, "~/link/t/managed.json") == ["/home/ana/link/t/managed.json"]
    assert expand(root, "~/link/passwd") == []


def test_case_does_not_count_on_other_systems(tmp_path: Path) -> None:
    (tmp_path / "Users/ana/AppData/Roaming/T").mkdir(parents=True)
    (tmp_path / "Windows").mkdir()
    (tmp_path / "Users/ana/AppData/Roaming/T/Settings.JSON").write_text("{}")
    found = list(Lookup(HostView(str(tmp_path))).expand("~/appdata/roaming/t/settings.json", "/Users/ana"))
    assert found == ["/Users/ana/AppData/Roaming/T/Settings.JSON"]
