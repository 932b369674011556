from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from clearance.model.terms import OS
from clearance.observe.host import HostView
from clearance.observe.links import Closed
from clearance.observe.mounts import Mounts
from clearance.observe.probe import Home


def tree(root: Path, *names: str) -> HostView:
    """A host with these files, and folders where a name ends in a slash."""
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
    return HostView(str(root))


@pytest.mark.parametrize(
    ("names", "system"),
    [
        (("etc/passwd", "home/ana/"), "linux"),
        (("usr/bin/env", "app/"), "linux"),
        ((), "linux"),
        (("Users/ana/Library/", "Applications/", "System/", "home/"), "macos"),
        (("Users/ana/", "private/etc/"), "macos"),
        (("Applications/X.app/",), "macos"),
        (("Users/ana/AppData/Roaming/",), "windows"),
        (("Users/ana/", "Windows/System32/"), "windows"),
        (("Users/Public/", "Program Files/X/", "ProgramData/"), "windows"),
        (("WINDOWS/", "Documents and Settings/ana/"), "windows"),
    ],
)
def test_the_system_is_told_by_its_layout(tmp_path: Path, names: tuple[str, ...], system: OS) -> None:
    assert tree(tmp_path, *names).os == system


def test_the_name_is_that_of_the_root_else_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    assert HostView(str(tmp_path / "image")).name == "image"
    (tmp_path / "image/etc").mkdir()
    (tmp_path / "image/etc/hostname").write_text("\n  lab-7 \n")
    assert HostView(str(tmp_path / "image")).name == "lab-7"


def test_this_machine_is_live() -> None:
    view = HostView()
    assert view.live
    assert view.root == "/"
    assert view.name == (platform.node() or "this host")
    assert view.closed.get("/proc")


def test_a_root_that_is_a_process_s_own_is_this_machine() -> None:
    assert HostView(f"/proc/{os.getpid()}/root/").live


def test_a_folder_is_not_live_and_has_its_own_accounts(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("ana:x:1000:1000::/home/ana:/bin/sh\n")
    view = tree(tmp_path, "home/ana/x/", "home/bo/")
    assert not view.live
    assert view.login(1000) == "ana"
    assert view.login(0) is None
    assert view.homes == (Home("ana", "/home/ana"), Home("bo", "/home/bo"))
    assert view.home_of("/home/ana") == view.home_of("/home/ana/x/y") == Home("ana", "/home/ana")
    assert view.home_of("/home/analysis") is None


def test_the_innermost_of_nested_homes_counts(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("ci:x:990:990::/home/ana/ci:/bin/sh\n")
    view = tree(tmp_path, "home/ana/ci/")
    assert view.home_of("/home/ana/ci/x") == Home("ci", "/home/ana/ci")


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        HostView(str(tmp_path / "none"))
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        HostView(str(tmp_path / "file"))


def test_text_is_bounded_and_empty_where_nothing_is(tmp_path: Path) -> None:
    view = tree(tmp_path, "a/b")
    os.mkfifo(tmp_path / "fifo")
    assert view.text("/a/b", 2) == "a/"
    assert [view.text(path) for path in ("/none", "/a", "/fifo")] == ["", "", ""]


def test_homes_that_cannot_be_looked_at_are_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = tree(tmp_path, "home/ana/", "home/bo/", "home/cy/")
    real = view.rooted.open

    def refuse(path: str, flags: int) -> int:
        if path == "/home/bo":
            raise PermissionError(13, "Permission denied", path)
        return real(path, flags)

    monkeypatch.setattr(view.rooted, "open", refuse)
    view.mounts = Mounts("30 22 0:30 / /home/cy rw - nfs4 s:/ rw", network=False)
    missed = view.unreadable_homes()
    assert list(missed) == ["/home/bo", "/home/cy"]
    assert missed["/home/bo"] == "permission denied"
    assert "network" in missed["/home/cy"]
    with pytest.raises(Closed):
        view.resolve("/home/cy/x")


def test_a_linked_home_has_its_closed_places_under_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data/ana").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/ana").symlink_to("/data/ana")
    mounts = Mounts("30 22 0:30 / /data/ana/share rw - nfs4 s:/ rw", network=False)
    monkeypatch.setattr(HostView, "_mounts", lambda *_: mounts)
    assert set(HostView(str(tmp_path)).closed) == {"/data/ana/share", "/home/ana/share"}


def test_macos_is_not_made_to_ask(tmp_path: Path) -> None:
    view = tree(tmp_path, "Users/ana/Documents/", "Applications/")
    assert view.os == "macos"
    assert not view.closed
    view.live = True
    closed = view._closed()
    assert "/Users/ana/Documents" in closed
    assert "/Users/ana/Library/Application Support" not in closed
