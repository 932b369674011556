from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.errors import Error, Errors
from clearance.judge.parse import MOST_ERRORS, parse
from tests.judge.builders import HEADER, directive


def refusal(*texts: str) -> str:
    with pytest.raises(Error) as caught:
        parse((f"{n:02d}.yaml", text.encode()) for n, text in enumerate(texts))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: Directive", '00.yaml:1:1: has no "apiVersion"\n'),
        ("apiVersion: clearance/v1", '00.yaml:1:1: has no "kind"\n'),
        ("apiVersion: v1\nkind: Directive", '00.yaml:1:13: apiVersion is "v1", and only "clearance/v1" is read here\n'),
        ("apiVersion: clearance/v2\nkind: Directive", "or use the release of Clearance that knows this version"),
        ("apiVersion: clearance/v1\nkind: DirectiveTest", 'kind is "DirectiveTest", and only "Directive" is read here'),
        ("apiVersion: [x]\nkind: Directive", 'apiVersion is "…", and only "clearance/v1" is read here'),
        ("apiVersion: 'clearance/v1'\nkind: \"\\e]0;x\\a\"", 'kind is "\\x1b]0;x\\x07"'),
        ("- a", '00.yaml:1:1: is not a Directive: it has no fields\n'),
        ("a", "is not a Directive: it has no fields"),
        ("", "00.yaml: is empty"),
    ],
)  # fmt: skip
def test_a_document_of_another_kind_or_version_is_refused_first(text: str, expected: str) -> None:
    assert expected in refusal(text) + "\n"


def test_the_version_of_other_products_gets_no_advice_on_releases() -> None:
    assert "release" not in refusal("apiVersion: v1\nkind: ConfigMap")


def test_the_error_of_the_voice_page() -> None:
    text = (
        HEADER
        + "rules:\n  - id: no-residency\n    match: {kind: coding-agent, not: {residence: in-house}}\n    effect: block"
    )
    assert refusal(text).splitlines()[:3] == [
        '00.yaml:5:39: rule "no-residency" matches on "residence", which is not a field',
        "   5 |     match: {kind: coding-agent, not: {residence: in-house}}",
        '     |                                       ^^^^^^^^^ did you mean "residency"?',
    ]


def test_errors_of_all_documents_are_told_in_order() -> None:
    with pytest.raises(Errors) as caught:
        parse([("b", b"x: 1"), ("a", (HEADER + "zz: 1\nrules: 3").encode()), ("c", b"")])
    assert [str(error.place) for error in caught.value.errors] == ["a:3:1", "a:4:8", "b:1:1", "c"]


def test_no_more_errors_are_told_than_one_can_mend() -> None:
    with pytest.raises(Errors) as caught:
        directive("\n".join(f"x{n}: 1" for n in range(100)))
    assert len(caught.value.errors) == MOST_ERRORS + 1
    assert str(caught.value.errors[-1]) == "there are 80 more\n  mend these first"


def test_without_a_document_there_is_no_directive() -> None:
    assert refusal() == "there is no directive to read\n  name a file, or a folder with *.yaml files"


def test_twice_in_one_document_or_in_two() -> None:
    rules = (
        "rules: [{id: a, match: {}, effect: warn}, {id: a, match: {}, effect: warn}, {id: a, match: {}, effect: warn}]"
    )
    with pytest.raises(Errors) as caught:
        directive(rules)
    assert [error.place.column for error in caught.value.errors if error.place] == [48, 82]
    with pytest.raises(Error, match="endpoint"):
        directive("endpoints: [{host: A.example, class: relay}, {host: a.example, class: vendor}]")
    assert "group" in refusal(HEADER + "groups: {a: {}}", HEADER + "groups: {b: {}, a: {}}")


def test_ids_of_documents_are_kept_once_each_in_their_order() -> None:
    merged = directive("metadata: {id: B}", "contact: c", "metadata: {id: A}", "metadata: {id: B}")
    assert merged.ids == ("B", "A")


def test_values_are_looked_at_once_everything_has_its_shape() -> None:
    assert "zz" in refusal(HEADER + "zz: 1\nmetadata: {id: x, timezone: Nowhere}")
    assert "Nowhere" not in refusal(HEADER + "zz: 1\nmetadata: {id: x, timezone: Nowhere}")


@given(st.lists(st.binary(max_size=80), max_size=3))
def test_whatever_the_documents_are_there_is_a_directive_or_an_error(documents: list[bytes]) -> None:
    try:
        parse((f"{n}", HEADER.encode() + data if n else data) for n, data in enumerate(documents))
    except Error as error:
        assert str(error)
