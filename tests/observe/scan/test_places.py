from __future__ import annotations

import pytest

from clearance.observe.scan.places import pattern, project_of
from tests.builders import found, location


@pytest.mark.parametrize(
    ("path", "glob", "folder"),
    [("~/.t/a.json", "~/.t/a.json", False), ("./.t/a.json", "**/.t/a.json", False), ("/etc/t/", "/etc/t", True)],
)
def test_a_catalog_path_becomes_a_glob(path: str, glob: str, folder: bool) -> None:
    made = pattern(location(path), "t", read=9)
    assert (made.glob, made.folder, made.read) == (glob, folder, 0 if folder else 9)


def test_the_project_of_a_path() -> None:
    floating = pattern(location("./.t/rules/*.md"), "t")
    assert project_of(found(floating, "/home/ana/shop/.t/rules/x.md")) == "/home/ana/shop"
    assert project_of(found(floating, "/.t/rules/x.md")) == "/"
    assert project_of(found(pattern(location("~/.t/a"), "t"), "/home/ana/.t/a")) is None
