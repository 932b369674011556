from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.agent.metrics import METRICS, Sample, render, samples

STATUS = {
    "schema": "clearance/enforce-status/v1",
    "mode": "warn",
    "policy": {"generation": 3, "sha256": "x"},
    "watched": ["/", "/home"],
    "paused": None,
    "guard": {
        "pid": 7,
        "events": 9,
        "allowed": 5,
        "warned": 1,
        "blocked": 2,
        "killed": 1,
        "late": 0,
        "cached": 4,
        "early": 3,
    },
    "network": {"names": 12, "processes": 1, "refused": 6},
    "failures": {"deadline": 2},
    "ledger": {"records": 11, "checkpoint": "…"},
    "critical": ["/usr/bin/sudo"],
}
LINE = re.compile(r'([a-z_]+)(?:\{([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"\})? (-?[\d.e+-]+|nan|inf|-inf)')


def test_a_status_gives_every_metric() -> None:
    text = render(samples(STATUS))
    assert {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")} == {m.name for m in METRICS}
    assert 'clearance_mode{mode="warn"} 1\n' in text
    assert 'clearance_guard_decisions_total{done="blocked"} 2\n' in text
    assert 'clearance_failures_total{reason="deadline"} 2\n' in text
    assert "clearance_paused 0\n" in text


def test_what_the_status_does_not_say_is_left_out() -> None:
    assert render(samples({})).count("\n") == 6
    assert "network" not in render(samples({**STATUS, "network": None}))


@given(st.text(max_size=20), st.integers() | st.floats(allow_nan=False))
def test_any_label_and_number_can_be_read(label: str, value: float) -> None:
    lines = render([Sample("clearance_failures_total", value, label)]).split("\n")
    assert len(lines) == 4
    match = LINE.fullmatch(lines[2])
    assert match is not None
    assert float(match[4]) == pytest.approx(value)


def test_names_are_as_the_format_and_its_customs_want_them() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"clearance_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter")
    with pytest.raises(KeyError):
        render([Sample("clearance_other", 1)])
