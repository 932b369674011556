"""The catalog's risk for a tool of which nobody gave one: a function of stated facts, the same for every vendor. Pure.

A tool whose content stays on the company's own machines (`deployment` local or on-prem, or `residency` in-house and
nothing else) is `low`. For all others these points are added; what is unknown weighs as much as the worse half of what
could be known, because nobody can rule it out:

| fact | 0 | 1 | 2 | 3 |
|---|---|---|---|---|
| deployment | hybrid | cloud, unknown | | |
| residency | stated regions | unknown | | |
| retention | at most 30 days | at most a year, unknown | longer | |
| training | never, opt-in | by-plan | opt-out, unknown | always |
| telemetry | off, opt-in, none | on, unknown | | |
| incidents | none | one or more | | |

0 and 1 points are `low`, 2 to 4 `medium`, 5 and 6 `high`, 7 and more `critical`. Vendor, country and price have no part
in it. A directive's own `risk` always wins over this.
"""

from __future__ import annotations

from typing import Final

from clearance.model.terms import IN_HOUSE, UNKNOWN, Risk, Training
from clearance.model.tool import DataHandling

TRAINING: Final[dict[Training, int]] = {
    "never": 0, "opt-in": 0, "by-plan": 1, "opt-out": 2, "unknown": 2, "always": 3,
}  # fmt: skip


def neutral_risk(data: DataHandling) -> Risk:
    """The risk that the table of this module gives."""
    if data.deployment.value in ("local", "on-prem") or set(data.residency.value) == {IN_HOUSE}:
        return "low"
    score = points(data)
    return "low" if score < 2 else "medium" if score < 5 else "high" if score < 7 else "critical"


def points(data: DataHandling) -> int:
    """The sum of the table's points, 0 to 9."""
    retention = data.retention.value
    return sum(
        (
            data.deployment.value != "hybrid",
            UNKNOWN in data.residency.value or not data.residency.value,
            1 if retention == UNKNOWN else 0 if retention <= 30 else 1 if retention <= 366 else 2,
            TRAINING[data.training.value],
            data.telemetry.value in ("on", UNKNOWN),
            bool(data.incidents),
        )
    )
