"""What a person should look at in a directive that can be read. The registry of checks is `CHECKS`.

An `error` makes the directive mean something other than it says; a `warning` asks somebody to look. Every remark has
its line and column and a remedy. Nothing is guessed: a rule is called unreachable only where that is certain.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from clearance.judge.engine import compile_directive
from clearance.judge.lint import consequences, reach, references, times, wording
from clearance.judge.lint.review import Review
from clearance.judge.merged import Merged
from clearance.model.decision import ToolFacts
from clearance.model.review import Remark
from clearance.model.terms import EndpointClass

CHECKS: Final[tuple[Callable[[Review], Iterator[Remark]], ...]] = (
    references.tools,
    references.vendors_and_regions,
    references.groups,
    references.endpoints,
    references.local_tools,
    references.settings,
    reach.empty_and_impossible,
    reach.shadowed,
    times.reversed_dates,
    times.past,
    consequences.replacements,
    consequences.undetermined,
    consequences.without_effect,
    consequences.waivers,
    consequences.document,
    wording.placeholders,
    wording.globs,
)
"""All checks, in no order that matters: remarks are sorted by place."""


def lint(
    merged: Merged,
    tools: Mapping[str, ToolFacts],
    at: dt.datetime,
    *,
    hosts: Mapping[str, EndpointClass] | None = None,
    switches: Mapping[str, frozenset[str]] | None = None,
) -> tuple[Remark, ...]:
    """The remarks on a directive as of an instant, in the order of its text.

    `tools` and `hosts` are the catalog's, as for `compile_directive`; `switches` are the names of each tool's data
    switches by tool id.
    """
    judge = compile_directive(merged, tools, hosts=hosts)
    review = Review(merged, judge, at, switches or {})
    found = [remark for check in CHECKS for remark in check(review)]
    return tuple(sorted(dict.fromkeys(found), key=lambda r: (r.place.file, r.place.line, r.place.column, r.check)))
