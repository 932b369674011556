from __future__ import annotations

import pytest
from msgspec import structs

from clearance.model.decision import PolicyRef
from clearance.model.sighting import Deviation, Evidence, Sighting, SwitchState
from clearance.prove.formats import wording
from clearance.prove.formats.outline import Gap, Hole, ToolGroup, tool_groups
from tests.prove.formats.sample import CLAUDE, POLICY, QWEN, TOOLS, decision, nothing_found, sample, seen


def group(*sightings: Sighting) -> ToolGroup:
    (only,) = tool_groups(sightings, TOOLS)
    return only


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("2026-07-10", "10 July 2026"),
        ("2026-01-01T12:00:00Z", "1 January 2026"),
        ("soon", "soon"),
        ("", ""),
    ],
)
def test_days_are_written_out(given: str, said: str) -> None:
    assert wording.day(given) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("2026-07-10T23:30:00-05:00", "11 July 2026, 04:30 UTC"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("2026-07-10T08:00:00Z", "10 July 2026, 08:00 UTC"),
        ("2026-07-10", "10 July 2026"),
        ("never", "never"),
    ],
)
def test_instants_are_said_in_utc(given: str, said: str) -> None:
    assert wording.instant(given) == said


@pytest.mark.parametrize(
    ("words", "said"),
    [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")],
)
def test_lists_are_read_aloud(words: tuple[str, ...], said: str) -> None:
    assert wording.listed(words) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (9_949, "9.9 kB"), (999_499, "999 kB"),
        (999_500, "1.0 MB"), (81_230_221, "81 MB"), (10**18, "1,000,000 TB"),
    ],
)  # fmt: skip
def test_sizes_have_two_or_three_figures(count: int, said: str) -> None:
    assert wording.size(count) == said


def test_the_directive_is_named_as_it_stands() -> None:
    assert wording.directive(POLICY) == 'directive D-2026-07 "Approved AI coding tools" (generation 3, 8f2c41d0)'
    example = structs.replace(POLICY, example=True)
    assert wording.directive(example) == 'no directive (shipped example "Approved AI coding tools")'
    assert wording.directive(PolicyRef(0, "", ())) == "no directive"
    assert wording.directive(PolicyRef(0, "ab" * 32, ("a", "b"))) == (
        "directive a + b (not accepted on this host yet, abababab)"
    )


HOMES = (("ana", "/home/ana"), ("bo", "/home/bo/"), ("eve", "C:\\Users\\eve"), ("root", "/"))


@pytest.mark.parametrize(
    ("path", "user", "said"),
    [
        ("/home/ana/x", "ana", "~/x"),
        ("/home/ana", "ana", "~"),
        ("/home/anabel/x", "ana", "/home/anabel/x"),
        ("/home/bo/x", "ana", "~bo/x"),
        ("/home/bo/x", None, "~bo/x"),
        ("C:\\Users\\eve\\x", "eve", "~\\x"),
        ("/etc/x", "root", "/etc/x"),
    ],
)
def test_paths_are_written_as_their_user_would(path: str, user: str | None, said: str) -> None:
    assert wording.place(path, user, HOMES) == said


def test_the_line_comes_from_the_evidence() -> None:
    def line(detail: str) -> int | None:
        return wording.line_of(seen("q", "base-url", "/x:9", None, evidence=(Evidence("line", detail),)))

    assert line("3") == 3
    assert line("0") is None
    assert line("-1") is None
    assert line("٣") is None
    assert line("9" * 5000) == 999_999_999
    assert wording.line_of(seen("q", "base-url", "/x:9", None)) is None


def test_a_program_and_its_processes_are_one_phrase() -> None:
    binary = seen("ollama", "binary", "/bin/o", None)
    one = seen("ollama", "process", "/bin/o", None, running=True, pid=7)
    two = structs.replace(one, pid=5)
    assert wording.sightings([one, binary]) == "binary, running (pid 7)"
    assert wording.sightings([one, binary, two]) == "binary, running (pids 5, 7)"
    assert wording.sightings([one]) == "process, pid 7"
    assert wording.sightings([structs.replace(one, pid=None), binary]) == "binary, running"


def test_what_a_sighting_adds_is_said() -> None:
    by_path = {s.path: s for s in sample().sightings}
    assert wording.sighting(by_path["/home/ana/src/shop/.env"], new=True) == (
        "base URL → relay.example.net, a relay, new"
    )
    assert wording.sighting(by_path["/home/ana/.claude/.credentials.json"]) == "credential, OAuth, mode 0600"
    assert wording.sighting(by_path["/home/ana/.claude/projects"]) == (
        "sessions, 214 files, 81 MB, 2026-03-03 to 2026-11-20"
    )
    assert wording.sighting(by_path["/srv/docs/AGENTS.md"]) == (
        "instruction file, weak sign, suppressed until 31 March 2027: a style guide, read by people"
    )


def test_several_servers_of_one_file_are_named_together() -> None:
    servers = [s for s in sample().sightings if s.surface == "mcp-server"]
    assert wording.sightings(servers) == "MCP servers payments-db and docs"
    assert wording.sightings(servers[:1]) == "MCP server payments-db, runs npx -y @example/payments-mcp"
    assert wording.sightings(servers, new={servers[0].id}) == "MCP servers payments-db and docs, new"


