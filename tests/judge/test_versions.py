from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.errors import Unreadable
from clearance.judge.versions import edges, version, version_range

ASCENDING = [
    "nightly", "0.9", "1.0.dev1", "1.0a1.dev2", "1.0a1", "1.0-alpha.2", "1.0-alpha.beta", "1.0b2",
    "1.0-beta.9", "1.0-beta.11",
    "1.0-canary", "1.0rc1", "1.0", "1.0-1", "1.0.post2", "1.0-2ubuntu1", "1.0.0.1", "1.0.1", "v1.2", "1.10",
     "2026.11.21",
    "1:0.1", "2!0.0.1",
]  # fmt: skip

EQUAL = [
    ("1.0", "1.0.0"),
    ("0", "0.0"),
    ("1.02", "1.2"),
    ("v1.0", "1.0"),
    ("V1.0", "1.0"),
    ("rust-v0.42.0", "0.42"),
    ("b4567", "4567"),
    ("0.0.1790179256-g22a153", "0.0.1790179256"),
    ("1.0.0-5-gabc1234", "1.0.0-5"),
    ("1.0+ubuntu.1", "1.0"),
    ("1.0pre2", "1.0rc2"),
    ("1.0-preview.2", "1.0c2"),
    ("1.0-A1", "1.0alpha1"),
    ("1.0.post1", "1.0-1"),
    ("1.0-r2", "1.0-2"),
    ("1.0.rev", "1.0-0"),
    ("1.0~rc1", "1.0rc1"),
    (" 1.0 ", "1.0"),
]

TEXTS = st.one_of(
    st.text(max_size=20),
    st.text("0123456789.-+~gvabcdeprost!:", max_size=20),
    st.sampled_from(ASCENDING),
)


def test_the_order_of_versions() -> None:
    for low, high in itertools.combinations(ASCENDING, 2):
        assert version(low) < version(high), (low, high)


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_versions_that_are_the_same(one: str, other: str) -> None:
    assert version(one) == version(other)


@pytest.mark.parametrize(
    ("low", "high"), [("1.0-gabc", "1.0"), ("1.0-g12345", "1.0"), ("1.0", "1.0-5x"), ("1.0-x", "1.0-x.1")]
)
def test_what_only_looks_like_a_commit_hash_is_a_word(low: str, high: str) -> None:
    assert version(low) < version(high)


def test_numbers_of_any_length_compare() -> None:
    assert version("1." + "9" * 200) < version("2")
    assert version("1." + "9" * 100) < version("1.1" + "0" * 100)
    assert version("9" * 300) == version("9" * 256)


@given(TEXTS, TEXTS, TEXTS)
def test_the_order_is_total(a: str, b: str, c: str) -> None:
    x, y, z = version(a), version(b), version(c)
    assert (x < y) + (x == y) + (x > y) == 1
    assert not (x <= y <= z) or x <= z


def holds(text: str, seen: str) -> bool:
    return all(clause.holds(version(seen)) for clause in version_range(text))


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=2.1.91,<2.1.198", ["2.1.91", "2.1.197", "2.1.198-beta.1"], ["2.1.90", "2.1.198", "2.1.91-rc.1"]),
        ("2.1.3", ["2.1.3", "v2.1.3.0"], ["2.1.4", "2.1.3-beta"]),
        ("== 2.1.3", ["2.1.3"], ["2.1.2"]),
        ("!=2.1.3", ["2.1.2"], ["2.1.3"]),
        ("==2.1.*", ["2.1", "2.1.9", "2.1-beta"], ["2.2", "3.2.1", "nightly", "1:2.1.3"]),
        ("2.*", ["2", "2.9"], ["1.2"]),
        ("==2.0.*", ["2", "2.0.1"], ["2.1", "20"]),
        ("!=2.1.*", ["2.2", "nightly"], ["2.1.9"]),
        ("==1:2.*", ["1:2.4"], ["2.4"]),
        ("~=1.4.2", ["1.4.2", "1.4.9"], ["1.4.1", "1.5", "2.4.2"]),
        ("~=1.4", ["1.4", "1.9"], ["1.3", "2.0"]),
        (">1.0 , <= 2.0", ["1.0.1", "2.0"], ["1.0", "2.0.1"]),
        (">=1.0~rc1", ["1.0", "1.0rc1"], ["1.0b1"]),
    ],
)
def test_ranges(text: str, inside: list[str], outside: list[str]) -> None:
    assert [seen for seen in inside if not holds(text, seen)] == []
    assert [seen for seen in outside if holds(text, seen)] == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is not a comparison"),
        (">=", "is not a comparison"),
        (">=1,,<2", "is not a comparison"),
        ("1.2 - 1.4", "is not a comparison"),
        ("^1.2", 'has "^", which is no comparison'),
        ("=1.2", 'has "=", which is no comparison'),
        ("1 || 2", "is not a comparison"),
        ("latest", 'has "latest", which is no version'),
        ("unknown", 'has "unknown", which is no version'),
        (">=1.*", 'has "1.*", which is no version'),
        ("1.*.2", 'has "1.*.2", which is no version'),
        ("*", 'has "*", which is no version'),
        ("~=1", 'has "~=1", which needs two numbers'),
    ],
)
def test_what_is_no_range(text: str, what: str) -> None:
    with pytest.raises(Unreadable) as caught:
        version_range(text)
    assert caught.value.what == what
    assert caught.value.remedy.startswith("write for example")


@given(st.text(max_size=30))
def test_a_range_is_read_or_refused(text: str) -> None:
    try:
        clauses = version_range(text)
    except Unreadable:
        return
    assert all(clause.holds(version("1.0")) in (True, False) for clause in clauses)


def test_the_edges_of_a_range() -> None:
    assert [text for text, _words in edges("~=1.4")] == ["1.4", "1.4.dev0", "1.4.1"]
    found = list(edges(">=2.1.91,==3.*"))
    assert found == [
        ("2.1.91", "version 2.1.91"),
        ("2.1.91.dev0", "a version before 2.1.91"),
        ("2.1.91.1", "a version after 2.1.91"),
        ("3", "version 3"),
        ("3.dev0", "a version before 3"),
        ("3.1", "a version after 3"),
    ]
    assert version("2.1.91.dev0") < version("2.1.91") < version("2.1.91.1")
