"""Directives read by a child are what reading them here gives; what is wrong with one is told in full."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from clearance.agent import reading
from clearance.agent.reading import read
from clearance.catalog import load_catalog
from clearance.errors import Error, Errors
from clearance.judge.lint import lint  # noqa: F401 - loaded here, so that only what a child loads is new below
from clearance.tasks import policy
from clearance.tasks.enforce import acceptance
from clearance.tasks.judges import judge_of
from tests.docs.pages import ROOT

HEAD = """apiVersion: clearance/v1
kind: Directive
metadata: {id: D-1, title: T, owner: security@example.com, review: 2035-10-10}
"""
CATALOG = load_catalog()
DIRECTIVES = [path for path in sorted((ROOT / "examples/directives").glob("*.yaml")) if ".test." not in path.name]


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("path", DIRECTIVES, ids=lambda path: path.name)
def test_a_directive_comes_back_whole(path: Path) -> None:
    here = acceptance.candidate(str(path), CATALOG)
    found = read(lambda: acceptance.candidate(str(path), CATALOG))
    assert found == here
    assert found.merged.sha256 == here.merged.sha256
    there, ours = judge_of(found.merged, CATALOG, 3), judge_of(here.merged, CATALOG, 3)
    assert (there.policy, there.tools, there.boundaries) == (ours.policy, ours.tools, ours.boundaries)


def test_every_field_travels(tmp_path: Path) -> None:
    text = (
        HEAD
        + """contact: https://intranet.example.com/ai
groups: {research: {users: [ana], hosts: ["lab-*"]}}
tools: [{id: own, kind: [coding-agent], deployment: on-prem, residency: [in-house], binaries: [own]}]
endpoints: [{host: llm.example, class: cleared-gateway, residency: [in-house]}]
rules:
  - {id: a, match: {tool: own, version: ">=1,<2", not: {group: research}}, effect: allow-with-settings,
     settings: {NO_TELEMETRY: 1, share: off, ratio: 0.5, on: true}, from: 2026-01-01, until: 2027-01-01}
  - {id: b, match: {known: false, score: ">=0.8"}, effect: warn, enforce: observe, risk: high}
default: {effect: warn}
waivers: [{id: W, tool: codex, user: ana, until: 2026-12-31, owner: ciso@example.com, reason: r}]
protected: ["payments/**"]
enforcement: {on_failure: closed, blast_radius: 7, retention_days: 30}
"""
    )
    path = write(tmp_path / "d.yaml", text)

    def reads() -> acceptance.Candidate:
        merged = policy.load(path)
        return acceptance.Candidate(merged, policy.documents(path), path)

    assert read(reads) == reads()


def test_what_is_wrong_is_told_with_its_place(tmp_path: Path) -> None:
    path = write(tmp_path / "d.yaml", HEAD + "rules: [{id: a, match: {tol: codex}, effect: blok}]\n")
    with pytest.raises(Error) as here:
        acceptance.candidate(path, CATALOG)
    with pytest.raises(Error) as there:
        read(lambda: acceptance.candidate(path, CATALOG))
    assert str(there.value) == str(here.value)
    assert isinstance(there.value, Errors) == isinstance(here.value, Errors)
    with pytest.raises(Error, match="cannot be read"):
        read(lambda: acceptance.candidate(str(tmp_path / "gone.yaml"), CATALOG))


def test_nothing_of_it_stays_here(tmp_path: Path) -> None:
    path = write(tmp_path / "d.yaml", HEAD + "default: {effect: allow}\n")

    def reads() -> acceptance.Candidate:
        import wave  # noqa: F401

        return acceptance.candidate(path, CATALOG)

    before = set(sys.modules)
    assert read(reads).merged.ids == ("D-1",)
    assert set(sys.modules) == before


def test_without_a_child_it_is_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "d.yaml", HEAD + "default: {effect: allow}\n")
    monkeypatch.setattr(reading, "apart", lambda *_: None)
    assert read(lambda: acceptance.candidate(path, CATALOG)).source == path


def test_a_service_whose_files_are_gone_says_so_and_goes_on() -> None:
    def reads() -> acceptance.Candidate:
        importlib.import_module("clearance.judge.gone")
        raise AssertionError("it was there")

    with pytest.raises(Error, match="ModuleNotFoundError") as caught:
        read(reads)
    assert "restart" in caught.value.remedy
