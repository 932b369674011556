"""Dates that cannot be meant, or that have passed."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from clearance.catalog.source import shown
from clearance.judge.instants import in_words, span, zone
from clearance.judge.lint.review import Review
from clearance.model.review import Remark


def reversed_dates(review: Review) -> Iterator[Remark]:
    """A rule or waiver that ends before it begins."""
    for noun, entries in (("rule", review.rules()), ("waiver", review.waivers())):
        for path, entry, ruling in entries:
            if ruling.start >= ruling.end:
                what = f'{noun} "{shown(entry.id)}" ends ({entry.until}) before it begins ({entry.from_})'
                yield review.remark("dates-reversed", "error", (*path, "until"), what, "exchange the two, or mend one")


def past(review: Review) -> Iterator[Remark]:
    """A waiver or rule that has ended; a directive whose review is due."""
    for path, waiver, ruling in review.waivers():
        if ruling.end <= review.now and ruling.start < ruling.end:
            what = f'waiver "{shown(waiver.id)}" has ended: it held until {in_words(waiver.until)}'
            remedy = "take it out, or have its owner renew it"
            yield review.remark("waiver-ended", "warning", (*path, "until"), what, remedy)
    for path, rule, ruling in review.rules():
        if ruling.end <= review.now and ruling.start < ruling.end:
            what = f'rule "{shown(rule.id)}" has ended: it held until {in_words(rule.until or "")}'
            yield review.remark(
                "rule-ended", "warning", (*path, "until"), what, "take it out, or give it a later until"
            )
    metadata = review.directive.metadata
    if metadata is not UNSET and metadata.review is not None:
        due = span(None, metadata.review, zone(metadata.timezone)).end
        if due <= review.now:
            what = f"the directive was to be reviewed by {in_words(metadata.review)}"
            remedy = "review it, then set the next date"
            yield review.remark("review-date-past", "warning", ("metadata", "review"), what, remedy)
