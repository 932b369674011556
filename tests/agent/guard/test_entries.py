from __future__ import annotations

import pytest

from clearance.agent.guard import entries
from clearance.agent.guard.entries import Entries
from clearance.model.enforcement import KnownFile


class Kernel:
    """Remembers which files it is to ask about; some it refuses."""

    def __init__(self) -> None:
        self.guarded: list[str] = []
        self.released: list[str] = []

    def guard_file(self, path: str) -> None:
        if path.startswith("/refused"):
            raise OSError
        self.guarded.append(path)

    def release_file(self, path: str) -> None:
        self.released.append(path)
        if path == "/gone":
            raise FileNotFoundError


def text(path: str, tool: str = "codex", *, entry: bool = True) -> KnownFile:
    return KnownFile(1, len(path), 1, tool, entry=entry, path=path)


def test_texts_of_barred_tools_are_guarded_until_they_are_not_barred() -> None:
    kernel = Kernel()
    guarded = Entries(kernel)
    known = [
        text("/a"),
        text("/gone"),
        text("/native", entry=False),
        text("/free", "aider"),
        text(""),
        text("/refused"),
    ]
    guarded.guard(known, {"codex"})
    guarded.guard(known, {"codex"})
    assert sorted(kernel.guarded) == ["/a", "/gone"]
    guarded.guard(known, {"aider"})
    assert sorted(kernel.released) == ["/a", "/gone"]
    assert kernel.guarded[2:] == ["/free"]


def test_what_the_kernel_forgot_is_guarded_anew() -> None:
    kernel = Kernel()
    guarded = Entries(kernel)
    guarded.guard([text("/a")], {"codex"})
    guarded.forget()
    guarded.guard([text("/a")], {"codex"})
    assert (kernel.guarded, kernel.released) == (["/a", "/a"], [])


def test_there_are_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "ENTRIES", 3)
    kernel = Kernel()
    Entries(kernel).guard([text(f"/{number}") for number in range(9)], {"codex"})
    assert len(kernel.guarded) == 3
