"""The cache of real tools: complete or absent, and safe for several test processes at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import real_tools
from tests.real_tools import REAL_TOOLS, Unavailable, fetch, fetching, programs


def test_names_and_versions_are_unique() -> None:
    assert len({real.name for real in REAL_TOOLS}) == len(REAL_TOOLS)
    assert len({real.tool for real in REAL_TOOLS}) >= 14


def test_a_failed_install_leaves_no_prefix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLEARANCE_TEST_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="npm is not installed"):
        fetch("codex")
    assert not [entry for entry in (tmp_path / "real-tools").iterdir() if entry.is_dir()]


def test_one_process_installs_and_the_others_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installs: list[str] = []

    def install(real: real_tools.RealTool, prefix: Path) -> None:
        installs.append(real.name)
        for program in real.programs:
            (prefix / program).parent.mkdir(parents=True, exist_ok=True)
            (prefix / program).write_bytes(b"x")

    monkeypatch.setenv("CLEARANCE_TEST_CACHE", str(tmp_path))
    monkeypatch.setattr(real_tools, "_install", install)
    with ThreadPoolExecutor(8) as pool:
        prefixes = set(pool.map(fetch, ["aider"] * 8))
    assert installs == ["aider"]
    assert prefixes == {tmp_path / "real-tools" / "aider-0.86.2"}
    assert programs("aider") == (tmp_path / "real-tools" / "aider-0.86.2" / "bin" / "aider",)


def test_an_install_without_its_program_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLEARANCE_TEST_CACHE", str(tmp_path))
    monkeypatch.setattr(real_tools, "_install", lambda real, prefix: None)
    with pytest.raises(Unavailable, match="came without bin/aider"):
        fetch("aider")


def test_what_cannot_be_fetched_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    fetching("x@1", "sh", "-c", "exit 0")
    with pytest.raises(Unavailable, match=r"^x@1: no such version$"):
        fetching("x@1", "sh", "-c", "echo WARNING: old >&2; echo no such version >&2; exit 1")
    monkeypatch.setattr(real_tools, "SECONDS_TO_INSTALL", 0.01)
    with pytest.raises(Unavailable, match=r"^x@1: no end after 0.01 s$"):
        fetching("x@1", "tail", "-f", "/dev/null")
