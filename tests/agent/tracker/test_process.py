"""Processes as `/proc` shows them."""

from __future__ import annotations

import os

import pytest

from clearance.agent.tracker import process
from tests.agent.tracker.child import SLEEP, sleeping


def test_words_and_variables_as_they_are() -> None:
    environment = {"HOME": "/x", "PATH": "", "ODD": "\udcff=", "HOMES": "no"}
    with sleeping(("-c", SLEEP, "", "\udcff", "end"), env=environment) as child:
        assert process.words(child.pid)[2:] == (SLEEP, "", "\udcff", "end")
        found = process.variables(child.pid, ("HOME", "PATH", "ODD", "NONE"))
        assert found == {"HOME": "/x", "PATH": "", "ODD": "\udcff="}
        assert process.link(child.pid, "cwd") == os.getcwd()
        assert {child.pid, os.getpid()} <= process.ancestors(child.pid)
        assert child.pid not in process.ancestors(os.getpid())
        assert child.pid in process.pids()


def test_what_is_gone_is_empty() -> None:
    with sleeping() as child:
        child.kill()
        child.wait()
        assert process.words(child.pid) == ()
        assert process.variables(child.pid, ("HOME",)) == {}
        assert process.link(child.pid, "exe") == ""
        assert process.ancestors(child.pid) == {child.pid}


def test_of_very_many_words_the_first_and_the_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [str(number) for number in range(20_000)]
    with sleeping(("-c", SLEEP, *words)) as child:
        assert process.words(child.pid)[3:] == tuple(words)
        monkeypatch.setattr(process, "MOST_WORDS", 1000)
        monkeypatch.setattr(process, "LAST_WORDS", 10)
        found = process.words(child.pid)
        assert len(found) == 1010
        assert found[-1] == "19999"
