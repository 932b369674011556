from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.xml_texts import LONGEST, texts

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><a><id>&c;</id></a>"""


def test_the_first_element_of_each_path() -> None:
    data = b'<p v="1"><id> a.b </id><x><id>no</id></x><id>second</id><n>a&amp;<b/>c</n></p>'
    assert texts(data, ("p/id", "p@v", "p/none")) == {"p/id": "a.b", "p@v": "1"}


def test_long_texts_are_cut() -> None:
    assert texts(b"<p><id>" + b"x" * 5000 + b"</id></p>", ("p/id",)) == {"p/id": "x" * LONGEST}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (LAUGHS, "declares entities"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "declares entities"),
        (b"<a>" * 100, "nested too deeply"),
        (b"<a><b></a>", "not valid XML"),
        (b"", "not valid XML"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "not valid XML"),
    ],
)
def test_what_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        texts(data, ("a",))


@given(st.binary(max_size=300), st.text(max_size=30))
def test_nothing_but_a_value_error(noise: bytes, inner: str) -> None:
    for data in (noise, b"<a>" + noise + b"</a>", f"<a>{inner}</a>".encode("utf-8", "surrogatepass")):
        with contextlib.suppress(ValueError):
            texts(data, ("a", "a/b", "a@c"))
