"""Texts that will not come out as meant: placeholders that do not exist, patterns that are no globs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from clearance.catalog.source import shown
from clearance.judge.lint.review import Review, each, nearest
from clearance.judge.merged import Path
from clearance.judge.message import PLACEHOLDERS, unknown_placeholders
from clearance.judge.message import placeholders as used_in
from clearance.model.review import Remark

_GLOBS: Final = ("tool", "vendor", "country", "residency", "endpoint", "host", "user")
_REGEX: Final = re.compile(r"\.\*|\.\+|^\^|\$$|\\|\(.*\||\)\?|\]\+")


def placeholders(review: Review) -> Iterator[Remark]:
    """A placeholder that does not exist, or that stays empty for want of a replacement or a contact."""
    messages: list[tuple[Path, str, str, bool]] = [
        ((*path, "message"), f'rule "{shown(rule.id)}"', rule.message, rule.replacement is not None)
        for path, rule, _ruling in review.rules()
    ]
    default = review.directive.default
    if default is not UNSET:
        messages.append((("default", "message"), "the default", default.message, default.replacement is not None))
    for path, subject, text, has_replacement in messages:
        for name in unknown_placeholders(text):
            what = f'{subject}: "{{{shown(name)}}}" is no placeholder'
            remedy = nearest(name, PLACEHOLDERS) or f"there are {', '.join(PLACEHOLDERS)}; write {{{{ for a brace"
            yield review.remark("unknown-placeholder", "error", path, what, remedy)
        used = used_in(text)
        if not has_replacement and any(name.startswith("replacement.") for name in used):
            what = f"{subject} speaks of a replacement and names none"
            yield review.remark("empty-placeholder", "warning", path, what, "add replacement: and a tool's id")
        if review.directive.contact in (UNSET, "") and "contact" in used:
            what = f"{subject} speaks of a contact and the directive has none"
            yield review.remark("empty-placeholder", "warning", path, what, "add contact: and an address")


def globs(review: Review) -> Iterator[Remark]:
    """A text that reads like a regular expression where a glob is expected, or a bracket that is never closed."""
    for path, subject, match in review.matches():
        for field in _GLOBS:
            for where, value in each(match, field, path):
                yield from _glob(review, where, subject, value)
    for index, endpoint in enumerate(review.directive.endpoints):
        yield from _glob(review, ("endpoints", index, "host"), "endpoint", endpoint.host)
    for name, group in review.directive.groups.items():
        for field in ("users", "unix_groups", "hosts"):
            for number, value in enumerate(getattr(group, field)):
                yield from _glob(review, ("groups", name, field, number), f'group "{shown(name)}"', value)


def _glob(review: Review, path: Path, subject: str, value: str) -> Iterator[Remark]:
    if _REGEX.search(value):
        what = f'{subject}: "{shown(value)}" reads like a regular expression, and is taken as a glob'
        yield review.remark("glob-not-regex", "warning", path, what, "write * for any text, ? for any one character")
    elif "[" in value and "]" not in value[value.rindex("[") :]:
        what = f'{subject}: "{shown(value)}" has a bracket that is never closed, and stands for itself'
        yield review.remark("glob-not-closed", "warning", path, what, "close it, or take it out")
