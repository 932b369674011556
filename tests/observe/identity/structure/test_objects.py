"""JSON objects in foreign files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.structure.objects import json_object


@pytest.mark.parametrize("data", [b"", b"[1]", b"{", b'{"a": "\xff"}', b"null", b"[" * 100_000])
def test_what_is_no_object_is_empty(data: bytes) -> None:
    assert json_object(data) == {}


@given(st.dictionaries(st.text(), st.integers(-(1 << 40), 1 << 40)))
def test_objects_come_back(document: dict[str, int]) -> None:
    assert json_object(json.dumps(document).encode()) == document
