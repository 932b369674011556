from __future__ import annotations

import datetime as dt

from msgspec import structs

from clearance.model.tool import Incident, Setter, Switch
from clearance.prove.formats.tool import caution, comparison, rows, sheet
from tests.builders import CHECKED, fact, location, tool

TODAY = dt.date(2026, 11, 30)
SWITCH = Switch(
    "telemetry",
    "telemetry",
    "on",
    (Setter("env", "NO_T", off=("1", "*")), Setter("/etc/t.json", "t.on", scope="managed", off=(False,))),
    CHECKED,
    ("a document",),
    text="a word on it",
)
TOOL = tool(
    "t", switches=(SWITCH,), config=(location("~/.t/settings.json"),), binaries=("t", "tt"), data={"retention": 0}
)


def test_a_fact_over_a_year_old_or_from_others_says_so() -> None:
    assert caution(fact("x"), TODAY) == ""
    assert caution(structs.replace(fact("x"), third_party=True), TODAY) == "not only from the vendor"
    indirect = structs.replace(fact("x"), third_party=True, indirect=True)
    assert caution(indirect, TODAY) == "read only through third parties"
    old = structs.replace(fact("x"), as_of=dt.date(2024, 1, 1))
    assert caution(old, TODAY) == "2 year(s) old: read on 2024-01-01"
    assert caution(structs.replace(fact("x"), checked=dt.date(2025, 11, 30)), TODAY) == ""


def test_every_fact_is_a_row_in_words() -> None:
    shown = {row.name: row.value for row in rows(TOOL, TODAY)}
    assert shown["vendor"] == "Vendor, US"
    assert shown["retention"] == "not kept"
    assert shown["config"] == "~/.t/settings.json"
    assert shown["binaries"] == "t, tt"
    shown = {row.name: row.value for row in rows(tool("t", data={"retention": "unknown"}), TODAY)}
    assert shown["retention"] == "unknown"


def test_the_sheet_has_switches_incidents_and_what_was_not_checked() -> None:
    data = structs.replace(
        TOOL.data, incidents=(Incident("it was observed", "2026-03", ("a report",), True),), notes="a note"
    )
    text = sheet(structs.replace(TOOL, data=data, unverified=("the icon",), aliases=("tee",), command="t"), TODAY, 80)
    for part in (
        "also known as tee",
        "start it with: t",
        "variable NO_T = 1 or any value stops it",
        "/etc/t.json: t.on = false stops it (managed)",
        "2026-03  it was observed (third party)",
        "Note: a note",
        "the icon",
        "a word on it",
    ):
        assert part in text
    assert max(map(len, text.splitlines())) <= 80


def test_tools_are_compared_in_columns() -> None:
    text = comparison([TOOL, tool("u"), tool("v")], TODAY, 100)
    lines = text.splitlines()
    assert lines[0].split() == ["T", "U", "V"]
    assert any(line.split()[:2] == ["retention", "not"] for line in lines)
    assert max(map(len, lines)) <= 110


def test_a_comparison_marks_what_to_bear_in_mind() -> None:
    doubtful = structs.replace(TOOL.data, training=structs.replace(TOOL.data.training, third_party=True))
    text = comparison([structs.replace(TOOL, data=doubtful), tool("u")], TODAY, 100)
    assert any(line.split() == ["training", "never", "*", "never"] for line in text.splitlines())
    assert text.splitlines()[-1].startswith("* ")
    assert "*" not in comparison([TOOL, tool("u")], TODAY, 100)
