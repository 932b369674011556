from __future__ import annotations

import pytest

from clearance.errors import Error, Errors
from tests.judge.builders import directive


def refusals(body: str) -> list[str]:
    with pytest.raises(Error) as caught:
        directive(body)
    errors = caught.value.errors if isinstance(caught.value, Errors) else (caught.value,)
    return [str(error).splitlines()[0] for error in errors]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("metadata: {id: ''}", "00.yaml:3:16: metadata: id is empty"),
        ("metadata: {id: x, timezone: CEST}", '00.yaml:3:29: metadata: timezone "CEST" is not a time zone'),
        ("metadata: {id: x, review: soon}", '00.yaml:3:27: metadata: review "soon" is not a date'),
        ("tools: [{id: ' '}]", '00.yaml:3:14: tool " ": id " " is empty'),
        ("tools: [{id: a, retention: -1}]", '00.yaml:3:28: tool "a": retention is -1'),
        ("endpoints: [{host: '', class: relay}]", "00.yaml:3:20: endpoint: host is empty"),
        ("endpoints: [{host: 'https://x', class: relay}]", ('00.yaml:3:20: endpoint: host "https://x" is not a '
                                                           'host name')),
        ("endpoints: [{host: 'a@x', class: relay}]", '00.yaml:3:20: endpoint: host "a@x" is not a host name'),
        ("rules: [{id: '', match: {}, effect: warn}]", '00.yaml:3:14: rule "": id is empty'),
        ("rules: [{id: r, match: {}, effect: warn, from: soon}]", '00.yaml:3:48: rule "r": from "soon" is not a date'),
        ("rules: [{id: r, match: {}, effect: warn, until: 2026-02-30}]",
         '00.yaml:3:49: rule "r": until "2026-02-30" is not a date (day is out of range for month)'),
        ("rules: [{id: r, match: {version: ^1}, effect: warn}]",
         '00.yaml:3:34: rule "r": version "^1" has "^", which is no comparison'),
        ("rules: [{id: r, match: {version: ['1', latest]}, effect: warn}]",
         '00.yaml:3:40: rule "r": version "latest" has "latest", which is no version'),
        ("rules: [{id: r, match: {retention: '30d'}, effect: warn}]", ('00.yaml:3:36: rule "r": retention "30d" '
                                                                      'is not a number of days')),
        ("rules: [{id: r, match: {retention: -3}, effect: warn}]", ('00.yaml:3:36: rule "r": retention "-3" is '
                                                                   'not a number of days')),
        ("rules: [{id: r, match: {score: '>=8'}, effect: warn}]", ('00.yaml:3:32: rule "r": score ">=8" is not '
                                                                  'a score from 0 to 1')),
        ("rules: [{id: r, match: {score: 8}, effect: warn}]", ('00.yaml:3:32: rule "r": score is not a score '
                                                              'from 0 to 1')),
        ("rules: [{id: r, match: {risk: severe}, effect: warn}]", ('00.yaml:3:31: rule "r": risk "severe" has '
                                                                  '"severe", which is no risk')),
        ("rules: [{id: r, match: {vetted: {within_days: -1}}, effect: warn}]", ('00.yaml:3:47: rule "r": '
                                                                               'within_days is -1')),
        ("rules: [{id: r, match: {not: {not: {risk: x}}}, effect: warn}]", ('00.yaml:3:43: rule "r": risk "x" '
                                                                           'has "x", which is no risk')),
        ("waivers: [{id: '', until: 2026-12-31}]", '00.yaml:3:16: waiver "": id is empty'),
        ("waivers: [{id: W, until: never}]", '00.yaml:3:26: waiver "W": until "never" is not a date'),
        ("waivers: [{id: W, until: 2026-12-31, match: {version: x}}]", ('00.yaml:3:55: waiver "W": version "x" '
                                                                       'has "x", which is no version')),
        ("enforcement: {blast_radius: 101}", "00.yaml:3:29: enforcement: blast_radius is 101"),
        ("enforcement: {blast_radius: -1}", "00.yaml:3:29: enforcement: blast_radius is -1"),
        ("enforcement: {retention_days: -1}", "00.yaml:3:31: enforcement: retention_days is -1"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_read_is_refused_at_its_place(body: str, expected: str) -> None:
    assert refusals(body) == [expected]


def test_all_of_them_are_told() -> None:
    assert (
        len(refusals("metadata: {id: '', timezone: X}\nrules: [{id: r, match: {risk: [x, y]}, effect: warn, from: z}]"))
        == 5
    )


def test_what_can_be_read_is_not_refused() -> None:
    merged = directive("""
        metadata: {id: x, timezone: Europe/Zurich, review: 2026-10-10}
        tools: [{id: a, retention: unknown}, {id: b, retention: 0}]
        endpoints: [{host: "*.example", class: relay}]
        rules:
          - {id: r, match: {retention: unknown, score: 0.5, risk: ">=high", version: ["1", "<2"],
           vetted: {within_days: 0}},
             effect: warn, from: 2026-01-01, until: "2026-01-01T10:00"}
          - {id: s, match: {retention: "<=30", vetted: {verdict: x}, version: ">=1"}, effect: warn}
        waivers: [{id: W, until: 2026-12-31, match: {tool: a}}]
        enforcement: {blast_radius: 100, retention_days: 0}
        """)
    assert len(merged.directive.rules) == 2
