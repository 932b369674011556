"""What may start unasked: only what only root can write, and with its writers told."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clearance.agent.guard.marks import Marks


class Kernel:
    """Keeps what it is told; `refuses` to take anything back."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.did: list[str] = []
        self.refuses = refuses

    def tell_writes(self, _: int) -> None:
        self.did.append("tell writes")

    def is_marked(self, _: int) -> bool:
        return bool(self.did)

    def ignore_starts(self, _: int) -> None:
        self.did.append("ignore")

    def ask_again(self, _: int) -> None:
        self.did.append("ask again")
        if self.refuses:
            raise FileNotFoundError


def looked(path: Path, **fields: Any) -> Any:
    what = path.stat()
    found = {"st_uid": 0, "st_mode": 0o100755, "st_ctime_ns": what.st_ctime_ns}
    return SimpleNamespace(**(found | fields))


@pytest.mark.parametrize(
    ("fields", "did"),
    [
        ({}, ["tell writes", "ignore"]), ({"st_uid": 1000}, []), ({"st_mode": 0o100775}, []),
        ({"st_mode": 0o100757}, []), ({"st_mode": 0o040755}, []),
        ({"st_ctime_ns": 1}, ["tell writes", "ignore", "ask again"]),
    ],
)  # fmt: skip
def test_what_starts_unasked(tmp_path: Path, fields: dict[str, int], did: list[str]) -> None:
    kernel = Kernel()
    (tmp_path / "a").write_text("x")
    fd = os.open(tmp_path / "a", os.O_RDONLY)
    assert Marks(kernel).cache(fd, looked(tmp_path / "a", **fields)) == bool(did)
    os.close(fd)
    assert kernel.did == did


@pytest.mark.parametrize("refuses", [False, True])
def test_to_be_asked_again(tmp_path: Path, refuses: bool) -> None:
    kernel = Kernel(refuses=refuses)
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to("a")
    before = len(os.listdir("/proc/self/fd"))
    Marks(kernel).ask_again_at(str(tmp_path / "missing"))
    assert kernel.did == []
    Marks(kernel).ask_again_at(str(tmp_path / "a"))
    assert kernel.did == ["ask again"]
    assert len(os.listdir("/proc/self/fd")) == before


def test_writers_are_told_of(tmp_path: Path) -> None:
    kernel = Kernel()
    marks = Marks(kernel)
    assert not marks.is_marked(0)
    marks.tell_writes(0)
    assert marks.is_marked(0)
