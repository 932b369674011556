from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.act import jsonc

COMMENTED = """\
// head
{
    "a": 1, // one
    /* two */ "b": {"c": [1, {"x": "}"}], "d": "\\"//no comment"},
    "telemetry": true, // why it is on
}
"""


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        (("telemetry",), "false", '"telemetry": true,', '"telemetry": false,'),
        (("b", "d"), '"z"', '"\\"//no comment"', '"z"'),
        (("b", "e"), "1", '"\\"//no comment"}', '"\\"//no comment", "e": 1}'),
        (("f",), "1", "// why it is on\n", "// why it is on\n"),
    ],
)
def test_only_the_value_changes(key: tuple[str, ...], value: str, old: str, new: str) -> None:
    text = jsonc.put(COMMENTED, key, value)
    assert jsonc.get(text, key) == value
    if key == ("f",):
        assert text == COMMENTED.replace("why it is on", 'why it is on\n    "f": 1,')
    else:
        assert text == COMMENTED.replace(old, new)
    if key[-1] in "ef":
        assert jsonc.remove(text, key) == COMMENTED


@pytest.mark.parametrize(
    ("text", "key", "after"),
    [
        ("", ("a", "b"), '{\n  "a": {\n    "b": 1\n  }\n}\n'),
        ("{}", ("a",), '{\n  "a": 1\n}'),
        ('{\r\n\t"x": 0\r\n}\r\n', ("a",), '{\r\n\t"x": 0,\r\n\t"a": 1\r\n}\r\n'),
        ('{"x": 0}', ("a",), '{"x": 0, "a": 1}'),
        ("{\n  // nothing yet\n}\n", ("a",), '{\n  // nothing yet\n  "a": 1\n}\n'),
        ('{"a": 0, "a": 2}', ("a",), '{"a": 0, "a": 1}'),
        ("// only a comment\n", ("a",), '// only a comment\n{\n  "a": 1\n}\n'),
    ],
)
def test_what_is_not_there_is_added(text: str, key: tuple[str, ...], after: str) -> None:
    assert jsonc.put(text, key, "1") == after


@pytest.mark.parametrize(
    "text", ["[1]", '{"a": 1', '{"a" 1}', '{"a": 1 "b": 2}', '{"a": 1} x', "{'a': 1}", '{"a": /', "nonsense", '{"a":]}']
)
def test_what_is_no_such_document_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        jsonc.put(text, ("b",), "1")


def test_a_value_that_is_no_object_holds_no_names() -> None:
    with pytest.raises(ValueError, match="not an object"):
        jsonc.put('{"a": 1}', ("a", "b"), "1")
    assert jsonc.get('{"a": 1}', ("a", "b")) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["a", "b", "c.d", 'q"']), VALUES, max_size=4)
KEYS = st.lists(st.sampled_from(["a", "b", "c.d", 'q"', "new"]), min_size=1, max_size=3).map(tuple)


@given(DOCUMENTS, KEYS, st.sampled_from([None, 1, 4, "\t"]))
def test_the_document_differs_in_that_value_only(document: dict[str, Any], key: tuple[str, ...], indent: Any) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    try:
        put = jsonc.put(text, key, '"put"')
    except ValueError:
        return
    expected = json.loads(text)
    place = expected
    for name in key[:-1]:
        place = place.setdefault(name, {})
    place[key[-1]] = "put"
    assert json.loads(put) == expected
    removed = json.loads(jsonc.remove(put, key))
    del place[key[-1]]
    assert removed == expected


@given(st.text(alphabet='{}[]",:/*\n\\ a1', max_size=40))
def test_any_text_is_edited_or_refused(text: str) -> None:
    try:
        put = jsonc.put(text, ("a",), "true")
    except ValueError:
        return
    assert jsonc.get(put, ("a",)) == "true"


def test_hostile_text_takes_no_longer_than_its_length() -> None:
    for text in (
        "{" * 200_000,
        '{"a":' * 100_000,
        "/*" * 200_000,
        '{"a":"' + "\\" * 200_001,
        "[" * 100_000 + "]" * 99_999,
    ):
        with pytest.raises(ValueError, match=r"."):
            jsonc.put(text, ("b",), "1")
