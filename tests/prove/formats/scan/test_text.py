from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from rich.cells import cell_len

from clearance.model.sighting import Coverage, Host, ScanResult, Skipped, Summary, Suppressed
from clearance.prove.formats.rendering import RenderOptions
from clearance.prove.formats.scan.text import AGENTS, NARROWEST, fitting, render
from tests.prove.formats.sample import CLAUDE, OPTIONS, decision, nothing_found, sample, seen
from tests.prove.formats.strategies import results


def screen(result: ScanResult | None = None, **options: Any) -> str:
    return render(result or sample(), structs.replace(OPTIONS, **options))


def test_the_first_lines_say_where_which_directive_and_how_much() -> None:
    lines = screen().splitlines()
    assert lines[0] == 'lab-7 · directive D-2026-07 "Approved AI coding tools" (generation 3, 8f2c41d0)'
    assert lines[1] == "Looked at 3 homes, 212,408 files and 141 processes in 0.7 s."
    assert lines[2] == "Since 14 November 2026: 2 new, 1 gone."


def test_a_blocked_tool_says_where_why_and_what_instead() -> None:
    text = screen(width=120)
    block = text[text.index(" BLOCK") : text.index(" BLOCK    Windsurf")]
    assert block == (
        " BLOCK    Claude Code 2.1.329, 2.1.196  Anthropic, US · cloud · risk high\n"
        "          ana  ~/.local/bin/claude          binary, 2.1.329, running (pid 4121)\n"
        "          ana  ~/src/shop/.env:3            base URL → relay.example.net, a relay, new\n"
        "          ana  ~/.claude/.credentials.json  credential, OAuth, mode 0600\n"
        "          ana  ~/src/shop/.mcp.json         MCP servers payments-db and docs\n"
        "          ana  ~/.claude/projects           sessions, 214 files, 81 MB, 2026-03-03 to 2026-11-20\n"
        "          ana  ~/.claude/settings.json      settings\n"
        "          … and 5 more (clearance scan --json)\n"
        "          why      no in-house residency · rule no-residency, since 10 July 2026\n"
        "          instead  Qwen Code on llm.corp.example.com: run qwen · waiver: https://intranet.example.com/ai-tools\n"
        "          but      allow for 2 places of kai · Red-team study · waiver W-1\n"
        "          data     may leave this machine: training opt-out not set, telemetry on (default)\n\n"
    )


def test_blocks_come_before_warnings_before_what_is_allowed() -> None:
    text = screen(width=200)
    marks = [line.split()[0] for line in text.splitlines() if line.startswith(" ") and line[1:2].isupper()]
    assert marks == ["BLOCK", "BLOCK", "WARN", "WARN", "SETTINGS", "ALLOW", "ALLOW", "ALLOW", "UNKNOWN", "UNKNOWN"]


def test_the_last_lines_say_how_many_what_was_not_looked_at_and_where_to_read_on() -> None:
    summary, *rest = screen(width=240).splitlines()[-4:]
    assert summary == (
        "2 block, 2 warn, 1 allow-with-settings, 3 allow, 2 unknown; 1 tool not set as asked. Not looked at: /home/bo "
        "(permission denied; run as root); /home/kai/.config/zed/settings.json (not valid json: line 4, column 18)."
    )
    assert rest == [
        "1 finding suppressed after review (-v shows them).",
        "2 lesser things left out (-v names them).",
        "One tool in full: clearance explain claude-code · everything: clearance scan --json",
    ]


def test_an_unknown_agent_says_why_it_looks_like_one() -> None:
    assert (
        " UNKNOWN  looks like an AI coding agent: ana ~/bin/notes (LLM SDK, 3 model hosts, tool-use prompt; "
        "score 0.86, new) · warn, rule unknown-agents\n"
    ) in screen(width=200)


def test_of_many_unknown_agents_the_likeliest_are_shown() -> None:
    agents = tuple(
        structs.replace(sample().unknown[0], id=f"{n}", path=f"/bin/a{n:02}", score=n / 100) for n in range(40)
    )
    text = screen(nothing_found(unknown=agents), width=200)
    shown = [line for line in text.splitlines() if line.startswith(" UNKNOWN")]
    assert len(shown) == AGENTS
    assert "/bin/a39" in shown[0]
    assert f"          … and {40 - AGENTS} more (clearance scan --json)\n" in text
    assert "40 unknown." in text
    assert screen(nothing_found(unknown=agents), verbose=True).count(" UNKNOWN ") == 40
    assert screen(nothing_found(unknown=agents[: AGENTS + 1])).count(" UNKNOWN ") == AGENTS + 1


def test_where_nothing_replaces_a_tool_the_way_to_a_waiver_is_said() -> None:
    codex = screen()[screen().index("Codex CLI") :]
    assert codex.splitlines()[3] == "          waiver   https://intranet.example.com/ai-tools"
    allowed = nothing_found(sightings=(sample().sightings[-1],), tools=sample().tools)
    assert "waiver" not in screen(allowed)


