from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clearance.catalog import source as source_module
from clearance.catalog.source import DEEPEST, LARGEST, Node, ScalarNode, Source, Spot, read, scalar, shown
from clearance.errors import Error, Unreadable


def nodes(name: str, data: bytes) -> tuple[Source, Node]:
    source, node = read(name, data)
    assert node is not None
    return source, node


def refusal(data: bytes, name: str = "d.yaml") -> str:
    with pytest.raises(Error) as caught:
        read(name, data)
    return str(caught.value)


def value(text: str) -> object:
    node = read("d", text.encode())[1]
    assert isinstance(node, ScalarNode)
    return scalar(node)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-10", "2026-07-10"),
        ("yes", "yes"),
        ("off", "off"),
        ("NO", "NO"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("12", 12),
        ("-3", -3),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("'12'", "12"),
        ('"true"', "true"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1:30", "1:30"),
        ("12345678901234567890", 12345678901234567890.0),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, expected: object) -> None:
    if isinstance(expected, float) and expected > 1e15:
        with pytest.raises(Unreadable, match="is too large a number"):
            value(text)
    else:
        assert value(text) == expected
        assert type(value(text)) is type(expected)


@pytest.mark.parametrize("text", ["1e999", "-1e300", "9007199254740992", "-9007199254740992"])
def test_a_number_that_json_could_not_carry_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="is too large a number"):
        value(text)
    assert value("9007199254740991") == 9007199254740991


def test_half_a_character_is_refused() -> None:
    with pytest.raises(Unreadable, match="has half a character"):
        value('"\\ud800"')


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xff\xfea\x00", "d.yaml:1: is not UTF-8 text (byte 0)\n  save it as UTF-8"),
        (b"a: 1\nb: \xff\n", "d.yaml:2: is not UTF-8 text (byte 8)\n  save it as UTF-8"),
        (b"a: \x00\x01", "d.yaml: holds a character that YAML does not allow, \\x00\n"),
        (b"a: 1\n\tb: 2", "d.yaml:2:1: is not YAML: found character '\\t' that cannot start any token\n"),
        (b"a: [1", "d.yaml:1:6: is not YAML: "),
        (b"a: b: c", "d.yaml:1:5: is not YAML: mapping values are not allowed here\n   1 | a: b: c\n     |     ^\n"),
        (b"a: &x 1", "d.yaml:1:4: anchors (&) are not read\n"),
        (b"a: *x", "d.yaml:1:4: aliases (*) are not read\n"),
        (b"a: !!python/object:os.system x", "d.yaml:1:4: tags (!) are not read\n"),
        (b"%YAML 1.1\n---\na: 1", "d.yaml:1:1: lines that begin with % are not read\n"),
        (b'"\\U7fffffff"', "d.yaml: is not YAML\n"),
        (b"a: 1\n---\nb: 1", "d.yaml:2:1: a second document begins here\n"),
        (b"[" * 1000, f"d.yaml:1:{DEEPEST + 1}: is nested too deeply\n"),
        (b"- " * 100_000, f"d.yaml:1:{2 * DEEPEST + 1}: is nested too deeply\n"),
        (b"x" * (LARGEST + 1), "d.yaml: is larger than 1 MiB\n"),
    ],
)
def test_what_cannot_be_read_says_so_at_its_place(data: bytes, expected: str) -> None:
    assert expected in refusal(data) + "\n"


@pytest.mark.parametrize("data", [b"", b"\n", b"# only a comment\n", b"\xef\xbb\xbf"])
def test_an_empty_document_has_no_nodes(data: bytes) -> None:
    source, node = read("d.yaml", data)
    assert node is None
    assert source.name == "d.yaml"


def test_as_many_levels_as_may_be_and_no_more() -> None:
    assert nodes("d.yaml", b"- " * (DEEPEST - 1) + b"x")
    assert "is nested too deeply" in refusal(b"- " * DEEPEST + b"x")
    block = "\n".join("  " * level + "a:" for level in range(DEEPEST))
    assert refusal(block.encode()).startswith(f"d.yaml:{DEEPEST}:")


def test_a_document_of_too_many_parts_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "MOST", 1000)
    assert read("d.yaml", b"[" + b"a," * 400 + b"]")
    assert refusal(b"[" + b"a," * 600 + b"]").startswith("d.yaml:1:1001: has more than 1,000 words and signs\n")


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"? ? ? [")
@example(b"a: |9999999999999999999999\n x")
@example(b'"\\U7fffffff"')
@example(b'"\\xZZ"')
def test_whatever_the_bytes_are_there_is_a_document_or_an_error(data: bytes) -> None:
    try:
        source, node = read("d.yaml", data)
    except Error as error:
        assert str(error).startswith("d.yaml")
        assert "\x1b" not in str(error)
    else:
        assert node is None or source.spot(node).place().line >= 1


@given(st.text("[]{},:- \n\"'#&*!|>%@a1?~", max_size=60))
def test_signs_in_any_order_are_a_document_or_an_error(text: str) -> None:
    try:
        read("d.yaml", text.encode())
    except Error as error:
        assert str(error).startswith("d.yaml")


def test_a_place_shows_its_line_without_what_would_move_a_cursor() -> None:
    source, node = nodes("d", "# \u202e hidden\n'ab\u200b\u200f c'\n".encode())
    place = source.spot(node).place()
    assert (place.line, place.column, place.length, place.text) == (2, 1, 8, "'ab   c'")


def test_a_long_line_is_cut_and_not_shown_where_its_mark_would_be_beyond() -> None:
    source = Source("d", ("x" * 500,))
    assert Spot(source, 0, 3, 2).place().text == "x" * 159 + "…"
    assert Spot(source, 0, 300, 2).place().text == ""
    assert str(Spot(source).place()) == "d"
    assert Spot(source, 7, 0).place().text == ""


def test_a_name_is_shown_harmlessly() -> None:
    assert refusal(b"\xff", "a\x1b[31m\udcff\n.yaml").startswith("a\\x1b[31m\\udcff\\n.yaml:1: is not UTF-8")
    assert shown("a" * 100) == "a" * 79 + "…"
    assert shown("ü é") == "ü é"


@pytest.mark.parametrize("text", ["a: 1\r\nb: !x", "a: 1\rb: !x", "\ufeffa: 1\nb: !x", "a: '\u2028\x85\u2029'\nb: !x"])
def test_lines_are_counted_however_they_end(text: str) -> None:
    assert refusal(text.encode()).startswith("d.yaml:2:4: tags")


def test_a_value_on_several_lines_is_marked_at_its_beginning() -> None:
    source, node = nodes("d", b"a:\n  b: 1\n  c: 2\n")
    assert source.spot(node).place().length == 1
