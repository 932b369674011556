from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from clearance.errors import Error
from clearance.model.sighting import Sighting, Suppressed, Unknown
from clearance.tasks.suppressing import load_suppressions, suppressed

TODAY = dt.date(2026, 11, 21)
SEEN = Sighting("s1", "t", "T", "binary", "/opt/ml/bin/t", "certain", user="ana")
AGENT = Unknown("u1", "/opt/ml/agent", 0.9, ())
HEAD = "apiVersion: clearance/v1\nkind: Suppressions\nsuppressions:\n"


def load(tmp_path: Path, entries: str) -> list[bool]:
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + entries)
    sightings, unknown = suppressed((SEEN,), (AGENT,), load_suppressions(str(path)), TODAY)
    return [s.suppressed is not None for s in sightings] + [u.suppressed is not None for u in unknown]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("tool: t", [True, False]),
        ("id: s1", [True, False]),
        ("id: u1", [False, True]),
        ('path: "/opt/ml/*"', [True, True]),
        ("surface: binary", [True, True]),
        ("user: ana", [True, False]),
        ("tool: t, user: bo", [False, False]),
        ('tool: t, path: "/home/*"', [False, False]),
    ],
)
def test_all_that_is_given_must_hold(tmp_path: Path, fields: str, expected: list[bool]) -> None:
    entry = f"  - {{{fields}, reason: reviewed, owner: sec@example.com, until: 2026-11-21}}\n"
    assert load(tmp_path, entry) == expected


def test_one_whose_end_is_past_holds_no_longer(tmp_path: Path) -> None:
    assert load(tmp_path, "  - {tool: t, reason: r, owner: o, until: 2026-11-20}\n") == [False, False]


def test_what_is_suppressed_says_why_by_whom_and_until_when(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + "  - {tool: t, reason: r, owner: o, until: 2027-01-01}\n")
    (found,), _ = suppressed((SEEN,), (), load_suppressions(str(path)), TODAY)
    assert found.suppressed == Suppressed("r", "o", "2027-01-01")
    assert load_suppressions(None) == ()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (HEAD + "  - {reason: r, owner: o, until: 2027-01-01}\n", "hide everything"),
        (HEAD + "  - {tool: t, reason: r, owner: o, until: soon}\n", "not a date"),
        (HEAD + "  - {tool: t, reason: r, until: 2027-01-01}\n", "owner"),
        (HEAD + "  - {tool: t, raeson: r}\n", "raeson"),
        ("kind: Directive\n", "apiVersion"),
        ("]", "s.yaml"),
    ],
)
def test_a_bad_document_is_an_error_at_its_place(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(Error) as raised:
        load_suppressions(str(path))
    assert what in str(raised.value)
    assert "s.yaml" in str(raised.value)


def test_a_missing_document_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Error, match="cannot read the suppressions"):
        load_suppressions(str(tmp_path / "none.yaml"))
