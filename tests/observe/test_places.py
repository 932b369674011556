from __future__ import annotations

from pathlib import Path

import pytest

from clearance.observe.host import HostView
from clearance.observe.mounts import Mounts
from clearance.observe.places import is_inside, outermost, searched, trees


def host(root: Path, *folders: str) -> HostView:
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
    return HostView(str(root))


@pytest.mark.parametrize(
    ("paths", "kept"),
    [
        (("/a/b", "/a", "/ab"), ("/a", "/ab")),
        (("/a", "/a"), ("/a",)),
        (("/home/ana", "/opt"), ("/home/ana", "/opt")),
        (("/a/b", ""), ("",)),
        ((), ()),
    ],
)
def test_none_inside_another(paths: tuple[str, ...], kept: tuple[str, ...]) -> None:
    assert outermost(paths) == kept


def test_inside() -> None:
    assert is_inside("/a/b", ("/a",))
    assert is_inside("/a", ("/a",))
    assert is_inside("/x", ("",))
    assert not is_inside("/ab", ("/a",))


def test_homes_come_first_and_each_place_once(tmp_path: Path) -> None:
    (tmp_path / "data/apps").mkdir(parents=True)
    (tmp_path / "opt").symlink_to("/data/apps")
    (tmp_path / "srv").symlink_to("data/apps")
    view = host(tmp_path, "home/ana", "home/bo", "usr/local")
    assert trees(view) == (("/home/ana", "/home/bo", "/usr/local", "/opt"), ())


def test_what_a_scan_stays_out_of_is_told(tmp_path: Path) -> None:
    view = host(tmp_path, "home/ana", "opt")
    view.mounts = Mounts("3 2 0:3 / /opt rw - nfs4 s:/ rw\n4 2 0:4 / /home/ana rw - autofs auto rw\n", network=False)
    roots, skipped = trees(view)
    assert roots == ()
    assert {(miss.path, miss.matters) for miss in skipped} == {("/opt", False), ("/home/ana", True)}


def test_shells_search_the_usual_folders_those_of_path_and_those_of_homes(tmp_path: Path) -> None:
    view = host(
        tmp_path, "usr/bin", "home/ana/.local/bin", "home/ana/bin", "data/tools/bin", "odd/bin", "etc", "home/ana/src"
    )
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "etc/environment").write_text('PATH="/usr/bin:/data/tools/bin:relative:$HOME/x"\n')
    (tmp_path / "etc/profile").write_text("  export PATH=/odd/bin:/gone\n")
    assert searched(HostView(str(tmp_path))) == (
        "/usr/bin", "/data/tools/bin", "/odd/bin", "/home/ana/bin", "/home/ana/.local/bin",
    )  # fmt: skip
    assert not view.live


def test_this_machine_s_path_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tools").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/tools/:/nowhere::.")
    assert f"{tmp_path}/tools" in searched(HostView())
