"""What is answered to a question for a name: refused, or passed on and back as it is. No IO; messages in and out.

A barred name gets NXDOMAIN: it is final, so that a program fails at once and does not ask elsewhere, as it would after
REFUSED. The answer has no SOA and is therefore not kept by anybody: a lifted ban holds at once. Who asks with EDNS is
told why (RFC 8914: 15, blocked by who runs this resolver). Answers that lead to a barred name by an alias are refused
too. Nothing else is changed, so what the company's own resolver says, or signs, stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
from msgspec import Struct

from clearance.model.network import Verdict

LARGEST: Final = 65_535
SMALLEST: Final = 12
_BLOCKED: Final = dns.edns.EDECode.BLOCKED
_ALIASES: Final = (dns.rdatatype.CNAME, dns.rdatatype.DNAME)
_SERVICES: Final = (dns.rdatatype.HTTPS, dns.rdatatype.SVCB)
_CHAIN: Final = 32

Judged = Callable[[str], Verdict | None]
"""What is done about a name, for the user who asks."""


class Question(Struct, frozen=True):
    """What is to be done with a question. `forward`: pass on the message. `answer`: send this one back. `drop`: it is
    no question at all. `verdict` says what is done about the name, where anything is."""

    do: Literal["forward", "answer", "drop"]
    name: str = ""
    answer: bytes = b""
    verdict: Verdict | None = None


def question(wire: bytes, judged: Judged, text: str) -> Question:
    """What to do with a message that came from a program of this machine. Total."""
    if len(wire) < SMALLEST or wire[2] & 0x80:
        return Question("drop")
    try:
        query = dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, IndexError, OverflowError):
        return Question("answer", answer=_bare(wire, dns.rcode.FORMERR))
    if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
        # Updates, notifications and cookies alone ask for no name.
        return Question("forward")
    name = text_of(query.question[0].name)
    verdict = judged(name)
    if verdict is None or verdict.row.action != "block":
        return Question("forward", name, verdict=verdict)
    return Question("answer", name, _refusal(query, text), verdict)


class Answer(Struct, frozen=True):
    """An answer as it is to be sent to who asked. `verdict` and `name` are those of an alias that is refused."""

    wire: bytes
    name: str = ""
    verdict: Verdict | None = None


def answer(query: bytes, wire: bytes, judged: Judged, text: str) -> Answer:
    """The answer to `query` as it may be passed on. Total. One that cannot be read is passed on as it is: the name in
    the connection that follows is looked at again."""
    if not _aliased(wire):
        return Answer(wire)
    try:
        asked = dns.message.from_wire(query, ignore_trailing=True)
        found = dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, IndexError, OverflowError):
        return Answer(wire)
    first = text_of(asked.question[0].name) if asked.question else ""
    if judged(first) is not None:
        # What is said about the name itself holds, whatever it is an alias of.
        return Answer(wire)
    for name in _targets(found):
        verdict = judged(name)
        if verdict is not None and verdict.row.action == "block":
            return Answer(_refusal(asked, text), name, verdict)
    return Answer(wire)


def failure(query: bytes) -> bytes:
    """The answer where nobody answers: SERVFAIL."""
    return _bare(query, dns.rcode.SERVFAIL)


def text_of(name: dns.name.Name) -> str:
    """A name as it is compared."""
    return name.to_text(omit_final_dot=True).lower()


def _aliased(wire: bytes) -> bool:
    """Whether the answer could hold a name that was not asked for; most do not, and are not taken apart."""
    if len(wire) < SMALLEST or int.from_bytes(wire[6:8], "big") == 0:
        return False
    return b"\x00\x05\x00\x01" in wire or b"\x00\x27\x00\x01" in wire or b"\x00\x41\x00\x01" in wire or (
        b"\x00\x40\x00\x01" in wire
    )  # fmt: skip


def _targets(found: dns.message.Message) -> list[str]:
    names: list[str] = []
    for rrset in found.answer[:_CHAIN]:
        if rrset.rdtype in _ALIASES or rrset.rdtype in _SERVICES:
            targets = (getattr(rdata, "target", None) for rdata in rrset)
            names += [text_of(one) for one in targets if isinstance(one, dns.name.Name) and one != dns.name.root]
    return names[:_CHAIN]


def _refusal(query: dns.message.Message, text: str) -> bytes:
    reply = dns.message.make_response(query, recursion_available=True)
    reply.set_rcode(dns.rcode.NXDOMAIN)
    if query.edns >= 0:
        reply.use_edns(0, payload=1232, options=[dns.edns.EDEOption(_BLOCKED, text[:200] or None)])
    return reply.to_wire(max_size=LARGEST)


def _bare(wire: bytes, rcode: int) -> bytes:
    """An answer without content; with the question where it is whole."""
    head = wire[:2] + bytes([0x80 | wire[2] & 0x79, 0x80 | rcode])
    try:
        query = dns.message.from_wire(wire, question_only=True, ignore_trailing=True)
        asked = b"".join(
            (one.name.to_wire() or b"") + int(one.rdtype).to_bytes(2, "big") + int(one.rdclass).to_bytes(2, "big")
            for one in query.question[:1]
        )
    except (dns.exception.DNSException, ValueError, IndexError, OverflowError):
        asked = b""
    return head + (b"\0\1" if asked else b"\0\0") + bytes(6) + asked
