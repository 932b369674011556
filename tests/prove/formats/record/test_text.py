from __future__ import annotations

from hypothesis import given

from clearance.model.record import Draft
from clearance.prove.formats.record.json import numbered
from clearance.prove.formats.record.text import SHOWN, line, summary
from tests.prove.formats.record.recorded import DRAFTS, sample

CLAUDE = "Claude Code 2.1.329 · ana · /home/ana/.local/bin/claude"
REFUSED = "records could not be written · count 3 · why No space left on device"


def test_lines() -> None:
    assert [line(record) for record in sample()] == [
        f"        1  2026-11-21T09:30:00.712Z  blocked      {CLAUDE} · rule no-residency · no in-house residency",
        "        2  2026-11-21T09:35:00Z      recorded     still running",
        f"        3  2026-11-21T09:36:00Z      refused      {REFUSED}",
        f"        4  2026-11-21T09:30:00.712Z  allowed      {CLAUDE} · waiver W-1 · no in-house residency",
    ]


@given(DRAFTS)
def test_one_line_that_controls_no_terminal(draft: Draft) -> None:
    record = numbered(draft, 7)
    for text in (line(record), summary(record)):
        assert text.isprintable()
        assert len(text) <= SHOWN + 60
