from __future__ import annotations

import json

from msgspec import structs

from clearance.errors import Place
from clearance.model.decision import PolicyRef, Request
from clearance.model.review import CaseResult, Difference, FieldTrace, Mismatch, Remark, Step, Subject, Trace
from clearance.prove.formats import decision as decisions
from clearance.prove.formats import policy
from tests.judge.builders import AT
from tests.prove.formats.test_decision import BARE, DECISION, POLICY

PLACE = Place("d.yaml", 3, 5, 4, "    tool: x")
REMARK = Remark("unknown-tool", "error", PLACE, 'rule "r" names the tool "x", which is not known', "see the ids")
WARNING = Remark("unused-group", "warning", Place("d.yaml"), "group is not used", "take it out")
BARE_POLICY = PolicyRef(0, "0" * 64, ())


def test_remarks_as_a_document() -> None:
    made = policy.check_document((REMARK, WARNING), POLICY)
    assert made["schema"] == "clearance/policy-check/v1"
    assert made["remarks"][0] == {
        "check": "unknown-tool",
        "severity": "error",
        "file": "d.yaml",
        "line": 3,
        "column": 5,
        "what": REMARK.what,
        "remedy": "see the ids",
    }
    assert made["summary"] == {"errors": 1, "warnings": 1}
    assert made["policy"] == {"generation": 3, "sha256": POLICY.sha256, "directives": ["D-1"]}
    assert policy.check_document((), None) == {
        "schema": "clearance/policy-check/v1",
        "remarks": [],
        "policy": None,
        "summary": {"errors": 0, "warnings": 0},
    }


def test_remarks_as_text() -> None:
    assert policy.check_text((REMARK, WARNING), POLICY) == (
        'error: d.yaml:3:5: rule "r" names the tool "x", which is not known [unknown-tool]\n'
        "   3 |     tool: x\n     |     ^^^^\n  see the ids\n\n"
        "warning: d.yaml: group is not used [unused-group]\n  take it out\n\n"
        'directive D-1 "Approved tools" (8f2c41d0): 1 error, 1 warning.\n'
    )
    assert policy.check_text((), BARE_POLICY) == "directive without metadata (00000000): nothing to remark.\n"
    assert policy.check_text((WARNING, WARNING), POLICY).endswith("): 2 warnings.\n")


STEPS = (
    Step(
        "waiver", "W", "allow", "undetermined", None, (FieldTrace("user", "ana", "not seen", None),), until="2026-12-31"
    ),
    Step("rule", "r1", "warn", "false", False, (FieldTrace("tool", "x", "alpha", False),)),
    Step("rule", "r2", "block", "not-begun", True, (), since="2027-01-01", upcoming=True),
    Step("rule", "r3", "block", "ended", True, (), since="2025-01-01", until="2025-12-31"),
    Step(
        "rule", "r4", "block", "decides", True,
        (FieldTrace("not", "", "", True, (FieldTrace("residency", "in-house", "us", False),)),),
    ),
    Step("rule", "r5", "warn", "not-reached", None, ()),
    Step("default", "default", "warn", "not-reached", True, ()),
)  # fmt: skip
TRACE = Trace(DECISION, "api.alpha.example", ("us",), STEPS)


def test_a_trace_as_a_document() -> None:
    made = policy.explain_document(TRACE)
    assert made["schema"] == "clearance/policy-explain/v1"
    assert made["decision"]["schema"] == "clearance/decision/v1"
    assert made["endpoint"] == {"host": "api.alpha.example", "class": "vendor", "residency": ["us"]}
    assert [step["outcome"] for step in made["steps"]] == [step.outcome for step in STEPS]
    assert made["steps"][4]["fields"] == [
        {
            "field": "not",
            "wanted": "",
            "seen": "",
            "holds": True,
            "within": [{"field": "residency", "wanted": "in-house", "seen": "us", "holds": False, "within": []}],
        }
    ]
    assert (made["steps"][2]["from"], made["steps"][0]["until"], made["steps"][2]["upcoming"]) == (
        "2027-01-01", "2026-12-31", True,
    )  # fmt: skip


def test_a_decision_is_written_in_a_trace_as_it_is_alone() -> None:
    decision = structs.replace(DECISION, reason="kept in C:\\xabc and \udcff")
    alone = decisions.document(decision)
    assert alone["reason"] == "kept in C:\\x5cxabc and \\xff"
    assert policy.explain_document(structs.replace(TRACE, decision=decision))["decision"] == alone
    assert policy.cases_document((CaseResult("n", Place("d"), (), decision),))["cases"][0]["decision"] == alone


def test_a_trace_as_text() -> None:
    text = policy.explain_text(TRACE, "Alpha")
    assert text.startswith("BLOCK    Alpha   risk high\n")
    assert "\nJudged as sending to api.alpha.example (the vendor's host), where data stays: us.\n" in text
    assert text.split("us.\n", 1)[1] == (
        "\n  1  skipped      waiver W → allow (until 31 December 2026)\n"
        "      not known  user ana   seen: not seen\n"
        "\n  2  no match     rule r1 → warn\n"
        "      no         tool x   seen: alpha\n"
        "\n  3  not yet      rule r2 → block (from 1 January 2027), and would change the decision\n"
        "\n  4  ended        rule r3 → block (from 1 January 2025, until 31 December 2025); its match: yes\n"
        "\n  5  decides      rule r4 → block\n"
        "      yes        not:\n"
        "        no         residency in-house   seen: us\n"
        "\n  6  not reached  rule r5 → warn; its match: not known\n"
        "\n  7  not reached  default → warn\n"
    )
    unknown = structs.replace(TRACE, decision=BARE)
    assert "(not known whose)" in policy.explain_text(unknown, "x")


