"""Directives read by a child: what reads and checks them is in nobody's memory afterwards, and cannot hurt the service.

What comes back is what reading in the service itself would give, but for the places of its parts in the documents.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from clearance.agent.children import apart
from clearance.errors import Error, Errors, Place
from clearance.judge.merged import Merged
from clearance.model.directive import Directive
from clearance.tasks.enforce.acceptance import Candidate
from clearance.wire.channel import packed


class Read(Struct, frozen=True, tag=True):
    """A directive that was read, and its digest where it was."""

    directive: Directive
    ids: tuple[str, ...]
    documents: tuple[tuple[str, bytes], ...]
    source: str
    sha256: str


class Wrong(Struct, frozen=True):
    """An `Error`, as it travels."""

    what: str
    hint: str
    remedy: str
    place: Place | None


class Refused(Struct, frozen=True, tag=True):
    """Why there is no directive to be had."""

    errors: tuple[Wrong, ...]


def read(reads: Callable[[], Candidate]) -> Candidate:
    """What `reads` gives, run in a child; or the `Error` that it raises."""
    said = apart("directive", lambda: packed(_told(reads)))
    answer = msgspec.msgpack.decode(said, type=Read | Refused) if said is not None else None
    if isinstance(answer, Refused):
        errors = tuple(Error(one.what, place=one.place, hint=one.hint, remedy=one.remedy) for one in answer.errors)
        raise errors[0] if len(errors) == 1 else Errors(errors)
    if answer is not None:
        merged = Merged(answer.directive, answer.ids)
        if merged.sha256 == answer.sha256:
            return Candidate(merged, answer.documents, answer.source)
    try:
        # Whatever became of the child, a directive is read.
        return reads()
    except Error:
        raise
    except Exception as error:
        # Another release may lie on the disk by now, or none: what is in force stays.
        raise Error(
            f"directives cannot be read by this service any more ({type(error).__name__}: {error})",
            remedy="start it anew: systemctl restart clearance",
        ) from error


def _told(reads: Callable[[], Candidate]) -> Read | Refused:
    try:
        found = reads()
    except Error as error:
        errors = error.errors if isinstance(error, Errors) else (error,)
        return Refused(tuple(Wrong(one.what, one.hint, one.remedy, one.place) for one in errors))
    merged = found.merged
    return Read(merged.directive, merged.ids, found.documents, found.source, merged.sha256)
