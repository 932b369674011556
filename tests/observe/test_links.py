from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from clearance.observe.links import Closed, resolve
from clearance.observe.rooted import Rooted


def nothing_closed(_: str) -> str | None:
    return None


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/up").symlink_to("..")
    (tmp_path / "a/abs").symlink_to("/a/b")
    (tmp_path / "out").symlink_to("../../../../a")
    (tmp_path / "chain").symlink_to("a/up/out/abs")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("/", "/"), ("/a/b", "/a/b"), ("/a/up/a", "/a"), ("/a/abs", "/a/b"), ("/out/b", "/a/b"), ("/chain", "/a/b"),
        ("//a/./b/../b/", "/a/b"), ("/../a", "/a"), ("/none/x", "/none/x"),
    ],
)  # fmt: skip
def test_a_path_without_links(root: Path, path: str, real: str) -> None:
    assert resolve(Rooted(str(root)), path, nothing_closed) == real


def test_it_agrees_with_the_kernel_on_the_real_root(root: Path) -> None:
    for name in ("a/up/a/abs", "a/abs/../b"):
        assert resolve(Rooted("/"), f"{root}/{name}", nothing_closed) == os.path.realpath(root / name)


def test_links_in_circles_are_an_error(root: Path) -> None:
    (root / "one").symlink_to("two")
    (root / "two").symlink_to("one")
    with pytest.raises(OSError, match="symbolic") as raised:
        resolve(Rooted(str(root)), "/one", nothing_closed)
    assert raised.value.errno == errno.ELOOP


def test_a_closed_place_is_not_entered(root: Path) -> None:
    (root / "in").symlink_to("a/b/c")
    with pytest.raises(Closed, match="shut"):
        resolve(Rooted(str(root)), "/in", lambda path: "shut" if path.startswith("/a/b") else None)


def test_an_open_mount_below_a_closed_one_is_reached(root: Path) -> None:
    (root / "shut/open/x").mkdir(parents=True)
    closed = {"/shut": "shut"}

    def why(path: str) -> str | None:
        return None if path.startswith("/shut/open") else closed.get(path[:5])

    assert resolve(Rooted(str(root)), "/shut/open/x", why) == "/shut/open/x"
    with pytest.raises(Closed):
        resolve(Rooted(str(root)), "/shut/other", why)
