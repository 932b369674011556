from __future__ import annotations

import datetime as dt

from msgspec import structs

from clearance.prove.formats import ledger
from clearance.prove.ledger.gaps import Gap
from clearance.prove.ledger.verify import Damage, Verdict

BEGIN = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
WHOLE = Verdict(1, 12_431, bytes(32), 12_400, 12_000, 0, (), 0)
ALONE = structs.replace(WHOLE, checkpoint=None, dropped=500)
DAMAGED = structs.replace(
    WHOLE, damage=(Damage("a\x1b.jsonl", 17, "record 17 is missing"),), damages=3, checkpoint=None
)
TORN = structs.replace(WHOLE, checkpoint=None, unfinished="it ends within a line")
EMPTY = Verdict(1, 0, None, 0, None, 0, (), 0)


def test_states() -> None:
    assert [ledger.state(each) for each in (WHOLE, ALONE, DAMAGED, TORN, EMPTY)] == [
        "verified", "verified", "damaged", "incomplete", "empty"
    ]  # fmt: skip
    assert ledger.state(structs.replace(EMPTY, checkpoint=0)) == "verified"


def test_the_answer_comes_first() -> None:
    assert ledger.text(WHOLE, "lab-7") == (
        "VERIFIED  lab-7: up to record 12,000 it is what the given checkpoint signed.\n"
        "Read: records 1 to 12,431; signed up to record 12,400; 31 records newer than the last signature.\n"
    )
    assert ledger.text(ALONE, "lab-7").startswith("VERIFIED  lab-7: complete to record 12,431 only.\n")
    assert "Up to record 500 only hashes are left" in ledger.text(ALONE, "lab-7")
    assert ledger.text(ALONE, "lab-7").endswith("against a checkpoint kept elsewhere: --checkpoint\n")
    said = ledger.text(DAMAGED, "lab\x1b-7")
    assert said.startswith(
        "DAMAGED  lab\\x1b-7: 3 places not as signed.\n  a\\x1b.jsonl:17  record 17 is missing\n  … and 2 more\n"
    )
    assert ledger.text(TORN, "lab-7").startswith("INCOMPLETE  lab-7: it ends within a line.\n")
    assert ledger.text(EMPTY, "lab-7") == "lab-7: nothing was recorded yet.\n"


def test_gaps() -> None:
    later = BEGIN + dt.timedelta(hours=3, minutes=5)
    assert ledger.gap(Gap(7, BEGIN, later)) == (
        "No record from 2026-11-21T09:30:00Z until 2026-11-21T12:35:00Z (3 h 5 min) after record 7, "
        "though heartbeats were due."
    )
    assert ledger.gap(Gap(7, BEGIN, BEGIN + dt.timedelta(days=3), announced=True)).endswith(
        "(3 days) after record 7; the service had been stopped."
    )
    assert ledger.gap(Gap(7, BEGIN, BEGIN + dt.timedelta(minutes=20), open=True)) == (
        "No record since 2026-11-21T09:30:00Z (20 min) after record 7, though heartbeats were due."
    )
    assert "the clock goes back" in ledger.gap(Gap(7, later, BEGIN))


def test_the_document() -> None:
    found = ledger.document(structs.replace(DAMAGED, gaps=(Gap(7, BEGIN, BEGIN),)), "lab-7")
    assert found["schema"] == "clearance/ledger-verify/v1"
    assert (found["state"], found["complete_to"], found["signed_to"]) == ("damaged", 12_431, 12_400)
    assert found["damage"] == [{"file": "a\x1b.jsonl", "line": 17, "what": "record 17 is missing"}]
    assert found["gaps"][0]["after"] == 7
