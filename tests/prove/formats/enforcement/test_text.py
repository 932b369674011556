from __future__ import annotations

from typing import Any

from msgspec import structs

from clearance.model.decision import PolicyRef
from clearance.model.status import EnforceStatus, GuardState, LedgerState, NetworkState, Paused
from clearance.prove.formats.enforcement.text import status, why

STATUS = EnforceStatus(
    "clearance/enforce-status/v1", "block", "2026-11-21T12:00:00Z", PolicyRef(3, "8f2c41d0aa", ("D-1", "D-2")),
    ("/srv",), None, GuardState(7, events=40, blocked=3, warned=2, killed=1, late=5), NetworkState(9, 1, 4), {},
    LedgerState(12, ""), ("/bin/sh", "/bin/ls"),
)  # fmt: skip
TOLD: dict[str, Any] = {
    "text": "Codex was not started\n", "path": "/srv/x", "at": "now", "done": "blocked",
    "decision": {
        "rule": "r", "reason": "because",
        "policy": {"generation": 3, "sha256": "8f2c41d0aa", "directives": ["D-1"]},
    },
}  # fmt: skip


def test_the_first_line_is_enough() -> None:
    assert status(STATUS).splitlines()[0] == "block · directive D-1, D-2 (generation 3, 8f2c41d0)"
    paused = structs.replace(STATUS, paused=Paused("12:30", "release night"))
    assert status(paused).startswith("PAUSED until 12:30 (release night) · block · directive")
    assert status(structs.replace(STATUS, ready=False)).startswith("starting · block")


def test_what_was_refused_and_that_nothing_is_in_force() -> None:
    refused = structs.replace(STATUS, refused="/etc/d.yaml:3:1: is no rule")
    assert status(refused).splitlines()[1] == "  refused    /etc/d.yaml:3:1: is no rule"
    none = structs.replace(refused, policy=PolicyRef(0, "", ()))
    assert status(none).splitlines()[0] == "no directive is in force: everything starts"


def test_the_figures() -> None:
    text = status(structs.replace(STATUS, failures={"deadline": 2, "a": 1}, queue=("codex",)))
    for expected in ("40 asked about: 3 blocked, 2 warned", "1 ended afterwards, 5 let through", "9 names barred",
                     "12 records", "2 programs that no directive can block", "audits due codex"):  # fmt: skip
        assert expected in text
    assert text.index("a: 1") < text.index("deadline: 2")


def test_a_terminal_is_never_written_to_by_a_name() -> None:
    evil = "/srv/\x1b]0;x\x07\udcff"
    assert "\x1b" not in status(structs.replace(STATUS, watched=(evil,), paused=Paused("x", evil)))
    assert "\x1b" not in why(TOLD | {"path": evil})


def test_why() -> None:
    text = why(TOLD)
    assert text.startswith("Codex was not started\n\n")
    assert "rule r of D-1 (generation 3, 8f2c41d0)" in text
    assert "because" in text


def test_why_without_a_rule_or_a_reason() -> None:
    text = why(TOLD | {"decision": TOLD["decision"] | {"rule": None, "reason": ""}})
    assert "the default of D-1" in text
    assert "none was given" in text
