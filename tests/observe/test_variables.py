from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.variables import Assignment, assignments


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=v", "v"),
        ("export NAME=v # why", "v"),
        ("  export NAME='a b'", "a b"),
        ('NAME="a # b"', "a # b"),
        ("NAME=v; other", "v"),
        ("declare -x NAME=v", "v"),
        ("set -gx NAME v", "v"),
        ("set --export --global NAME v", "v"),
        ('$env:NAME = "v"', "v"),
        ("setx NAME v", "v"),
        ("set NAME=v", "v"),
        ("setenv NAME v", "v"),
        ("launchctl setenv NAME v", "v"),
        ("NAME = v", "v"),
        ("export OTHER=x NAME=v", "v"),
        ("NAME=v command --flag", "v"),
        ("NAME=", ""),
        ("NAME='unclosed", "unclosed"),
    ],
)
def test_every_way_of_setting_a_variable(line: str, value: str) -> None:
    assert list(assignments(f"\n{line}\r\n".encode(), {"NAME"})) == [Assignment("NAME", value, 2)]


@pytest.mark.parametrize("line", ["# NAME=v", "echo NAME=v", "XNAME=v", "if [ $NAME == v ]", "NAME: v", "unset NAME"])
def test_what_sets_nothing(line: str) -> None:
    assert list(assignments(line.encode(), {"NAME"})) == []


def test_only_the_names_asked_for_are_kept() -> None:
    data = b"SECRET=hunter2\nNAME=v\n"
    assert [a.name for a in assignments(data, {"NAME"})] == ["NAME"]


@given(st.binary(max_size=500))
def test_arbitrary_bytes_never_raise(data: bytes) -> None:
    for found in assignments(b"export A=" + data + b"\n" + data, {"A"}):
        assert found.line >= 1
