"""Whole hosts of hand-made inputs, one of each operating system: what every probe finds there, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clearance.model.terms import OS
from clearance.observe.probe import Home
from clearance.observe.scan.merge import merge
from tests.observe.scan.tools import CATALOG
from tests.observe.scan.tree import PACKAGE_PROBES, observe, sightings, skipped

CORPUS = Path(__file__).parents[2] / "corpus" / "hosts"


@pytest.mark.parametrize(
    ("os_name", "home"), [("linux", "/home/ana"), ("macos", "/Users/ana"), ("windows", "/Users/ana")]
)
def test_a_whole_host(os_name: OS, home: str) -> None:
    expected = json.loads((CORPUS / f"{os_name}.expected.json").read_text())
    observations = observe(CORPUS / os_name, CATALOG, [Home("ana", home)], os_name=os_name, probes=PACKAGE_PROBES)
    seen = merge(sightings(observations))
    assert [[s.tool, s.surface, s.path, s.version, s.user, s.repository, s.confidence] for s in seen] == expected
    assert skipped(observations) == []
    assert all(one.evidence for one in seen)
    assert len({one.id for one in seen}) == len(seen)


def test_nothing_secret_of_an_address_is_kept() -> None:
    observations = observe(CORPUS / "linux", CATALOG, [Home("ana", "/home/ana")], probes=PACKAGE_PROBES)
    assert "secret" not in repr(observations)
    assert "https://git.example" in repr(observations)
