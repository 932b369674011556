from __future__ import annotations

from clearance.judge.lint import CHECKS, lint
from tests.judge.builders import AT, directive, facts
from tests.judge.lint.reviewing import METADATA, remarks, rule


def test_remarks_come_in_the_order_of_the_text_each_once() -> None:
    places = [(remark.place.line, remark.place.column) for remark in remarks("""
        metadata: {id: D, review: 2026-01-01}
        waivers: [{id: W, tool: zzz, until: 2026-01-01}]
        rules: [{id: r, match: {tool: [zzz, yyy]}, effect: block, until: 2026-01-01}]
        """)]  # fmt: skip
    assert places == sorted(places)
    assert len(set(places)) == len(places) - 1  # the waiver has neither owner nor reason


def test_every_check_is_registered() -> None:
    from clearance.judge.lint import consequences, reach, references, times, wording

    public = {
        check
        for module in (consequences, reach, references, times, wording)
        for name, check in vars(module).items()
        if callable(check) and getattr(check, "__module__", "") == module.__name__ and not name.startswith("_")
    }
    assert set(CHECKS) == public


def test_without_switches_and_hosts_every_setting_but_a_topic_is_unknown() -> None:
    body = METADATA + rule(
        "{tool: alpha}", "allow-with-settings", ", settings: {telemetry: off, DISABLE_TELEMETRY: '1'}"
    )
    assert [remark.check for remark in lint(directive(body), {"alpha": facts("alpha")}, AT)] == ["unknown-switch"]
