"""Files as a process names them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearance.agent.tracker.place import Place
from tests.agent.tracker.child import sleeping


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "here").mkdir()
    (tmp_path / "file").write_text("content")
    with sleeping(cwd=tmp_path / "here") as child:
        one = Place(child.pid)
        yield one
        one.close()


def content(place: Place, path: str, folder: str = "") -> str | None:
    opened = place.open(path, folder)
    if opened is None:
        return None
    try:
        return os.pread(opened.fd, 99, 0).decode()
    finally:
        os.close(opened.fd)


def test_paths_count_from_the_process(place: Place, tmp_path: Path) -> None:
    assert place.ours
    assert place.folder == str(tmp_path / "here")
    assert content(place, "../file") == "content"
    assert content(place, str(tmp_path / "file")) == "content"
    assert content(place, "file", "..") == "content"
    assert content(place, "file") is None
    assert place.is_folder(str(tmp_path))
    assert not place.is_folder(str(tmp_path / "file"))
    assert place.names(str(tmp_path))
    assert not place.names(str(tmp_path / "none"))


def test_an_open_file_says_where_it_lies(place: Place, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    opened = place.open(str(tmp_path / "link"))
    assert opened is not None
    assert opened.path == str(tmp_path / "file")
    assert opened.what.st_size == 7
    os.close(opened.fd)


def test_only_regular_files_are_opened(place: Place, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for path in (str(tmp_path / "pipe"), "/dev/zero", str(tmp_path), str(tmp_path / "loop"), "", "a\0b", "x" * 5000):
        assert content(place, path) is None
    assert content(place, "\udcff") is None


def test_descriptors_are_the_process_s_own(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("text")
    with open(tmp_path / "script", "rb") as script, sleeping(pass_fds=(script.fileno(),)) as child:
        place = Place(child.pid)
        number = script.fileno()
        for path in (f"/dev/fd/{number}", f"/proc/self/fd/{number}", f"/proc/thread-self/fd/{number}"):
            assert content(place, path) == "text"
        # The standard input is a pipe.
        assert content(place, "/dev/stdin") is None
        assert content(place, "/dev/fd/999") is None
        assert place.descriptor(0) is None
        program = place.program()
        assert program is not None
        assert os.path.samestat(program.what, os.stat(f"/proc/{child.pid}/exe"))
        os.close(program.fd)
        place.close()


def test_a_process_that_is_gone() -> None:
    with sleeping() as child:
        pid = child.pid
    with pytest.raises(FileNotFoundError):
        Place(pid)


def test_the_view_is_for_packages(place: Place, tmp_path: Path) -> None:
    tree = place.view()
    assert tree.text(str(tmp_path / "file")) == "content"
    assert tree.text(str(tmp_path / "none")) == ""
    tree.close()


def test_its_own_places_are_the_process_s(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    folder = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(folder, True)
    with sleeping(cwd=tmp_path, pass_fds=(folder,)) as child:
        place = Place(child.pid)
        for path in ("/proc/self/cwd/a", f"/proc/thread-self/root{tmp_path}/a", f"/proc/self/fd/{folder}/a"):
            opened = place.open(path)
            assert opened is not None, path
            assert opened.path == str(tmp_path / "a")
            os.close(opened.fd)
        opened = place.open(f"/dev/fd/{folder}/a")
        assert opened is not None
        os.close(opened.fd)
        place.close()
    os.close(folder)
