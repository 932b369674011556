"""Fuzzes what the network guard reads of foreign bytes: `python -m tests.fuzz.fuzz_network [SECONDS] [SEED]`.

Hellos, questions and answers for names, and answers of the kernel are mutated. Whatever raises, takes more than `SLOW`
seconds for one input, or names a barred name and is passed on all the same, ends the run with that input.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

import dns.message
import dns.rrset

from clearance.agent.network.hello import LARGEST, read
from clearance.agent.network.resolver import answer, failure, question
from clearance.kernel.netlink import attributes, messages
from clearance.kernel.nflog import packet
from clearance.model.enforcement import Row
from clearance.model.network import Verdict
from tests.agent.network.hellos import client_hello, real_hello
from tests.fuzz.rounds import spend

SLOW: Final = 1.0
BARRED: Final = "barred.example"
QUERY: Final = dns.message.make_query("api.barred.example", "HTTPS", use_edns=0).to_wire()
GOOD: Final = dns.message.make_query("good.example", "A").to_wire()


def _answer() -> bytes:
    reply = dns.message.make_response(dns.message.from_wire(GOOD))
    reply.answer.append(dns.rrset.from_text("good.example.", 60, "IN", "CNAME", "api.barred.example."))
    reply.answer.append(dns.rrset.from_text("api.barred.example.", 60, "IN", "A", "192.0.2.1"))
    return reply.to_wire()


def judged(name: str) -> Verdict | None:
    """One name is barred."""
    return Verdict("*", "", Row("block", "block", 0)) if name.endswith(BARRED) else None


def try_hello(data: bytes) -> bool:
    """Whether it is a hello."""
    for size in {len(data), len(data) // 2, 5}:
        read(data[:size])
    found = read(data)
    assert found.name is None or len(found.name) <= 255
    return found.state == "tls"


def try_question(data: bytes) -> bool:
    """Whether it is a question that is answered or passed on."""
    found = question(data, judged, "why")
    assert not (found.do == "forward" and found.name.endswith(BARRED))
    if found.do == "answer":
        assert found.answer[:2] == data[:2]
    if len(data) >= 12:
        failure(data)
    return found.do != "drop"


def try_answer(data: bytes) -> bool:
    """Whether the answer is passed on as it is."""
    return answer(GOOD, data, judged, "why").wire == data


def try_kernel(data: bytes) -> bool:
    """Whether it is a packet."""
    list(messages(data))
    attributes(data)
    return packet(data) is not None


SEEDS: Final[list[tuple[list[bytes], Callable[[bytes], bool]]]] = [
    (
        [
            real_hello("api.barred.example"),
            client_hello("a.example", encrypted=True, size=40),
            b"CONNECT a:1 HTTP/1.1\r\n",
        ],
        try_hello,
    ),
    ([QUERY, GOOD], try_question),
    ([_answer()], try_answer),
    ([bytes(4) + b"\x18\0\x09\0\x45" + bytes(19)], try_kernel),
]


def mutated(seed: bytes, rng: random.Random) -> bytes:
    """The bytes with some places changed."""
    data = bytearray(seed)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(data) + 1)
        change = rng.randrange(5)
        if change == 0:
            data[at : at + 1] = bytes(
                [rng.choice((0, 1, 0x16, 0x3F, 0x40, 0x7F, 0xC0, 0xC1, 0xFE, 0xFF, rng.randrange(256)))]
            )
        elif change == 1:
            data[at:at] = rng.randbytes(rng.randint(1, 30))
        elif change == 2:
            del data[at : at + rng.randint(1, 20)]
        elif change == 3:
            data[at:at] = data[:at] * rng.choice((1, 1, 1, 30))
        else:
            data[at : at + 2] = rng.choice((b"\xff\xff", b"\x00\x00", b"\xc0\x0c", b"\x40\x01"))
    return bytes(data[: LARGEST + 10])


def drawn(rng: random.Random) -> tuple[bytes, Callable[[bytes], bool]]:
    """A broken hello, question, answer, or message of the kernel."""
    seeds, target = rng.choice(SEEDS)
    return mutated(rng.choice(seeds), rng), target


def main() -> None:
    """Run for so many seconds from this seed."""
    tried, taken = spend(drawn, SLOW)
    print(f"{tried} inputs, {taken} of them were taken for what they look like; no barred name was passed on")


if __name__ == "__main__":
    main()
