from __future__ import annotations

import os

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from clearance.act.changes import Change, GroupMade, Link, PathChanged, RegularFile, path_of, written

NAMES = st.binary(min_size=1, max_size=30).filter(lambda name: b"\0" not in name)


@given(NAMES, NAMES, st.binary(max_size=20))
def test_any_name_and_content_goes_through_the_journal(name: bytes, target: bytes, content: bytes) -> None:
    path = os.fsdecode(name)
    change = PathChanged(
        written(path), Link(written(os.fsdecode(target)), 1, 2), RegularFile("", 0o644, 0, 0, content=content)
    )
    again = msgspec.json.decode(msgspec.json.encode(change), type=Change)
    assert again == change
    assert path_of(again.path) == path


def test_a_kind_is_told_by_its_name() -> None:
    assert msgspec.json.decode(b'{"type":"cgroup","path":"/g"}', type=Change) == GroupMade("/g")
