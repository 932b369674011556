from __future__ import annotations

import json
import unicodedata

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from clearance.prove.formats.escape import LONGEST, MARKS_IN_A_ROW, json_text, plain, scalar, scalars, unscalar
from tests.prove.formats.strategies import texts

anything = st.text(st.characters(exclude_categories=())) | texts


@given(anything)
def test_plain_text_is_printable_and_bounded(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert len(shown) <= LONGEST
    shown.encode()


@given(anything)
def test_plain_text_hides_nothing_and_stacks_nothing(text: str) -> None:
    marks = 0
    for char in plain(text):
        assert unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        assert char not in "\u3164\u115f\u2800\ufe0f"
        marks = marks + 1 if unicodedata.combining(char) else 0
        assert marks <= MARKS_IN_A_ROW


@given(st.text(st.characters(categories=("L", "Nd"), max_codepoint=0x24F), max_size=LONGEST))
def test_plain_text_leaves_words_as_they_are(text: str) -> None:
    assert plain(text) == text


def test_what_would_not_show_is_written_visibly() -> None:
    assert plain("a\x1b[31mb\n\u202ec\udcff\U000e0041\x9b") == "a\\x1b[31mb\\n\\u202ec\\xff\\U000e0041\\x9b"


def test_a_long_text_loses_its_middle() -> None:
    assert plain("a" * 50 + "z" * 50, limit=11) == "aaaaaa…zzzz"
    assert len(plain("\x00" * 1_000_000)) == LONGEST


def test_a_limit_of_one_and_none() -> None:
    assert plain("abc", limit=1) == "…"
    assert plain("abc", limit=3) == "abc"


@given(anything)
def test_scalar_text_is_valid_and_loses_nothing(text: str) -> None:
    written = scalar(text)
    written.encode()
    assert unscalar(written) == text


@given(st.binary())
def test_a_file_name_of_any_bytes_comes_back(name: bytes) -> None:
    text = name.decode("utf-8", "surrogateescape")
    assert unscalar(scalar(text)).encode("utf-8", "surrogateescape") == name


def test_ordinary_backslashes_stay() -> None:
    assert scalar("C:\\Users\\ana\\x") == "C:\\Users\\ana\\x"
    assert scalar("\udcff") == "\\xff"
    assert scalar("\\xff") == "\\x5cxff"


@given(st.recursive(anything.map(scalar), lambda inner: st.lists(inner) | st.dictionaries(anything.map(scalar), inner)))
def test_json_text_is_the_same_document_and_printable(document: object) -> None:
    text = json_text(msgspec.json.encode(document))
    assert json.loads(text) == document
    assert text.replace("\n", "").isprintable()


def test_every_text_of_a_document_is_made_a_scalar_keys_included() -> None:
    given = {"a\udcff": ["b\ud800", 1, None, {"c": True}, ("d", 2.5)]}
    assert scalars(given) == {"a\\xff": ["b\\ud800", 1, None, {"c": True}, ["d", 2.5]]}
