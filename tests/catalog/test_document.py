"""Whatever the bytes are: a value, or an Error that names the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.catalog.document import Document
from clearance.catalog.source import DEEPEST, LARGEST
from clearance.errors import Error
from clearance.model.tool import Tool
from tests.catalog.sample import ENTRY, entry


def refused(data: bytes | str) -> Error:
    with pytest.raises(Error) as caught:
        Document(data, "x.yaml").to(Tool)
    return caught.value


def at(error: Error) -> tuple[int, int]:
    assert error.place is not None
    return error.place.line, error.place.column


def test_plain_values_of_every_kind() -> None:
    text = "a: 1\nb: -0x1F\nc: 1.5\nd: [true, false, null, ~]\ne: 2026-11-21\nf: {g: no}\nh: on\n"
    assert Document(text, "x").value == {
        "a": 1, "b": "-0x1F", "c": 1.5, "d": [True, False, None, None], "e": "2026-11-21", "f": {"g": "no"}, "h": "on",
    }  # fmt: skip


def test_an_empty_document_is_null() -> None:
    document = Document(b"# nothing\n", "x.yaml")
    assert document.value is None
    assert str(document.place(("a",))) == "x.yaml"


@pytest.mark.parametrize(
    ("text", "what", "place"),
    [
        ("a: &x [1]\nb: *x\n", "anchors (&) are not read", (1, 4)),
        ("a: [1]\nb: *x\n", "aliases (*) are not read", (2, 4)),
        ("a: 1\na: 2\n", 'the key "a" stands here twice', (2, 1)),
        ("a: 1\n<<: {b: 2}\n", "merge keys are not used", (2, 1)),
        ("? [a]\n: 1\n", "a key must be a text", (1, 3)),
        ("a: !!python/object:os.system x\n", "tags (!) are not read", (1, 4)),
        ("a: !!set {b}\n", "tags (!) are not read", (1, 4)),
        ("a: !!int nine\n", "tags (!) are not read", (1, 4)),
        ("a: 1e999\n", '"1e999" is too large a number', (1, 4)),
        ('a: "\\ud800"\n', '"\\ud800" has half a character', (1, 4)),
        ("a: b: c\n", "mapping values are not allowed", (1, 5)),
        ("a: 1\n---\nb: 2\n", "a second document begins here", (2, 1)),
        ("[" * (DEEPEST + 5), "nested too deeply", (1, DEEPEST + 1)),
        ("id: [1]\n", "expected `str`, got `array`", (1, 5)),
        ("- 1\n", "expected `object`, got `array`", (1, 1)),
        ("{}", 'the field "id" is missing', (1, 1)),
        ("id: x\nnam: y\n", '"nam" is not a field here', (2, 1)),
    ],
)
def test_what_is_refused_is_refused_with_its_place(text: str, what: str, place: tuple[int, int]) -> None:
    error = refused(text)
    assert what in error.what
    assert at(error) == place
    assert error.place is not None
    assert error.place.text == text.split("\n")[place[0] - 1]


def test_lines_are_counted_as_the_reader_counts_them() -> None:
    error = refused("a: 1\r\nb: 'x\u2028\x85y'\rc: &x 1\n")
    assert error.place is not None
    assert (error.place.line, error.place.column, error.place.text) == (3, 4, "c: &x 1")


@pytest.mark.parametrize(
    ("old", "new", "what", "hint", "line"),
    [
        (
            "country: CZ",
            "countri: CZ",
            '"countri" is not a field here',
            'did you mean "country"?',
            "  value: {name: Acme",
        ),
        (
            "value: [coding-agent]",
            "value: [coding-agnt]",
            '"coding-agnt" is not one of the words',
            "",
            "  value: [coding",
        ),
        ("value: 30", "value: a while", "is not one of the words", "", "  retention"),
        (
            "where: env, key: ACME",
            "wher: env, key: ACME",
            '"wher" is not a field',
            'did you mean "where"?',
            "  - {wher",
        ),
        ("least: 2", "zzzzz: 2", '"zzzzz" is not a field', "", "    - {role: banner"),
        ("value: [4711]", "value: [x]", "expected `int`, got `str`", "", "  ports"),
    ],
)
def test_an_error_deep_in_an_entry_points_at_it(old: str, new: str, what: str, hint: str, line: str) -> None:
    error = refused(entry((old, new)))
    assert what in error.what
    assert error.hint == hint
    assert error.place is not None
    assert error.place.text.startswith(line)
    assert error.place.column > 1


def test_a_place_of_what_is_not_there_is_that_of_its_owner() -> None:
    document = Document("a:\n  b: [1, 2]\n", "x")
    assert at_place(document, ("a", "b", 1)) == (2, 10)
    assert at_place(document, ("a", "b", 7)) == (2, 6)
    assert at_place(document, ("a", "c")) == (2, 3)
    assert at_place(document, ("a", "b", 1, "d")) == (2, 10)
    place = document.place(("a", "b"), key=True)
    assert (place.line, place.column, place.length) == (2, 3, 1)


def at_place(document: Document, path: tuple[str | int, ...]) -> tuple[int, int]:
    place = document.place(path)
    return place.line, place.column


def test_too_large_not_utf8_and_control_characters() -> None:
    assert "larger than" in refused(b"a" * (LARGEST + 1)).what
    error = refused(b"a: 1\nb: \xff\n")
    assert error.what.startswith("is not UTF-8 text")
    assert at(error) == (2, 0)
    assert refused('a: "\udcff"').what.startswith("is not UTF-8 text")
    assert "a character that YAML does not allow" in refused("a: \x00").what


def test_a_number_of_a_million_digits_is_refused() -> None:
    assert "is too large a number" in refused("a: " + "9" * 100_000).what


def test_an_error_of_the_reader_that_is_no_yaml_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from ruamel.yaml import YAML

    def fail(self: YAML, stream: str) -> None:
        raise AttributeError("inside")

    monkeypatch.setattr(YAML, "compose", fail)
    assert refused("a: 1").what == "is not YAML"


@given(st.binary(max_size=400))
def test_any_bytes_give_a_value_or_an_error(data: bytes) -> None:
    try:
        Document(data, "x.yaml").to(Tool)
    except Error as error:
        assert error.what


@given(st.text(alphabet="{}[]:,&*!|>'\"?-#\n \tab01.~<%@`", max_size=200))
def test_any_yaml_like_text_gives_a_value_or_an_error(text: str) -> None:
    try:
        Document(text, "x.yaml").to(Tool)
    except Error as error:
        assert error.what


@given(st.data())
def test_a_broken_entry_gives_a_tool_or_an_error(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(ENTRY)))
    end = data.draw(st.integers(start, min(len(ENTRY), start + 30)))
    junk = data.draw(
        st.one_of(st.just(""), st.sampled_from(["[", "{", "*a", "&a ", ": ", "\n", "- ", "!!int ", "'", "\t"]))
    )
    try:
        Document(ENTRY[:start] + junk + ENTRY[end:], "x.yaml").to(Tool)
    except Error as error:
        assert error.what
        assert str(error).startswith("x.yaml")


def test_a_yaml_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join(['*' + chr(ord(name) - 1)] * 9)}]\n" for name in "bcdefghij"
    )
    assert at(refused(bomb)) == (1, 4)
