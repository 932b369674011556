from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.documents import LIMIT, YAML_LIMIT, lookup, lookup_all, parse, without_comments

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_plain_json_is_read_as_the_standard_library_reads_it(value: object) -> None:
    assert parse(json.dumps(value).encode(), "json") == value


@given(JSON)
def test_removing_comments_changes_no_document_that_has_none(value: object) -> None:
    text = json.dumps(value).encode()
    assert without_comments(text) == text


@given(st.dictionaries(st.text(), st.lists(st.text()), min_size=1))
def test_comments_and_trailing_commas_are_read_over(value: dict[str, list[str]]) -> None:
    members = ", // after\n".join(f"{json.dumps(k)}: {json.dumps(v)[:-1]}{',' if v else ''}]" for k, v in value.items())
    text = f'/* before " */ {{ {members}, /* last */ }} // end'
    assert parse(text.encode(), "jsonc") == value


@given(st.binary(max_size=400), st.sampled_from(["json", "jsonc", "toml", "yaml", "plist", "text"]))
def test_arbitrary_bytes_give_a_value_or_a_value_error(data: bytes, kind: str) -> None:
    try:
        parse(data, kind)
    except ValueError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "hostile",
    [
        b",/*" * 300_000,
        b'"' + b'\\"' * 500_000,
        b"[," * 400_000,
        b'{"a":' * 200_000,
        b",/**/" * 200_000 + b"]",
        b"/" * LIMIT,
    ],
)
def test_hostile_json_ends_in_an_error(hostile: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(hostile, "jsonc")


def test_what_is_too_large_is_refused_unread() -> None:
    with pytest.raises(ValueError, match="larger than"):
        parse(b" " * (LIMIT + 1), "json")
    with pytest.raises(ValueError, match="larger than"):
        parse(b" " * (YAML_LIMIT + 1), "yaml")


def test_a_yaml_bomb_is_no_bomb() -> None:
    bomb = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9)) for c in range(ord("b"), ord("k"))
    )
    document = parse(bomb, "yaml")
    assert lookup(document, "a.0") is None
    assert set(document) == set("abcdefghij")


MERGED = "b0: &b0 {x: 1}\n" + "".join(f"b{n}: &b{n} {{<<: [*b{n - 1}, *b{n - 1}]}}\n" for n in range(1, 60))


@pytest.mark.parametrize(
    ("kind", "hostile"),
    [("yaml", MERGED), ("yaml", "[" * 60_000), ("yaml", "{a: " * 15_000), ("toml", "a." * 500_000 + "a = 1"),
     ("toml", "[" + "a . " * 200_000 + "a]")],
)  # fmt: skip
def test_what_a_reader_would_take_minutes_for_is_refused(kind: str, hostile: str) -> None:
    with pytest.raises(ValueError, match="too"):
        parse(hostile.encode(), kind)


@pytest.mark.parametrize(
    ("kind", "usual"),
    [("yaml", "a: &a {x: [1, {y: [2]}]}\nb: {<<: *a, z: 3}\nc: ['**/*.py', 'src/*']\n"),
     ("toml", 'a.b."c d".e = "one.two.three"\n[model_providers."x.y"]\nurl = "https://a.b.c.d.e.f"\n# ' + "." * 300)],
)  # fmt: skip
def test_usual_nesting_is_read(kind: str, usual: str) -> None:
    assert parse(usual.encode(), kind)


def test_a_key_with_dots_is_tried_whole_first() -> None:
    document = {"telemetry.level": "off", "telemetry": {"level": "all", "x": 1}}
    assert lookup(document, "telemetry.level") == "off"
    assert lookup(document, "telemetry.x") == 1
    assert lookup(document, "telemetry.none") is None
    assert lookup({"a.b": {"c": 3}}, "a.b.c") == 3


def test_a_star_names_every_member() -> None:
    document = {"provider": {"one": {"options": {"baseURL": "u"}}, "two": {"options": {"baseURL": "v"}}, "three": 3}}
    assert list(lookup_all(document, "provider.*.options.baseURL")) == [
        ("provider.one.options.baseURL", "u"),
        ("provider.two.options.baseURL", "v"),
    ]
    assert list(lookup_all({"l": [{"u": 1}, {"u": 2}]}, "l.*.u")) == [("l.0.u", 1), ("l.1.u", 2)]
    assert list(lookup_all([1, 2], "*")) == [("0", 1), ("1", 2)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("yaml", "openai-api-key: '{secret}"),
        ("yaml", "a: *{secret}"),
        ("yaml", "a: !{secret} b"),
        ("yaml", "{secret}: 1\n{secret}: 2\n: ]"),
        ("json", '{{"key": {secret}}}'),
        ("jsonc", '{{"key": "{secret}'),
        ("toml", "key = {secret}"),
        ("toml", "{secret} = 1\n{secret} = 2"),
        ("plist", "<plist><dict><key>{secret}</dict>"),
    ],
)
@given(secret=st.from_regex(r"[a-z]{2}[0-9]{14}[a-z]{4}", fullmatch=True))
def test_an_error_never_quotes_the_document(kind: str, text: str, secret: str) -> None:
    try:
        parse(text.format(secret=secret).encode(), kind)
    except ValueError as error:
        assert secret not in str(error)
        assert secret[:8] not in str(error)
