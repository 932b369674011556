from __future__ import annotations

import pytest

from clearance.observe import programs


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the files whose content was looked at; nothing is a program."""
    sizes: list[int] = []

    def none(head: bytes, size: int) -> None:
        sizes.append(size)

    monkeypatch.setattr(programs, "classify", none)
    return sizes
