"""One directive, of one document or several, with what tells it from another and where each part of it was written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import rfc8785

from clearance.errors import Place
from clearance.model.directive import Directive

if TYPE_CHECKING:
    from clearance.catalog.source import Spot

Path = tuple[str | int, ...]
"""The way to a part of the merged directive: `("rules", 3, "match", "tool")`."""


class Written(NamedTuple):
    """Where the key and the value of a part are written; an item of a list has no key, and its own place twice."""

    key: Spot
    value: Spot


@dataclass(frozen=True)
class Merged:
    """A directive, the ids of the documents it was made of, and the places of its parts.

    `places` holds, for each path, where its key and where its value is written.
    """

    directive: Directive
    ids: tuple[str, ...] = ()
    places: Mapping[Path, Written] = field(default_factory=dict, repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """The digest that tells this directive from another, see `digest`."""
        return digest(self.directive)

    def place(self, *path: str | int, key: bool = False) -> Place:
        """Where the value (or the key) of this path is written, else the nearest part around it that has a place."""
        for end in range(len(path), -1, -1):
            if found := self.places.get(path[:end]):
                return (found.key if key and end == len(path) else found.value).place()
        return Place("directive")


def digest(directive: Directive) -> str:
    """SHA-256, in hex, of the directive's canonical JSON (RFC 8785).

    Hashed is the merged directive with the fields that were given a value other than their default: comments,
    quoting, the order of keys, the number of documents and a default that is written out do not change it; the
    order of rules does.
    """
    return hashlib.sha256(rfc8785.dumps(msgspec.to_builtins(directive))).hexdigest()
