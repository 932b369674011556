from __future__ import annotations

import random

from msgspec import structs

from clearance.model.sighting import Coverage, Skipped
from clearance.prove.formats.outline import counts, gaps, holes, incomplete, sections, tool_groups
from tests.prove.formats.sample import CLAUDE, HOMES, TOOLS, WAIVED, nothing_found, sample, seen


def test_the_strongest_decision_comes_first() -> None:
    (section,) = sections(sample().sightings, TOOLS, "decision")
    assert [(group.tool, group.effect) for group in section.groups] == [
        ("claude-code", "block"), ("windsurf", "block"), ("codex", "warn"), ("cursor", "warn"),
        ("github-copilot", "allow-with-settings"), ("aider", "allow"), ("ollama", "allow"), ("qwen-code", "allow"),
    ]  # fmt: skip


def test_by_tool_is_by_name() -> None:
    (section,) = sections(sample().sightings, TOOLS, "tool")
    names = [group.name for group in section.groups]
    assert names == sorted(names, key=str.lower)


def test_by_user_has_a_part_for_each_and_everybody_last() -> None:
    parts = sections(sample().sightings, TOOLS, "user")
    assert [part.user for part in parts] == ["ana", "kai", ""]
    assert {s.user for group in parts[1].groups for s in group.sightings} == {"kai"}
    assert parts[1].groups[0].tool == "windsurf"


def test_nothing_seen_has_no_section() -> None:
    for by in ("decision", "tool", "user"):
        assert sections((), (), by) == ()


def test_the_outline_does_not_depend_on_the_order_of_finding() -> None:
    shuffled = list(sample().sightings)
    random.Random(7).shuffle(shuffled)
    for group, other in zip(tool_groups(sample().sightings, TOOLS), tool_groups(shuffled, TOOLS), strict=True):
        assert structs.replace(group, verdicts=()) == structs.replace(other, verdicts=())


def test_a_tool_with_two_verdicts_shows_the_stronger() -> None:
    group = tool_groups(sample().sightings, TOOLS)[0]
    assert [(v.decision.effect if v.decision else None, len(v.sightings)) for v in group.verdicts] == [
        ("block", 10), ("allow", 2),
    ]  # fmt: skip
    assert group.versions == ("2.1.329", "2.1.196")
    assert [s.decision for s in group.sightings[-2:]] == [WAIVED, WAIVED]


def test_rules_that_could_not_be_judged_are_kept_for_any_sighting() -> None:
    plain = seen("codex", "config", "/a", CLAUDE)
    unsure = seen("codex", "package", "/b", structs.replace(CLAUDE, undetermined=("r1", "r2")))
    (group,) = tool_groups([plain, unsure], TOOLS)
    assert group.verdicts[0].undetermined == ("r1", "r2")
    assert len(group.verdicts) == 1


def test_a_tool_without_facts_is_named_by_what_was_seen() -> None:
    server = seen("q", "mcp-server", "/a", None, name="server")
    (group,) = tool_groups([server], ())
    assert (group.name, group.effect) == ("q", None)
    (group,) = tool_groups([server, seen("q", "config", "/b", None, name="Q")], ())
    assert group.name == "Q"


def test_counts_have_no_zeros_and_keep_their_order() -> None:
    groups = tool_groups(sample().sightings, TOOLS)
    assert list(counts(groups, 2).items()) == [
        ("block", 2), ("warn", 2), ("allow-with-settings", 1), ("allow", 3), ("unknown", 2),
    ]  # fmt: skip
    assert counts(tool_groups([seen("q", "binary", "/q", None)], ()), 0) == {"not judged": 1}


def test_gaps_are_told_by_reason() -> None:
    found = gaps([Skipped("walk", f"/p{n}", "vanished") for n in (1, 2, 2, 3, 4)] + [Skipped("walk", "/q", "denied")])
    assert [(gap.reason, gap.count, gap.paths) for gap in found] == [
        ("vanished", 4, ("/p1", "/p2", "/p3")), ("denied", 1, ("/q",)),
    ]  # fmt: skip


def test_reasons_that_differ_in_details_are_one() -> None:
    found = gaps(
        [Skipped("p", f"/{n}", f"not valid yaml: line {n}: tab") for n in (1, 2)] + [Skipped("p", "/3", "a: b")]
    )
    assert [(gap.reason, gap.count) for gap in found] == [("not valid yaml", 2), ("a: b", 1)]


def test_holes_are_merged_over_homes() -> None:
    coverage = [Coverage(tool, user, "not-readable", "denied") for tool in ("a", "b") for user in ("bo", "kai")]
    (hole,) = holes([*coverage, Coverage("a", "ana", "found")])
    assert (hole.users, hole.tools, hole.all_tools) == (("bo", "kai"), ("a", "b"), True)
    (hole,) = holes([*coverage, Coverage("c", "bo", "nothing"), Coverage("c", "kai", "nothing")])
    assert not hole.all_tools


def test_a_home_that_is_named_as_skipped_is_no_hole_as_well() -> None:
    result = sample()
    assert len(holes(result.coverage)) == 1
    assert holes(result.coverage, result.skipped, HOMES) == ()
    assert len(holes(result.coverage, (), HOMES)) == 1


def test_only_what_matters_makes_a_scan_incomplete() -> None:
    assert incomplete(sample())
    assert not incomplete(nothing_found())
    assert not incomplete(nothing_found(skipped=(Skipped("walk", "/mnt", "network", matters=False),)))
    assert incomplete(nothing_found(skipped=(Skipped("walk", "/mnt", "denied"),)))
    assert incomplete(nothing_found(coverage=(Coverage("a", "bo", "not-readable"),)))
    assert not incomplete(nothing_found(coverage=(Coverage("a", "bo", "not-looked", "not asked"),)))
