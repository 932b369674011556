"""Questions and answers, as messages."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rrset
import dns.update
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.agent.network.resolver import answer, failure, question
from clearance.model.enforcement import Row
from clearance.model.network import Verdict

BLOCK, WARN = Row("block", "block", 3), Row("warn", "warn", 4)


def judged(name: str) -> Verdict | None:
    if name.endswith("barred.example"):
        return Verdict("*.barred.example", "coder", BLOCK)
    return Verdict(name, "coder", WARN) if name == "warned.example" else None


def ask(name: str, kind: str = "A", **more: bool) -> bytes:
    return dns.message.make_query(name, kind, **more).to_wire()  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["A", "AAAA", "HTTPS", "SVCB", "TXT", "ANY", "TYPE65280"])
def test_a_barred_name_does_not_exist_whatever_is_asked_about_it(kind: str) -> None:
    query = dns.message.make_query("API.Barred.Example.", kind, use_edns=0)
    found = question(query.to_wire(), judged, "why")
    reply = dns.message.from_wire(found.answer)
    assert (found.do, found.name, found.verdict) == ("answer", "api.barred.example", judged("barred.example"))
    assert (reply.id, reply.rcode(), reply.question) == (query.id, dns.rcode.NXDOMAIN, query.question)
    assert reply.flags & dns.flags.RA
    assert not reply.authority
    assert [(o.code, o.text) for o in reply.options if isinstance(o, dns.edns.EDEOption)] == [(15, "why")]


def test_without_edns_nothing_is_explained() -> None:
    assert dns.message.from_wire(question(ask("barred.example"), judged, "why").answer).edns == -1


def test_others_are_passed_on() -> None:
    assert question(ask("good.example"), judged, "").do == "forward"
    warned = question(ask("warned.example"), judged, "")
    assert (warned.do, warned.verdict) == ("forward", Verdict("warned.example", "coder", WARN))


def test_what_is_no_question_for_a_name_is_passed_on() -> None:
    assert question(dns.update.UpdateMessage("barred.example").to_wire(), judged, "").do == "forward"


def test_an_answer_that_comes_as_a_question_is_dropped() -> None:
    reply = dns.message.make_response(dns.message.from_wire(ask("barred.example")))
    assert question(reply.to_wire(), judged, "").do == "drop"


@given(st.binary(max_size=120))
def test_any_bytes_have_an_end(wire: bytes) -> None:
    found = question(wire, judged, "why")
    assert found.do in ("forward", "answer", "drop")
    if found.do == "answer":
        assert found.answer[:2] == wire[:2]
        assert found.answer[2] & 0x80


@given(st.binary(min_size=1, max_size=60), st.integers(0, 60))
def test_a_damaged_question_never_gets_a_barred_name_through_as_another(noise: bytes, at: int) -> None:
    wire = bytearray(ask("api.barred.example", use_edns=False))
    wire[at : at + len(noise)] = noise
    found = question(bytes(wire), judged, "why")
    if found.do == "forward" and found.name:
        assert not found.name.endswith("barred.example")


def reply_to(query: bytes, *rrsets: dns.rrset.RRset) -> bytes:
    reply = dns.message.make_response(dns.message.from_wire(query))
    reply.answer.extend(rrsets)
    return reply.to_wire()


def test_answers_come_back_byte_for_byte() -> None:
    query = ask("good.example", "HTTPS")
    for rrset in (
        dns.rrset.from_text("good.example.", 60, "IN", "HTTPS", "1 . alpn=h3 port=8443"),
        dns.rrset.from_text("good.example.", 60, "IN", "CNAME", "other.example."),
    ):
        wire = reply_to(query, rrset)
        assert answer(query, wire, judged, "").wire == wire


@pytest.mark.parametrize("kind", ["CNAME", "DNAME", "HTTPS", "SVCB"])
def test_an_alias_of_a_barred_name_is_refused(kind: str) -> None:
    query = ask("alias.example", "HTTPS")
    text = "api.barred.example." if kind.endswith("NAME") else "0 api.barred.example."
    found = answer(query, reply_to(query, dns.rrset.from_text("alias.example.", 60, "IN", kind, text)), judged, "why")
    assert (found.name, found.verdict) == ("api.barred.example", judged("barred.example"))
    assert dns.message.from_wire(found.wire).rcode() == dns.rcode.NXDOMAIN


def test_what_was_said_about_the_name_itself_holds_for_its_alias() -> None:
    query = ask("warned.example")
    wire = reply_to(query, dns.rrset.from_text("warned.example.", 60, "IN", "CNAME", "api.barred.example."))
    assert answer(query, wire, judged, "").wire == wire


@given(st.binary(max_size=200))
def test_answers_that_cannot_be_read_are_passed_on(wire: bytes) -> None:
    noise = wire + b"\x00\x05\x00\x01"
    assert answer(ask("good.example"), noise, judged, "").wire == noise


@given(st.binary(min_size=12, max_size=60))
def test_failure_is_an_answer_to_anything(wire: bytes) -> None:
    found = failure(wire)
    assert (found[:2], found[3] & 15) == (wire[:2], 2)


def test_failure_names_the_question() -> None:
    assert dns.message.from_wire(failure(ask("good.example"))).question[0].name.to_text() == "good.example."
