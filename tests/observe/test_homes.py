from __future__ import annotations

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


def test_homes_come_from_passwd_and_from_where_homes_lie(tmp_path: Path) -> None:
    lines = (
        "root:x:0:0::/root:/bin/sh",
        "ana:x:1000:1000::/srv/people/ana:/bin/sh",
        "svc:x:90:90::/var/svc:/bin/false",
        "ci:x:91:91::/home/ci:/bin/sh",
        "gone:x:1001:1001::/home/gone:/bin/sh",
    )
    passwd = "\n".join(lines)
    folders = ("/root", "/srv/people/ana", "/var/svc", "/home/ci", "/home/bo", "/home/.hidden", "/home/lost+found")
    assert homes_of(make(tmp_path, passwd, folders=folders), "linux") == (
        Home("bo", "/home/bo"),
        Home("ci", "/home/ci"),
        Home("root", "/root"),
        Home("ana", "/srv/people/ana"),
    )


@pytest.mark.parametrize(("system", "expected"), [("macos", ("ana",)), ("windows", ("ana",)), ("linux", ())])
def test_other_systems_keep_homes_elsewhere(tmp_path: Path, system: OS, expected: tuple[str, ...]) -> None:
    view = make(tmp_path, folders=("/Users/ana", "/Users/Shared", "/Users/Public", "/Users/Default"))
    assert tuple(home.user for home in homes_of(view, system)) == expected


def test_broken_lines_are_passed_over(tmp_path: Path) -> None:
    view = make(
        tmp_path, "x\n:::::\na:x:99999999999999:0::/home/a:\nb:x:-1:0::/home/b:\nc:x:7:0::relative:\nd:x:7:0::/d:\n"
    )
    assert accounts(view) == (("d", 7, "/d"),)


def test_groups_of_a_login_begin_with_its_own(tmp_path: Path) -> None:
    view = make(tmp_path, "ana:x:1000:1000::/home/ana:/bin/sh\n", "ana:x:1000:\ndev:x:50:ana,bo\nbroken\n")
    assert unix_groups(view) == {"ana": ("ana", "dev"), "bo": ("dev",)}


def test_a_root_without_accounts_has_no_homes(tmp_path: Path) -> None:
    assert homes_of(Rooted(str(tmp_path)), "linux") == ()
