from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from clearance.act.messages import LANGUAGES
from clearance.act.notice import Happening, Occasion, Once, cells, compose
from clearance.act.reader import Reader
from clearance.model.decision import Decision, PolicyRef, Replacement, Upcoming

DECISION = Decision(
    tool="claude-code",
    effect="block",
    enforce="block",
    rule="no-residency",
    waiver=None,
    reason="no in-house residency",
    replacement=Replacement("qwen-code", "Qwen Code", "qwen"),
    message="",
    risk="high",
    at="2026-11-21T00:00:00Z",
    upcoming=None,
    undetermined=(),
    policy=PolicyRef(3, "8f2c41d0", ("D-2026-07",)),
    since="2026-07-10",
    contact="https://intranet.example.com/ai-tools",
)
ENGLISH = Reader("en", "utf-8")
BLOCKED = Occasion("blocked", "Claude Code", width=120)


def test_a_blocked_start() -> None:
    notice = compose(DECISION, BLOCKED, ENGLISH)
    assert (
        notice.text
        == """\
┌ Claude Code was not started
│ It has not been cleared here since 10 July 2026: no in-house residency.
│ Use Qwen Code instead:   qwen
│ Need it for your work?   https://intranet.example.com/ai-tools
└ rule no-residency of D-2026-07 · details: clearance enforce why · what is recorded: clearance explain --collects
"""
    )
    assert notice.title == "Claude Code was not started"
    assert "clearance" not in notice.body


def test_a_terminal_without_unicode() -> None:
    notice = compose(structs.replace(DECISION, reason="niño"), structs.replace(BLOCKED, width=80), Reader())
    assert (
        notice.text
        == """\
+ Claude Code was not started
| It has not been cleared here since 10 July 2026: ni\\xf1o.
| Use Qwen Code instead:   qwen
| Need it for your work?   https://intranet.example.com/ai-tools
| rule no-residency of D-2026-07 - details: clearance enforce why
+ what is recorded: clearance explain --collects
"""
    )


@pytest.mark.parametrize(
    ("happening", "changes", "line"),
    [
        ("blocked", {"since": None, "reason": ""}, "It is not cleared here."),
        ("blocked", {"since": "2026-07-10T09:00:00Z", "reason": ""}, "since 10 July 2026, 09:00Z."),
        ("blocked", {"rule": None}, "default of D-2026-07"),
        ("blocked", {"replacement": Replacement("q", "Qwen Code", "")}, "Use Qwen Code instead.\n"),
        ("stopped", {}, "Claude Code was stopped"),
        ("warned", {}, "Claude Code has started, and is not cleared here"),
        (
            "coming",
            {"upcoming": Upcoming("r9", "block", "2026-12-01")},
            "From 1 December 2026 on it will not start here.",
        ),
        ("coming", {"upcoming": Upcoming("r9", "block", "2026-12-01")}, "rule r9 of D-2026-07"),
        ("coming", {"upcoming": Upcoming("r9", "allow-with-settings", "soon")}, "From soon on it needs other settings"),
    ],
)
def test_what_happened_is_said(happening: Happening, changes: dict[str, object], line: str) -> None:
    decision = structs.replace(DECISION, **changes)
    assert line in compose(decision, structs.replace(BLOCKED, happening=happening), ENGLISH).text


def test_a_connection_and_an_agent_that_nobody_knows() -> None:
    notice = compose(DECISION, Occasion("refused", "", "api.example.com"), ENGLISH)
    assert notice.title == "This program was not connected to api.example.com"


def test_the_rules_own_words_stand_in_for_the_usual_ones() -> None:
    decision = structs.replace(DECISION, message="Please {use} the\x1b[31m gateway.\n\nThank you.")
    text = compose(decision, structs.replace(BLOCKED, own_words=True), ENGLISH).text
    assert "│ Please {use} the\\x1b[31m gateway.\n│ Thank you.\n│ Use Qwen" in text
    assert "10 July" not in text
    assert "Please" not in compose(decision, BLOCKED, ENGLISH).text


FOREIGN = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x9b\r\n\t\u202e\u200b\u2028\udcff{}%|│ \u0301\ufe0f漢字" + string.ascii_letters),
    ),
    max_size=200,
)


@given(
    FOREIGN, FOREIGN, st.integers(-5, 300), st.sampled_from(LANGUAGES), st.sampled_from(["utf-8", "ascii", "euc_jp"])
)
def test_nothing_foreign_acts_on_the_terminal(text: str, other: str, width: int, language: str, encoding: str) -> None:
    decision = structs.replace(
        DECISION,
        reason=text,
        rule=other,
        message=text,
        contact="",
        replacement=Replacement("x", text, other),
        policy=PolicyRef(1, "", (text,)),
    )
    for own_words in (False, True):
        notice = compose(decision, Occasion("refused", other, text, own_words, width), Reader(language, encoding))
        for line in notice.text.splitlines():
            assert line.isprintable()
        assert notice.title.isprintable()
        assert "\u202e" not in notice.text
        notice.text.encode(encoding, "strict") if encoding != "euc_jp" else None
        assert notice.text.count("\n") == len(notice.text.splitlines())


@given(st.text(alphabet="ab c漢字", max_size=300), st.integers(40, 120))
def test_no_line_is_wider_than_the_terminal(reason: str, width: int) -> None:
    words = " ".join(word[:20] for word in reason.split())
    decision = structs.replace(DECISION, reason=words, contact="")
    notice = compose(decision, structs.replace(BLOCKED, width=width), ENGLISH)
    assert max(cells(line) for line in notice.text.splitlines()) <= width


def test_a_command_is_never_cut() -> None:
    command = "x" * 200
    decision = structs.replace(DECISION, replacement=Replacement("q", "Q", command))
    assert f"\n│   {command}\n" in compose(decision, structs.replace(BLOCKED, width=50), ENGLISH).text


def test_a_person_is_told_once_in_a_while() -> None:
    once = Once(window=10, most=2)
    assert [once.first(1, "t", "r", now) for now in (0, 1, 9, 10, 11)] == [True, False, False, True, False]
    assert once.first(2, "t", "r", 11)
    assert once.first(1, "t", "other", 11)
    assert once.first(1, "t", "r", 11), "the oldest of three was forgotten"
    once.forget()
    assert once.first(1, "t", "other", 11)
