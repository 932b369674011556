"""The rows of a table, ready to be looked up: one or two dictionary accesses, no judging."""

from __future__ import annotations

from typing import Final

from clearance.model.enforcement import Row, Table
from clearance.model.terms import Confidence

MOST: Final = 65_536
"""Rows that are kept beside those of the table: answers to what it did not foresee."""

Key = tuple[str, int | None, str | None, Confidence | None]


class Rows:
    """Finds the row for a tool, a version and a user. Answers of the service are kept until the next table.

    `barred` are the tools that somebody may not start, or not without a word.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self._rows: dict[Key, Row] = {(e.tool, e.uid, e.version, e.confidence): e.row for e in table.entries}
        self._answers: dict[Key, Row] = {}
        self._versioned = frozenset(table.versioned)
        self._users = frozenset(table.users)
        self._general = dict(table.general)
        self.barred = frozenset(
            [tool for tool, row in table.general if row.action != "allow"]
            + [entry.tool for entry in table.entries if entry.row.action != "allow"]
        )

    def find(self, tool: str, version: str | None, uid: int | None, confidence: Confidence = "certain") -> Row | None:
        """The row, or None where only the service can tell."""
        key = self._key(tool, version, uid, confidence)
        row = self._rows.get(key) or self._answers.get(key)
        if row is None and uid in self._users and tool not in self._versioned:
            return self._general.get(tool)
        return row

    def at_worst(self, tool: str) -> Row | None:
        """The row that counts when the service does not answer in time: for a user and a version nobody knows."""
        return self._rows.get((tool, None, None, None))

    def keep(self, tool: str, version: str | None, uid: int | None, row: Row, confidence: Confidence) -> None:
        """Remember an answer of the service."""
        if len(self._answers) >= MOST:
            self._answers.clear()
        self._answers[self._key(tool, version, uid, confidence)] = row

    def _key(self, tool: str, version: str | None, uid: int | None, confidence: Confidence) -> Key:
        return (tool, uid, version, confidence) if tool in self._versioned else (tool, uid, None, None)
