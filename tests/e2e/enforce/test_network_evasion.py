"""Ways to a barred host, as somebody would go them, through the whole of `clearance enforce run`, and what came of it.

Real clients, real kernel, real packet rules, in a room with an internet of its own. Times are printed, never asserted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.enforce.network_ways import WAYS, Way
from tests.e2e.enforce.wired import Wired, missing, wired
from tests.enforcing import Enforced, Started

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]
LIMITS = Path(__file__).parents[3] / "docs" / "limitations.md"

_UNGUARDED: dict[str, Started] = {}


@pytest.fixture(scope="module")
def here() -> Iterator[Wired]:
    """A room in which every way was gone without a guard; since then the directive is in force."""
    with wired() as made:
        _UNGUARDED.update({way.name: way.run(made, way.host) for way in WAYS})
        made.guard()
        yield made


def service(here: Wired) -> Enforced:
    """The service in the room."""
    assert here.service is not None
    return here.service


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_outcome(here: Wired, way: Way) -> None:
    assert way.leads_there(_UNGUARDED[way.name]), _UNGUARDED[way.name]
    first = service(here).next_record()
    done = way.run(here, way.host)
    print(f"{way.name:50} {way.outcome:8} {done.ms:7.1f} ms (unguarded {_UNGUARDED[way.name].ms:7.1f}) {said(done)}")
    if way.outcome == "allowed":
        assert way.leads_there(done), done
        return
    if way.outcome == "through":
        assert way.leads_there(done), done
        assert way.limit in LIMITS.read_text(encoding="utf-8")
        if way.event:
            record = here.refused(first, "tls", way.host, "allowed")
            assert record is not None
            assert way.event in record.subject["detail"]
        return
    assert not way.leads_there(done), done
    if way.outcome != "quic":
        # Browsers try QUIC all the time: that is counted, and not told one by one.
        assert here.refused(1 if way.host in REPEATED else first, way.outcome, way.told or way.host) is not None


REPEATED = [way.host for way in WAYS if not way.host.startswith("way-")]
"""What is refused twice within ten seconds is told once."""


def said(done: Started) -> str:
    """The last line that a client wrote."""
    lines = [line for line in (done.out + done.err).splitlines() if line.strip()]
    return lines[-1][:120] if lines else ""