FAILED = CaseResult("a case", Place("d.test.yaml", 5, 3), (Mismatch("effect", "allow", "block"),), DECISION)
PASSED = CaseResult("another", Place("d.test.yaml", 9, 3), (), BARE)


def test_results_of_cases_as_a_document() -> None:
    made = policy.cases_document((FAILED, PASSED))
    assert (made["schema"], made["summary"]) == ("clearance/policy-test/v1", {"passed": 1, "failed": 1})
    first, second = made["cases"]
    assert (first["name"], first["file"], first["line"], first["passed"]) == ("a case", "d.test.yaml", 5, False)
    assert first["mismatches"] == [{"field": "effect", "expected": "allow", "got": "block"}]
    assert second["passed"] is True
    assert second["decision"]["waiver"] == "W-1"


def test_results_of_cases_as_text() -> None:
    assert policy.cases_text((FAILED, PASSED), verbose=False) == (
        "FAILED   d.test.yaml:5:3  a case\n"
        "         effect: expected allow, got block\n"
        "         no in-house residency · rule r, since 10 July 2026 · enforced as warn\n"
        "1 case passed, 1 failed.\n"
    )
    assert "passed   d.test.yaml:9:3  another\n" in policy.cases_text((FAILED, PASSED), verbose=True)
    assert policy.cases_text((), verbose=True) == "0 cases passed, 0 failed.\n"


REQUEST = Request(tool=None, at=AT)
NOW = "2026-11-21T12:00:00Z"
DIFFERENCES = (
    Difference(Subject(REQUEST, "alpha"), NOW, BARE, DECISION),
    Difference(Subject(REQUEST, "alpha", None, ("version 2", "user ana")), "2027-01-01T00:00:00Z", BARE,
               DECISION, "2027-02-01T00:00:00Z"),
    Difference(Subject(REQUEST, "Alpha", "s1", ("/a",)), NOW, DECISION, BARE),
)  # fmt: skip


def test_differences_as_a_document() -> None:
    made = policy.diff_document(DIFFERENCES, NOW, BARE_POLICY, POLICY)
    assert (made["schema"], made["at"], made["new"]["generation"]) == ("clearance/policy-diff/v1", NOW, 3)
    second = made["differences"][1]
    assert (second["tool"], second["sighting"], second["circumstances"]) == ("alpha", None, ["version 2", "user ana"])
    assert (second["from"], second["until"]) == ("2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z")
    assert (second["old"]["effect"], second["new"]["effect"]) == ("allow", "block")
    assert made["differences"][2]["sighting"] == "s1"


def test_differences_as_text_have_the_summary_first() -> None:
    later = structs.replace(DIFFERENCES[1], subject=Subject(REQUEST, "beta", None, ("version 2", "user ana")))
    assert policy.diff_text((*DIFFERENCES, later), NOW, BARE_POLICY, POLICY) == (
        'directive without metadata (00000000) → directive D-1 "Approved tools" (8f2c41d0), '
        "from 21 November 2026, 12:00 UTC on\n"
        "2 tools and 1 sighting would be judged differently, from now on.\n"
        "  block → allow   1 sighting\n"
        "  allow → block   2 tools\n"
        "\n block → allow, now\n"
        "          was      block, rule r · enforced as warn · risk high · instead beta\n"
        "          becomes  allow, waiver W-1\n"
        "          seen     Alpha: /a\n"
        "\n allow → block, now\n"
        "          was      allow, waiver W-1\n"
        "          becomes  block, rule r · enforced as warn · risk high · instead beta\n"
        "          tools    alpha\n"
        "\n allow → block, from 1 January 2027, 00:00 UTC until 1 February 2027, 00:00 UTC\n"
        "          was      allow, waiver W-1\n"
        "          becomes  block, rule r · enforced as warn · risk high · instead beta\n"
        "          tools    with version 2, user ana: alpha, beta\n"
        "\nEach decision in full: the same command with --json\n"
    )
    soon = policy.diff_text(DIFFERENCES[1:2], NOW, BARE_POLICY, POLICY)
    assert "\n1 tool would be judged differently, the first from 1 January 2027, 00:00 UTC.\n" in soon
    risk = structs.replace(DIFFERENCES[0], old=structs.replace(DECISION, risk="low"))
    assert "\n  block, otherwise than before   1 tool\n" in policy.diff_text((risk,), NOW, POLICY, POLICY)
    assert policy.diff_text((), NOW, POLICY, POLICY).endswith("\nNothing would be judged differently.\n")


def test_nothing_that_was_written_elsewhere_controls_the_terminal_or_breaks_the_document() -> None:
    hostile = "\x1b[31m\n\u202e\udcff"
    step = structs.replace(STEPS[0], id=hostile, fields=(FieldTrace("user", hostile, hostile, None),))
    trace = structs.replace(TRACE, endpoint=hostile, residency=(hostile,), steps=(step,))
    case = CaseResult(hostile, Place("d"), (Mismatch("rule", hostile, hostile),), DECISION)
    difference = Difference(Subject(REQUEST, hostile, hostile, (hostile,)), NOW, BARE, DECISION)
    texts = (
        policy.explain_text(trace, hostile),
        policy.cases_text((case,), verbose=True),
        policy.diff_text((difference,), NOW, POLICY, POLICY),
        policy.check_text((), PolicyRef(0, "0" * 64, (hostile,), hostile)),
    )
    for text in texts:
        assert text.replace("\n", "").isprintable()
    for document in (
        policy.explain_document(trace),
        policy.cases_document((case,)),
        policy.diff_document((difference,), NOW, POLICY, POLICY),
    ):
        json.dumps(document, ensure_ascii=False).encode()
