from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Struct, UnsetType, inspect

from clearance.catalog.source import read
from clearance.errors import Error
from clearance.judge.parse import parse
from clearance.judge.schema import schema
from clearance.judge.shape import Shape
from clearance.model.directive import Match
from clearance.model.terms import Effect


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    effect: Effect | tuple[Effect, ...] | None = None
    count: int | None = None
    share: float | None = None
    on: bool | None = None
    value: str | int | float | bool | None = None
    match: Match | None = None


class Whole(Struct, frozen=True, forbid_unknown_fields=True):
    rules: tuple[Item, ...] = ()
    groups: dict[str, Item] = {}
    names: tuple[str, ...] = ()
    other: dict[str, str] = {}
    maybe: str | UnsetType | None = UNSET


def shaped(text: str, *, nulls: bool = False) -> tuple[Any, list[str]]:
    source, node = read("d", text.encode())
    assert node is not None
    shape = Shape(source, nulls=nulls)
    value = shape.value(node, inspect.type_info(Whole))
    return value, [str(error) for error in shape.errors]


def test_nodes_become_values_of_their_types() -> None:
    value, errors = shaped(
        "rules: [{id: a, effect: warn, count: 3, share: 2, on: true}, {id: b, effect: [allow, block], value: 2.5}]\n"
        "groups: {x: {id: c, value: true}}\nnames: [p, '7']\nother: {k: v}\nmaybe: m"
    )
    assert errors == []
    assert value == Whole(
        rules=(Item("a", "warn", 3, 2.0, True), Item("b", ("allow", "block"), value=2.5)),
        groups={"x": Item("c", value=True)},
        names=("p", "7"),
        other={"k": "v"},
        maybe="m",
    )
    assert type(value.rules[0].share) is float


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rules: [{id: a, efect: warn}]", 'd:1:17: rule "a" has "efect", which is not a field'),
        ("rules: [{id: a, efect: warn}]", 'did you mean "effect"?'),
        ("rules: [{id: a, zzz: 1}]", "the fields are: id, effect, count, share, on, value, match"),
        ("rules: [{id: a, match: {tol: x}}]", 'd:1:25: rule "a" matches on "tol", which is not a field'),
        ("rules: [{id: a, match: {not: {tol: x}}}]", 'd:1:31: rule "a" matches on "tol", which is not a field'),
        ("rules: [{effect: warn}]", 'd:1:9: rule 1 has no "id"\n'),
        ("rules: [{id: a, effect: deny}]", ('d:1:25: rule "a": effect is "deny", which is not one of allow, '
                                           'allow-with-settings, warn, block')),
        ("rules: [{id: a, effect: blok}]", 'did you mean "block"?'),
        ("rules: [{id: a, effect: [warn, blok]}]", 'd:1:32: rule "a": effect is "blok"'),
        ("rules: [{id: a, effect: 3}]", ('rule "a": effect is a number, where one of allow, '
                                        'allow-with-settings, warn, block or a list is needed')),
        ("rules: [{id: a, effect: {x: 1}}]", 'rule "a": effect is a mapping, where one of allow'),
        ("rules: [{id: 7}]", 'd:1:14: rule "7": id is a number, where text is needed'),
        ("rules: [{id: 7}]", 'put it in quotes: "7"'),
        ("rules: [{id: true}]", "id is true or false, where text is needed"),
        ("rules: [{id: a, count: x}]", 'rule "a": count is text, where a whole number is needed'),
        ("rules: [{id: a, count: 1.5}]", 'rule "a": count is a number, where a whole number is needed'),
        ("rules: [{id: a, count: true}]", 'rule "a": count is true or false, where a whole number is needed'),
        ("rules: [{id: a, share: true}]", 'rule "a": share is true or false, where a number is needed'),
        ("rules: [{id: a, on: 1}]", 'rule "a": on is a number, where true or false is needed'),
        ("rules: [{id: a, count: }]", 'd:1:17: rule "a": count is empty'),
        ("rules: [{id: a, value: 1e999}]", 'rule "a": value is too large a number'),
        ('rules: [{id: "\\ud800"}]', "id has half a character"),
        ("rules: {a: b}", "d:1:8: rules is a mapping, where a list is needed"),
        ("rules: x", "rules is text, where a list is needed"),
        ("rules: [x]", "rule 1 is text, where a mapping is needed"),
        ("rules: [[x]]", "rule 1 is a list, where a mapping is needed"),
        ("rules: [{id: [x]}]", "rule 1: id is a list, where text is needed"),
        ("groups: {g: {count: 1}}", 'group "g" has no "id"'),
        ("groups: {g: x}", 'group "g" is text, where a mapping is needed'),
        ("other: {a: 1}", "other.a is a number, where text is needed"),
        ("names: [a, 1]", "names is a number, where text is needed"),
        ("names: [a, [b]]", "names is a list, where text is needed"),
        ("rules: []\nrules: []", 'd:2:1: the document has "rules" twice'),
        ("rules: []\nrules: []", "the first is in line 1"),
        ("{[a]: 1}", "the document has a key that is not a word"),
        ("{1: 2}", 'the document has "1", which is not a field'),
        ("x: 1", 'd:1:1: the document has "x", which is not a field'),
        ("- x", "the document is a list, where a mapping is needed"),
        ("maybe: ", "d:1:1: maybe is empty"),
        ('rules: [{id: "a\\e[1m", count: x}]', 'rule "a\\x1b[1m": count is text'),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_what_it_is_about_what_is_wrong_and_where(text: str, expected: str) -> None:
    _value, errors = shaped(text)
    assert expected in "\n".join(errors) + "\n"


def test_every_error_is_told() -> None:
    _value, errors = shaped("rules: [{id: 1, on: 2}, {x: 1}]\nnames: 3\nzzz: 4")
    assert [error.split(" ")[0] for error in errors] == ["d:1:14:", "d:1:21:", "d:1:26:", "d:1:25:", "d:2:8:", "d:3:1:"]


def test_an_empty_value_is_allowed_only_where_asked_for_and_none_is_one() -> None:
    assert shaped("maybe: null", nulls=True) == (Whole(maybe=None), [])
    assert shaped("maybe: null")[1] != []
    assert "names is empty" in shaped("names: null", nulls=True)[1][0]


ODD = st.recursive(
    st.sampled_from(("a", "warn", "block", "x", "alpha", "2026-07-10", "unknown", 1, 0.5, True, "UTC")),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from(("id", "match", "effect", "rules", "tool", "not", "users", "host", "class", "kind", "score",
                         "until", "metadata", "settings", "retention", "vetted", "within_days", "z")),
        inner,
        max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip
PARTS = st.dictionaries(
    st.sampled_from(("metadata", "contact", "groups", "tools", "endpoints", "rules", "default", "waivers", "protected",
                     "audit", "enforcement", "zzz")),
    ODD,
    max_size=3,
)  # fmt: skip


@given(PARTS)
def test_the_reader_accepts_what_the_schema_accepts(parts: dict[str, Any]) -> None:
    import json

    document = {"apiVersion": "clearance/v1", "kind": "Directive", **parts}
    valid = jsonschema_rs.validator_for(schema("directive")).is_valid(document)
    try:
        parse([("d", json.dumps(document).encode())])
    except Error as error:
        # What the schema leaves to the reader: values within a text, numbers out of range, ids that are empty or twice.
        reader_only = ("is not a", "has no", "is there twice", "which is no", "is -", "percentage", "not a time zone")
        assert not valid or any(words in str(error) for words in reader_only), str(error)
    else:
        assert valid
