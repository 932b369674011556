"""A finding that was reviewed and need not be reported again: why, by whom, until when."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field


class Suppression(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All of `id`, `tool`, `surface`, `path` (a glob) and `user` that are given must hold; at least one must be given.

    `until` is a date; the suppression holds on that day (UTC) and no longer.
    """

    reason: str
    owner: str
    until: str
    id: str | None = None
    tool: str | None = None
    surface: str | None = None
    path: str | None = None
    user: str | None = None


class Suppressions(Struct, frozen=True, forbid_unknown_fields=True):
    """The document: `apiVersion: clearance/v1`, `kind: Suppressions`."""

    apiVersion: Literal["clearance/v1"]
    kind: Literal["Suppressions"]
    suppressions: tuple[Suppression, ...] = field(default=())
