"""Whatever becomes of the network guard, people reach what they reached before, and how soon is printed.

Each time the same is asked of a real service: what was under way, what begins then, and what is left in the kernel.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.enforce.wired import CERTIFICATE, DIRECTIVE, PYTHON, Wired, missing, wired
from tests.enforcing import PATIENCE, PERSON, Started

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]

GOOD = "https://good.example.org/"
BARRED = "https://api.vendor.example/"
AT_ADDRESS = ("--resolve", "api.vendor.example:443:203.0.113.20")
UNDO = (sys.executable, "-m", "clearance", "enforce", "undo")
OTHERS = "add table inet others; add chain inet others c { type filter hook output priority 0; }"


@pytest.fixture(scope="module")
def room() -> Iterator[Wired]:
    """A room where somebody else has packet rules too."""
    with wired() as made:
        made.room.must("nft", OTHERS)
        made.before = made.rules()
        yield made


@pytest.fixture
def here(room: Wired) -> Wired:
    """With the directive in force; a service that still runs goes on."""
    if room.service is None or not room.pids("network"):
        room.guard()
    return room


def until(holds: Callable[[], bool], what: str) -> float:
    """Seconds until something holds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < PATIENCE, what
        time.sleep(0.02)
    return time.monotonic() - began


def reached(here: Wired, url: str, *words: str) -> bool:
    """Whether a page came."""
    return "reached" in here.curl(*words, url).out


def everything_passes(here: Wired) -> None:
    """As if nothing had ever been enforced: barred names, hellos, QUIC."""
    assert reached(here, BARRED)
    assert reached(here, BARRED, *AT_ADDRESS)
    assert '"bytes": 7' in here.probe("quic", "203.0.113.10").out


def carried(here: Wired, page: str = "slow") -> int:
    """A connection that the guard carries, of a program that only listens."""
    number = here.room.start("/usr/bin/curl", "-sSN", "--cacert", CERTIFICATE, GOOD + page, uid=PERSON, folder="/")
    until(lambda: "begun" in here.room.wait(number, 0).out, "no connection")
    return number


LOOKUP = "import socket, sys; print('found', socket.getaddrinfo(sys.argv[1], 443)[0][4][0])"


class Meanwhile:
    """What people begin while the guard does not answer: lookups and connections."""

    def __init__(self, here: Wired) -> None:
        self._here = here
        name, page = "good.example.org", ("-sS", "-m", "30", "--cacert", CERTIFICATE)
        begun = (
            (PYTHON, "-c", LOOKUP, name), ("/usr/bin/curl", *page, GOOD),
            ("/usr/bin/curl", *page, "--resolve", f"{name}:443:203.0.113.10", GOOD),
        )  # fmt: skip
        self._numbers = [here.room.start(*words, uid=PERSON, folder="/") for words in begun]

    def ended(self) -> list[Started]:
        """How each ended."""
        return [self._here.room.wait(number, PATIENCE) for number in self._numbers]


def test_a_guard_that_hangs_is_ended_and_the_next_one_answers_what_waited(here: Wired) -> None:
    assert here.service is not None
    under_way = carried(here)
    here.kill("network", "STOP")
    began = time.monotonic()
    for what, done in zip(("a lookup", "a page", "a connection"), Meanwhile(here).ended(), strict=True):
        print(f"{what} that began when the guard hung: within {done.ms / 1000:.1f} s")
        assert done.code == 0, done
    assert here.room.ended(under_way, PATIENCE)
    print(f"a connection that it carried broke off after {time.monotonic() - began:.1f} s")
    here.refuses()
    assert reached(here, GOOD)
    assert here.service.status["failures"]["network-stalled"] == 1


def test_a_guard_that_is_killed_is_started_again(here: Wired) -> None:
    assert here.service is not None
    under_way = carried(here)
    here.kill("network", "KILL")
    began = time.monotonic()
    assert [done.code for done in Meanwhile(here).ended()] == [0, 0, 0]
    print(f"a lookup, a page and a connection within {time.monotonic() - began:.2f} s")
    assert here.room.ended(under_way, PATIENCE)
    here.refuses()
    print(f"refused again after {time.monotonic() - began:.2f} s")
    assert here.service.status["failures"]["network-died"] > 0


def test_with_everybody_stopped_the_rules_rest(here: Wired) -> None:
    assert here.service is not None
    here.room.signal(here.service.number, signal.SIGSTOP)
    here.kill("network", "STOP")
    passes = until(lambda: reached(here, BARRED, *AT_ADDRESS, "--max-time", "1"), "it is refused")
    print(f"a barred host is reached after {passes:.1f} s")
    everything_passes(here)
    here.kill("network", "CONT")
    here.room.signal(here.service.number, signal.SIGCONT)
    here.refuses()
    assert reached(here, GOOD)


@pytest.mark.parametrize("hangs", [False, True], ids=["", "while the guard hangs"])
def test_a_service_that_is_killed_leaves_nothing_in_the_way(here: Wired, hangs: bool) -> None:
    assert here.service is not None
    under_way = carried(here)
    if hangs:
        here.kill("network", "STOP")
    waiting = Meanwhile(here) if hangs else None
    here.service.stop(signal.SIGKILL)
    print(f"no rules are left after {until(lambda: here.rules() == here.before, 'rules are left'):.2f} s")
    everything_passes(here)
    assert here.room.ended(under_way, PATIENCE)
    if waiting is not None:
        # What had been redirected already ends, and is not left waiting.
        print("what waited ended with", [f"{done.code} within {done.ms / 1000:.1f} s" for done in waiting.ended()])


def test_the_next_service_takes_back_what_a_killed_one_left(here: Wired) -> None:
    assert here.service is not None
    before = here.groups()
    here.service.stop(signal.SIGKILL)
    here.guard()
    assert len(here.groups()) == len(before)
    assert not {*here.groups()} & {*before}


def test_undo_after_a_kill_takes_back_what_is_left(here: Wired) -> None:
    assert here.service is not None
    here.service.stop(signal.SIGKILL)
    left = here.groups()
    done = here.room.run(*UNDO)
    assert done.code == 0, done
    assert ("taken back" in done.out) is bool(left)
    assert here.groups() == []
    everything_passes(here)
    again = here.room.run(*UNDO)
    assert (again.code, again.out) == (0, "There is nothing to take back.\n")


def test_undo_under_a_running_service_leaves_it_the_names(here: Wired) -> None:
    assert here.service is not None
    done = here.room.run(*UNDO)
    assert done.code == 0, done
    assert here.groups() == []
    assert here.service.command("reload").code == 0
    here.refuses()
    assert reached(here, GOOD)
    failures = here.service.status["failures"]
    assert failures in ({}, {"network-group": 1})
    assert "network-rules" not in failures


def test_a_ban_that_is_lifted_breaks_nothing_off(here: Wired) -> None:
    assert here.service is not None
    under_way = carried(here, "later")
    here.service.reload(DIRECTIVE.partition("tools:")[0] + "rules: []\ndefault: {effect: allow}\n")
    assert reached(here, BARRED)
    done = here.room.wait(under_way)
    assert (done.code, done.out) == (0, "begun\nreached\n")
    here.service.reload(DIRECTIVE)
    here.refuses()


def test_ended_in_order_it_leaves_no_trace(here: Wired) -> None:
    assert here.service is not None
    under_way = carried(here)
    assert "table inet clearance" in here.rules()
    assert here.service.stop().code == 0
    assert here.room.ended(under_way, PATIENCE)
    assert here.rules() == here.before
    assert here.groups() == []
    everything_passes(here)
