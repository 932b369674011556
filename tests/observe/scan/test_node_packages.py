"""The rules on names and places; what they make of whole files is in `test_manifests.py`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.scan.node_packages import Manifest, declared, in_modules, part, place, without_platform


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("/home/a/.npm/_npx/12ab/node_modules/x", ("npx cache", None)),
        ("/tmp/bunx-0-x@latest/node_modules/x", ("bunx cache", None)),
        ("/home/a/.nvm/versions/node/v20/lib/node_modules/x", ("nvm", None)),
        ("/usr/lib/node_modules/x", ("system", None)),
        ("/home/a/.npm-global/lib/node_modules/x", ("global", None)),
        ("/home/a/AppData/Roaming/npm/node_modules/x", ("global", None)),
        ("/home/a/src/p/node_modules/.pnpm/x@1/node_modules/x", ("project", "/home/a/src/p")),
        ("/home/a/src/p/.yarn/unplugged/x-npm-1-a/node_modules/x", ("project", "/home/a/src/p")),
        ("/node_modules/x", ("project", "/")),
        ("/home/a/.vscode/extensions/a.b-1.2.3/node_modules/x", ("editor extension", None)),
        ("/home/a/x", ("loose", None)),
    ],
)
def test_the_place_says_how_it_came(root: str, expected: tuple[str, str | None]) -> None:
    assert place(root) == expected


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("/a/node_modules/x", True),
        ("/a/node_modules/@s/x", True),
        ("/a/node_modules/@s", False),
        ("/a/node_modules/x/y", False),
        ("/a/@s/x", False),
    ],
)
def test_a_package_lies_directly_in_node_modules(root: str, expected: bool) -> None:
    assert in_modules(root) is expected


@pytest.mark.parametrize(
    ("name", "whole"),
    [("a-linux-arm64-baseline", "a"), ("0.1.0-win32-x64", "0.1.0"), ("a-x64y", "a-x64y"), ("linux", "linux")],
)
def test_a_platform_is_the_end_of_a_name(name: str, whole: str) -> None:
    assert without_platform(name) == whole


def test_programs_of_every_form() -> None:
    assert declared(Manifest(name="@s/x", bin="y.js")) == {"x": "y.js"}
    assert declared(Manifest(name="x", bin={"a": "b", "c": 1})) == {"a": "b"}
    assert declared(Manifest(name="x", bin=["y"])) == {}


@given(
    st.builds(
        Manifest, name=st.text(), version=st.none() | st.text() | st.integers(), os=st.lists(st.integers() | st.text())
    )
)
def test_a_part_is_told_of_any_manifest(manifest: Manifest) -> None:
    assert len(part(manifest)) <= 1
