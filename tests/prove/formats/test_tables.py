from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.model.sighting import Coverage, Endpoint, SwitchState
from clearance.prove.formats.outline import tool_groups
from clearance.prove.formats.tables import (
    amounts,
    chart,
    flow_rows,
    home_rows,
    host_rows,
    people,
    people_rows,
    set_aside,
    surface_rows,
)
from tests.prove.formats.sample import CLAUDE, HOMES, TOOLS, sample, seen

GROUPS = tool_groups([s for s in sample().sightings if not s.suppressed], TOOLS)


@given(st.lists(st.integers(0, 10**9), max_size=8))
def test_the_parts_of_a_chart_stand_side_by_side_and_fill_it(counts: list[int]) -> None:
    made = chart([("allow", "allow", count) for count in counts])
    end = 0.0
    for part in made.parts:
        assert part.start == pytest.approx(end, abs=0.01)
        end = part.start + part.share
    assert made.total == sum(counts)
    if made.total:
        assert end == pytest.approx(100, abs=0.05)


def test_a_chart_says_in_words_what_it_shows() -> None:
    made = chart([("block", "block", 2), ("warn", "warn", 0), ("allow", "allow", 1200)], whole=2404)
    assert made.label == "2 block, 1,200 allow"
    assert [(part.style, part.label, part.start, part.share) for part in made.parts] == [
        ("block", "2 block", 0.0, 0.083), ("allow", "1,200 allow", 0.083, 49.917),
    ]  # fmt: skip


def test_amounts_leave_out_what_is_nowhere() -> None:
    assert amounts(GROUPS, 2) == [
        ("block", "block", 2), ("warn", "warn", 2), ("settings", "with settings", 1), ("allow", "allow", 3),
        ("unknown", "unknown", 2),
    ]  # fmt: skip
    assert amounts((), 0) == []


def test_a_person_is_shown_the_strongest_decision_that_holds_for_them() -> None:
    assert people(sample().sightings) == ["ana", "kai", ""]
    claude = next(row for row in people_rows(GROUPS, ["ana", "kai", ""]) if row.name == "Claude Code")
    assert [cell and (cell.mark.word, cell.count) for cell in claude.cells] == [("block", 10), ("allow", 2), None]


def test_the_most_frequent_kind_fills_its_bar() -> None:
    rows = surface_rows(sample().sightings)
    assert [row.count for row in rows] == sorted((row.count for row in rows), reverse=True)
    assert sum(part.share for part in rows[0].bar.parts) == pytest.approx(100, abs=0.01)
    assert surface_rows(()) == []


def test_hosts_are_the_doubtful_ones_first_and_vendors_where_nothing_is_set() -> None:
    assert [(row.host, row.kind, row.tools) for row in host_rows(GROUPS)] == [
        ("relay.example.net", "relay", "Claude Code"),
        ("api.openai.com", "vendor", "Codex CLI"),
        ("api2.cursor.sh", "vendor", "Cursor"),
        ("llm.corp.example.com", "cleared gateway", "Qwen Code"),
    ]
    server = seen("q", "mcp-server", "/q", CLAUDE, endpoint=Endpoint("elsewhere.example"))
    assert host_rows(tool_groups([server], ())) == []


def test_data_switches_have_a_row_for_each_person() -> None:
    assert [(row.name, row.user, row.on, row.default, row.unknown, row.off) for row in flow_rows(GROUPS)] == [
        ("Claude Code", "ana", (), ("training", "telemetry"), (), ("error reports",)),
        ("Cursor", "ana", ("training",), ("indexing",), ("telemetry",), ()),
    ]
    half = (SwitchState("a", "on", "1", "", "telemetry"), SwitchState("b", "off", "0", "", "telemetry"))
    (row,) = flow_rows(tool_groups([seen("q", "binary", "/q", None, switches=half)], ()))
    assert (row.user, row.on) == ("every user", ("telemetry (partly)",))


def test_homes_say_how_much_was_looked_for() -> None:
    rows = home_rows([*sample().coverage, Coverage("q", "", "not-looked", "not asked")])
    assert [(row.user, row.text) for row in rows] == [
        ("every user", "1 not looked for"), ("ana", "4 found, 4 not found"), ("bo", "8 not readable"),
        ("kai", "4 found, 4 not found"),
    ]  # fmt: skip


def test_what_was_set_aside_says_by_whom() -> None:
    (row,) = set_aside(sample(), HOMES)
    assert (row.what, row.path, row.owner, row.until) == (
        "Codex CLI", "/srv/docs/AGENTS.md", "security@example.com", "31 March 2027",
    )  # fmt: skip