def test_upcoming_undetermined_and_settings_are_said() -> None:
    text = screen(width=120)
    assert "          soon     block from 1 January 2027 · rule editors-barred\n" in text
    assert "          unsure   not judged by codex-old: what it asks for could not be observed here\n" in text
    assert (
        "          settings telemetry.telemetryLevel = off, github.copilot.enable = true · 1 of 2 not as asked\n"
        in text
    )
    said = " ".join(text.split())
    where = "~/.config/Code/User/settings.json"
    key = "telemetry.telemetryLevel"
    assert f"set {key}: on for ana, must be off — {where} {key}: set {key} to off there" in said
    assert f"set {key}: on by default for kai, must be off — set {key} to off in {where}" in said
    assert "1 allow-with-settings, 3 allow, 2 unknown; 1 tool not set as asked." in said


def test_settings_that_are_as_asked_say_so() -> None:
    same = tuple(structs.replace(s, deviations=()) for s in sample().sightings)
    text = screen(structs.replace(sample(), sightings=same), width=120)
    assert "github.copilot.enable = true · as asked\n" in text
    assert "not set as asked" not in text


def test_verbose_shows_every_place_and_what_was_left_out() -> None:
    text = screen(verbose=True, width=120)
    assert "more (clearance scan --json)" not in text
    assert "~/src/infra/CLAUDE.md" in text
    assert "suppressed until 31 March 2027" in text
    assert "Left out: /mnt/nas (network filesystem).\n" in text


def test_by_user_has_a_heading_for_each() -> None:
    text = screen(group_by="user")
    assert [line for line in text.splitlines() if line.startswith(("ana", "kai", "every user"))] == [
        "ana · 4 tools", "kai · 4 tools", "every user · 4 tools",
    ]  # fmt: skip
    assert "          ~/.local/bin/claude " in text


def test_root_is_advised_only_to_those_who_are_not() -> None:
    assert "run as root" in screen()
    assert "run as root" not in screen(privileged=True)
    image = structs.replace(sample(), host=structs.replace(sample().host, root="/mnt/image"))
    assert "run as root" not in screen(image)
    assert screen(image).startswith("lab-7 · root /mnt/image · directive")


def test_a_machine_without_any_tool() -> None:
    assert render(nothing_found(), RenderOptions(width=120)) == (
        'build-2 · no directive (shipped example "Approved AI coding tools")\n'
        "Looked at 1 home, 41,870 files and 96 processes in 0.2 s. No AI coding tool found; everything could be read.\n"
        "\n"
        "See what a finding looks like: clearance scan --root examples/laptop · search the whole disk: "
        "clearance scan --deep /\n"
    )


def test_finding_nothing_is_not_sold_as_all_clear() -> None:
    denied = nothing_found(skipped=(Skipped("walk", "/home/bo", "permission denied"),))
    text = render(denied, RenderOptions(width=200))
    assert "No AI coding tool found where it could look; not everything could be read." in text
    assert "Not looked at: /home/bo (permission denied; run as root).\n" in text
    holed = nothing_found(coverage=(Coverage("q", "bo", "not-readable", "permission denied"),))
    assert "No tool could be looked for in the home of bo: permission denied.\n" in render(holed, OPTIONS)
    unseen = nothing_found(summary=Summary(0, 0, 0, 0, 0, 0.0), host=Host("lab-7", "linux", "/mnt/empty"))
    told = " ".join(render(unseen, OPTIONS).split())
    assert "Nothing was looked at: no home and no place where programs lie is here." in told
    assert told.endswith("look at every file in it: clearance scan --root DIR --deep /")
    aside = nothing_found(sightings=(seen("q", "binary", "/q", CLAUDE, suppressed=Suppressed("r", "o", "2027-01-01")),))
    assert "Nothing found but what was reviewed and suppressed." in render(aside, RenderOptions(width=200))


def test_many_reasons_are_counted() -> None:
    skipped = tuple(Skipped("walk", f"/p{n}", f"reason {n}") for n in range(9))
    assert "; and for 6 other reasons." in render(nothing_found(skipped=skipped), RenderOptions(width=300))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_the_sample_fits_its_width(width: int) -> None:
    assert max(cell_len(line) for line in screen(width=width).splitlines()) <= width


@settings(max_examples=80)
@given(result=results, width=st.integers(1, 160), group_by=st.sampled_from(("decision", "tool", "user")))
def test_no_line_is_wider_than_asked(result: ScanResult, width: int, group_by: Any) -> None:
    text = render(result, RenderOptions(width=width, group_by=group_by))
    # A double-width character may not fit into what is left of a narrow column.
    assert max(cell_len(line) for line in text.splitlines()) <= max(width, NARROWEST) + 1


@given(st.text(max_size=300), st.integers(3, 60))
def test_a_shortened_path_fits_and_keeps_its_ends(text: str, width: int) -> None:
    shown = fitting(text, width)
    assert cell_len(shown) <= width
    if shown != text:
        head, _, tail = shown.rpartition("…")
        assert text.startswith(head)
        assert text.endswith(tail)
        assert len(tail) > 0 or cell_len(text[-1]) > 1


def test_another_rule_with_the_same_effect_is_no_objection() -> None:
    barred = decision("claude-code", "block", rule="relay", reason="through a relay")
    both = tuple(seen("claude-code", "binary", f"/{n}", given) for n, given in enumerate((CLAUDE, CLAUDE, barred)))
    text = screen(nothing_found(sightings=both), width=120)
    assert "          also     block for 1 place of all · through a relay · rule relay\n" in text
