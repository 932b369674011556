"""What is told to the service, and how often."""

from __future__ import annotations

import pytest
from msgspec import Struct

from clearance.agent.network.policy import MOST, REPEATED, Policy, done_of
from clearance.model.enforcement import Row
from clearance.model.network import Lookup, NetworkAddress, NetworkName, NetworkTable, UserRow, Verdict
from clearance.wire.enforcement import Failed, Message, Seen

ALLOW, BLOCK = Row("allow", "allow", 0), Row("block", "block", 1)
TABLE = NetworkTable(
    serial=5,
    generation=2,
    mode="block",
    names=(NetworkName("api.vendor.example", "coder", (UserRow(7, ALLOW), UserRow(None, BLOCK))),),
    addresses=(NetworkAddress("192.0.2.7/32", "coder", (UserRow(None, BLOCK),)),),
    guarded=(UserRow(7, ALLOW), UserRow(None, BLOCK)),
)


class Who(Struct, frozen=True):
    uid: int | None = 9
    pid: int = 40


class Ears:
    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.deaf = False
        self.now = 100.0

    def hear(self, message: Message) -> bool:
        self.heard.append(message)
        return not self.deaf

    def clock(self) -> float:
        return self.now

    def seen(self) -> list[Seen]:
        return [message for message in self.heard if isinstance(message, Seen)]


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def policy(ears: Ears) -> Policy:
    made = Policy(ears.hear, ears.clock)
    made.replace(TABLE)
    return made


VERDICT = Verdict("api.vendor.example", "coder", BLOCK)


@pytest.mark.parametrize(
    ("row", "done"),
    [
        (Row("block", "block", 0), "refused"),
        (Row("warn", "block", 0), "warned"),
        (Row("allow", "block", 0), "would-block"),
        (Row("allow", "warn", 0), "would-warn"),
        (ALLOW, None),
    ],
)
def test_what_comes_of_a_row(row: Row, done: str | None) -> None:
    assert done_of(row) == done


def test_without_a_table_nothing_is_said(ears: Ears) -> None:
    bare = Policy(ears.hear, ears.clock)
    assert bare.name("api.vendor.example", Who()) is None
    bare.tell("name", "api.vendor.example", VERDICT, Who())
    assert not ears.heard


def test_by_user(policy: Policy) -> None:
    verdicts = [policy.name("api.vendor.example", Who(uid)) for uid in (7, 8, None)]
    assert [verdict and verdict.row for verdict in verdicts] == [ALLOW, BLOCK, BLOCK]
    assert policy.name("good.example", Who()) is None


def test_an_address_used_as_a_name(policy: Policy) -> None:
    assert (
        policy.name("192.0.2.7", Who()) == policy.address("192.0.2.7", Who()) == Verdict("192.0.2.7/32", "coder", BLOCK)
    )


def test_a_report_has_all_that_is_known(policy: Policy, ears: Ears) -> None:
    policy.tell("tls", "api.vendor.example", VERDICT, Who(), 12, "why")
    (seen,) = ears.seen()
    assert (seen.means, seen.done, seen.pid, seen.uid, seen.path) == ("tls", "refused", 40, 9, "api.vendor.example")
    assert (seen.tool, seen.row, seen.serial, seen.latency_us, seen.detail) == ("coder", BLOCK, 5, 12, "why")


def test_repeats_are_told_as_a_number(policy: Policy, ears: Ears) -> None:
    for _ in range(30):
        policy.tell("name", "api.vendor.example", VERDICT, Who())
    policy.tell("name", "api.vendor.example", VERDICT, Who(10))
    policy.flush()
    assert [seen.uid for seen in ears.seen()] == [9, 10]
    ears.now += REPEATED
    policy.flush()
    assert [seen.detail for seen in ears.seen()[2:]] == ["29 more times in 10 seconds"]
    policy.tell("name", "api.vendor.example", VERDICT, Who())
    assert len(ears.seen()) == 4
    assert policy.counters["refused"] == 32


def test_another_table_tells_what_is_left_of_the_one_before(policy: Policy, ears: Ears) -> None:
    policy.tell("name", "api.vendor.example", VERDICT, Who())
    policy.tell("name", "api.vendor.example", VERDICT, Who())
    policy.replace(NetworkTable(serial=6, generation=3, mode="block"))
    assert [seen.serial for seen in ears.seen()] == [5, 5]


def test_memory_is_bounded_and_what_is_lost_is_counted(policy: Policy, ears: Ears) -> None:
    for number in range(MOST + 10):
        policy.tell("name", f"n{number}.vendor.example", VERDICT, Who())
    assert (len(ears.heard), policy.counters["lost"]) == (MOST, 10)


def test_a_service_that_does_not_keep_up_is_not_waited_for(policy: Policy, ears: Ears) -> None:
    ears.deaf = True
    policy.failed("network-rules", "x" * 1000)
    assert policy.counters["lost"] == 1
    assert isinstance(ears.heard[0], Failed)
    assert len(ears.heard[0].detail) == 200


def test_what_could_hide_a_name_is_told_of_those_for_whom_one_is_barred(policy: Policy, ears: Ears) -> None:
    policy.event("tls", "192.0.2.1", Who(7), "no name")
    policy.event("tls", "192.0.2.1", Who(8), "no name")
    (seen,) = ears.seen()
    assert (seen.uid, seen.done, seen.row, seen.tool) == (8, "allowed", BLOCK, None)


def test_the_reason_for_closing_ways_around(policy: Policy) -> None:
    assert (policy.reason(7), policy.reason(None)) == (ALLOW, BLOCK)
    assert Lookup(TABLE).guarded(8) == BLOCK