def test_why_names_the_rule_and_how_far_it_is_enforced() -> None:
    assert wording.why(CLAUDE) == "no in-house residency · rule no-residency, since 10 July 2026"
    observed = structs.replace(CLAUDE, enforce="observe", reason="", since=None)
    assert wording.why(observed) == "rule no-residency · enforced as observe"
    assert wording.why(decision("q", "allow", waiver="W-1", rule="r")) == "waiver W-1"
    assert wording.why(decision("q", "warn")) == "the directive's default"


def test_a_replacement_names_the_cleared_gateway_that_was_seen() -> None:
    assert wording.instead(CLAUDE, sample()) == (
        "Qwen Code on llm.corp.example.com: run qwen · waiver: https://intranet.example.com/ai-tools"
    )
    assert wording.use_instead(QWEN, nothing_found()) == "Qwen Code: run qwen"
    assert wording.use_instead(structs.replace(QWEN, command=""), nothing_found()) == "Qwen Code"
    assert wording.instead(decision("q", "allow"), sample()) == ""


def test_facts_leave_out_what_nobody_knows() -> None:
    by_tool = {g.tool: g for g in tool_groups(sample().sightings, TOOLS)}
    assert wording.facts(by_tool["aider"]) == "Aider AI · local · risk low"
    assert wording.facts(by_tool["qwen-code"]) == "Alibaba Cloud, CN · hybrid · cleared gateway here · risk low"
    assert wording.facts(group(seen("nobody-knows", "binary", "/q", None))) == ""


def test_gaps_advise_root_only_where_it_helps() -> None:
    denied = Gap("permission denied", 1, ("/home/bo",))
    assert wording.gap(denied, advice=True) == "/home/bo (permission denied; run as root)"
    assert wording.gap(denied, advice=False) == "/home/bo (permission denied)"
    assert wording.gap(Gap("not valid json", 1204, ("/a",)), advice=True) == "/a and 1,203 more (not valid json)"


def test_a_parsers_complaint_is_shortened() -> None:
    said = wording.gap(Gap("not valid yaml: " + "x\n" * 5000, 1, ("/a",)), advice=False)
    assert said.startswith("/a (not valid yaml: x\\nx")
    assert len(said) < 120


def test_what_was_looked_at_is_counted() -> None:
    assert wording.looked_at(sample()) == "3 homes, 212,408 files and 141 processes in 0.7 s"
    summary = structs.replace(sample().summary, homes=1, processes=0, seconds=150.0)
    assert wording.looked_at(structs.replace(sample(), summary=summary)) == "1 home and 212,408 files in 2 min"


@pytest.mark.parametrize(
    ("hole", "said"),
    [
        (Hole("not-readable", "permission denied", ("bo",), ("a", "b"), True),
         "no tool could be looked for in the home of bo: permission denied"),
        (Hole("not-readable", "", ("bo", "kai"), ("a",), False),
         "1 tool (a) could not be looked for in the home of bo and kai"),
        (Hole("not-looked", "not asked", ("b", "c", "d", "e"), tuple("abcde"), False),
         "5 tools were not looked for in 4 homes: not asked"),
        (Hole("not-looked", "", ("b",), ("a",), False), "1 tool (a) was not looked for in the home of b"),
        (Hole("not-looked", "", ("b",), ("a",), True), "no tool was looked for in the home of b"),
    ],
)  # fmt: skip
def test_holes_are_sentences(hole: Hole, said: str) -> None:
    assert wording.hole(hole) == said


def test_a_finding_is_told_in_full_sentences() -> None:
    names = {tool.id: tool.name for tool in TOOLS}
    result = sample()
    assert wording.finding(result.sightings[0], names) == (
        "Claude Code 2.1.329: binary, running (pid 4121). block: no in-house residency · rule no-residency, "
        "since 10 July 2026. Use Qwen Code instead (run qwen)."
    )
    assert wording.finding(result.unknown[1], names).startswith(
        "Looks like an AI coding agent: LLM SDK, agent protocol strings; score 0.81. warn: "
    )


def test_a_setting_that_differs_is_said_once_for_all_whom_it_concerns() -> None:
    quiet = SwitchState("usage", "default", "on", "", "telemetry")
    loud = SwitchState("usage", "on", "all", "/home/ana/.t.json usage", "telemetry")
    unknown = SwitchState("train", "default", "unknown", "", "training")

    def differing(*found: Deviation) -> list[str]:
        return wording.deviations([seen("t", "binary", "/t", None, deviations=found)], [("ana", "/home/ana")])

    remedy = "set usage to off in ~/.t.json"
    assert differing(
        Deviation("telemetry", "off", quiet, "bo", remedy), Deviation("telemetry", "off", quiet, None, remedy)
    ) == [f"telemetry (usage): on by default for bo and everybody, must be off — {remedy}"]
    assert differing(Deviation("usage", "off", loud, "ana", "set usage to off there")) == [
        "usage: on for ana, must be off — ~/.t.json usage: set usage to off there"
    ]
    assert differing(Deviation("usage", "error", loud, "ana")) == [
        "usage: all for ana, must be error — ~/.t.json usage"
    ]
    assert differing(Deviation("train", "off", unknown, "ana")) == [
        f"train: not set (default unknown) for ana, must be off — {wording.NO_PLACE}"
    ]
    inside = SwitchState("usage", "off", "none", "/home/ana/.t.json usage", "telemetry", "/home/ana/p/.t.json usage")
    assert differing(Deviation("usage", "off", inside, "ana", "set usage to none there")) == [
        "usage: off for ana but not in a project, must be off — ~/p/.t.json usage: set usage to none there"
    ]
    assert differing(Deviation("sync", "off", None, "ana")) == [
        "sync: not known for ana, must be off — no such switch of this tool is known"
    ]
