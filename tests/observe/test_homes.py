from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.model.terms import OS
from clearance.observe.homes import accounts, homes_of, unix_groups
from clearance.observe.probe import Home
from clearance.observe.rooted import Rooted


def make(tmp_path: Path, passwd: str = "", group: str = "", folders: tuple[str, ...] = ()) -> Rooted:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text(passwd)
    (tmp_path / "etc/group").write_text(group)
    for folder in folders:
        (tmp_path / folder.lstrip("/")).mkdir(parents=True)
    return Rooted(str(tmp_path))


def of(rooted: Rooted, system: OS = "linux", closed: str = "") -> tuple[Home, ...]:
    return homes_of(rooted, system, lambda path: "shut" if closed and path.startswith(closed) else None)


def test_homes_come_from_passwd_and_from_where_homes_lie(tmp_path: Path) -> None:
    lines = (
        "root:x:0:0::/root:/bin/sh",
        "ana:x:1000:1000::/srv/people/ana:/bin/sh",
        "svc:x:90:90::/var/svc:/bin/false",
        "jenkins:x:92:92::/var/lib/jenkins:/bin/bash",
        "wide:x:1002:1002::/var/lib:/bin/sh",
        "ci:x:91:91::/home/ci:/bin/sh",
        "gone:x:1001:1001::/home/gone:/bin/sh",
    )
    passwd = "\n".join(lines)
    folders = (
        "/root",
        "/srv/people/ana",
        "/var/svc",
        "/var/lib/jenkins",
        "/home/ci",
        "/home/bo",
        "/home/.hidden",
        "/home/lost+found",
    )
    assert of(make(tmp_path, passwd, folders=folders)) == (
        Home("bo", "/home/bo"),
        Home("ci", "/home/ci"),
        Home("root", "/root"),
        Home("ana", "/srv/people/ana"),
        Home("jenkins", "/var/lib/jenkins"),
    )


@pytest.mark.parametrize(("system", "expected"), [("macos", ("ana",)), ("windows", ("ana",)), ("linux", ())])
def test_other_systems_keep_homes_elsewhere(tmp_path: Path, system: OS, expected: tuple[str, ...]) -> None:
    view = make(tmp_path, folders=("/Users/ana", "/Users/Shared", "/Users/Public", "/Users/Default"))
    assert tuple(home.user for home in of(view, system)) == expected


def test_broken_lines_are_passed_over(tmp_path: Path) -> None:
    view = make(
        tmp_path, "x\n:::::\na:x:99999999999999:0::/home/a:\nb:x:-1:0::/home/b:\nc:x:7:0::relative:\nd:x:7:0::/d:\n"
    )
    assert accounts(view) == (("d", 7, "/d"),)


def test_groups_of_a_login_begin_with_its_own(tmp_path: Path) -> None:
    view = make(tmp_path, "ana:x:1000:1000::/home/ana:/bin/sh\n", "ana:x:1000:\ndev:x:50:ana,bo\nbroken\n")
    assert unix_groups(view) == {"ana": ("ana", "dev"), "bo": ("dev",)}


def test_a_root_without_accounts_has_no_homes(tmp_path: Path) -> None:
    assert of(Rooted(str(tmp_path))) == ()


def test_a_home_with_two_names_is_one_home(tmp_path: Path) -> None:
    passwd = "ana:x:1000:1000::/data/ana:/bin/sh\nbo:x:1001:1001::/home/bo:/bin/sh\n"
    view = make(tmp_path, passwd, folders=("/data/ana", "/data/bo", "/home"))
    (tmp_path / "home/ana").symlink_to("/data/ana")
    (tmp_path / "home/bo").symlink_to("../data/bo")
    (tmp_path / "home/round").symlink_to("round")
    assert of(view) == (Home("ana", "/data/ana"), Home("bo", "/home/bo"))


def test_a_home_in_a_closed_place_is_told_without_being_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = make(tmp_path, "ana:x:1000:1000::/net/ana:/bin/sh\nbo:x:1001:1001::/home/bo:/bin/sh\n", folders=("/home",))
    (tmp_path / "home/bo").symlink_to("/net/bo")
    touched: list[str] = []
    look = view.stat

    def told(path: str) -> os.stat_result:
        touched.append(path)
        return look(path)

    monkeypatch.setattr(view, "stat", told)
    assert of(view, closed="/net") == (Home("bo", "/home/bo"), Home("ana", "/net/ana"))
    assert not [path for path in touched if path.startswith("/net")]
    assert of(view, closed="/home") == (Home("bo", "/home/bo"),)
