"""The neutral risk is the table of its docstring, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.catalog.risk import neutral_risk, points
from clearance.model.terms import RISKS
from clearance.model.tool import DataHandling
from tests.catalog.sample import tool

BEST = (
    ("value: cloud", "value: hybrid"),
    ("    - {what: An outage., date: 2026-03-05, source: [\"https://acme.example/status\"]}\n", ""),
    ("  incidents:\n", ""),
)  # fmt: skip


def data(*changes: tuple[str, str]) -> DataHandling:
    return tool(*BEST, *changes).data


@pytest.mark.parametrize(
    ("changes", "score"),
    [
        ((), 0),
        ((("value: hybrid", "value: cloud"),), 1),
        ((("value: hybrid", "value: unknown"),), 1),
        ((("value: [eu]", "value: [eu, unknown]"),), 1),
        ((("value: [eu]", "value: []"),), 1),
        ((("value: 30", "value: 0"),), 0),
        ((("value: 30", "value: 31"),), 1),
        ((("value: 30", "value: unknown"),), 1),
        ((("value: 30", "value: 366"),), 1),
        ((("value: 30", "value: 367"),), 2),
        ((("value: never", "value: opt-in"),), 0),
        ((("value: never", "value: by-plan"),), 1),
        ((("value: never", "value: opt-out"),), 2),
        ((("value: never", "value: unknown"),), 2),
        ((("value: never", "value: always"),), 3),
        ((("value: off", "value: opt-in"),), 0),
        ((("value: off", "value: none"),), 0),
        ((("value: off", "value: on"),), 1),
        ((("value: off", "value: unknown"),), 1),
    ],
)
def test_each_row_of_the_table(changes: tuple[tuple[str, str], ...], score: int) -> None:
    assert points(data(*changes)) == score


def test_an_incident_weighs_one_point_however_many_there_are() -> None:
    assert points(tool(BEST[0]).data) == 1


WORST = (("value: hybrid", "value: cloud"), ("value: [eu]", "value: [unknown]"), ("value: 30", "value: 1825"))


@pytest.mark.parametrize(
    ("changes", "risk"),
    [
        ((), "low"),
        ((("value: off", "value: on"),), "low"),
        ((("value: never", "value: opt-out"),), "medium"),
        (WORST, "medium"),
        ((*WORST, ("value: off", "value: on")), "high"),
        ((*WORST, ("value: never", "value: opt-out")), "high"),
        ((*WORST, ("value: never", "value: always")), "critical"),
        ((*WORST[1:], ("value: hybrid", "value: local"), ("value: never", "value: always")), "low"),
        ((*WORST[1:], ("value: hybrid", "value: on-prem")), "low"),
        ((("value: [eu]", "value: [in-house]"), ("value: never", "value: always")), "low"),
        ((("value: [eu]", "value: [in-house, us]"), ("value: never", "value: always")), "medium"),
    ],
)
def test_points_become_words(changes: tuple[tuple[str, str], ...], risk: str) -> None:
    assert neutral_risk(data(*changes)) == risk


@given(st.sampled_from(["Acme", "Other"]), st.sampled_from(["CZ", "US", "CN", "unknown"]))
def test_vendor_and_country_have_no_part_in_it(name: str, country: str) -> None:
    changed = tool(("name: Acme, country: CZ", f"name: {name}, country: {country}"))
    assert neutral_risk(changed.data) == neutral_risk(tool().data)
    assert neutral_risk(changed.data) in RISKS
