from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from clearance.observe.rooted import FOLDER, READ, Rooted


@pytest.fixture(params=["kernel", "component"])
def rooted(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Rooted]:
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").write_text("outside")

    def make() -> Rooted:
        view = Rooted(str(tmp_path / "root"))
        if request.param == "component":
            view._openat2 = False
        return view

    return make


def content(view: Rooted, path: str) -> str:
    fd, _ = view.open_regular(path)
    try:
        return os.read(fd, 99).decode()
    finally:
        os.close(fd)


def test_no_link_leads_out(rooted: Callable[[], Rooted], tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir()
    (root / "outside").write_text("inside")
    (root / "a" / "up").symlink_to("../../outside")
    (root / "a" / "absolute").symlink_to("/outside")
    (root / "a" / "chain").symlink_to("absolute")
    (root / "folder").symlink_to("/../../a")
    view = rooted()
    for path in ("/a/up", "/a/absolute", "/a/chain", "/folder/up", "/../outside", "/a/../../outside"):
        assert content(view, path) == "inside"


def test_loops_and_missing_names_end(rooted: Callable[[], Rooted], tmp_path: Path) -> None:
    (tmp_path / "root" / "loop").symlink_to("loop")
    view = rooted()
    with pytest.raises(OSError, match=r".") as raised:
        view.stat("/loop")
    assert raised.value.errno == errno.ELOOP
    with pytest.raises(FileNotFoundError):
        view.open("/none/x", READ)


def test_only_regular_files_are_opened(
    rooted: Callable[[], Rooted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    os.mkfifo(root / "fifo")
    (root / "device").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(root)
        listening.bind("socket")
        view = rooted()
        for path in ("/fifo", "/socket", "/"):
            with pytest.raises(OSError, match="not a regular file"):
                view.open_regular(path)
        with pytest.raises(FileNotFoundError):
            view.open_regular("/device")


def test_a_last_link_is_refused_where_asked(rooted: Callable[[], Rooted], tmp_path: Path) -> None:
    (tmp_path / "root" / "d").mkdir()
    (tmp_path / "root" / "link").symlink_to("d")
    view = rooted()
    os.close(view.open("/link", FOLDER))
    with pytest.raises(OSError, match=r"."):
        view.open("/link", FOLDER | os.O_NOFOLLOW)


def test_paths_longer_than_the_kernel_takes(tmp_path: Path) -> None:
    name = "d" * 200
    fd = os.open(tmp_path, FOLDER)
    for _ in range(30):
        os.mkdir(name, dir_fd=fd)
        deeper = os.open(name, FOLDER, dir_fd=fd)
        os.close(fd)
        fd = deeper
    with open(os.open("f", os.O_WRONLY | os.O_CREAT, dir_fd=fd), "w") as out:
        out.write("deep")
    os.close(fd)
    view = Rooted("/")
    path = f"{tmp_path}/{'/'.join([name] * 30)}/f"
    assert len(path) > 4096
    assert content(view, path) == "deep"
    assert view.list(path.rpartition("/")[0]) == ("f",)


def test_names_that_are_not_unicode(rooted: Callable[[], Rooted], tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path / "root") + b"/\xff\xfe", "wb") as out:
        out.write(b"x")
    view = rooted()
    (name,) = view.list("/")
    assert content(view, f"/{name}") == "x"
