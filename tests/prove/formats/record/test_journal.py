from __future__ import annotations

import struct

from hypothesis import given

from clearance.model.record import Draft
from clearance.prove.formats.record.journal import MESSAGE_ID, entry
from clearance.prove.formats.record.json import line, numbered
from tests.prove.formats.record.recorded import DRAFTS, sample


def fields(data: bytes) -> dict[str, bytes]:
    """An entry, read as systemd's page on the protocol says."""
    found = {}
    while data:
        name, equals, rest = data.partition(b"\n")[0].partition(b"=")
        if equals:
            value, data = rest, data[len(name) + 1 + len(rest) + 1 :]
        else:
            (size,) = struct.unpack_from("<Q", data, len(name) + 1)
            begin = len(name) + 9
            value, data = data[begin : begin + size], data[begin + size + 1 :]
        assert name.decode() not in found
        found[name.decode()] = value
    return found


def test_what_is_searched_for_stands_in_fields_of_its_own() -> None:
    record = sample()[0]
    found = fields(entry(record))
    assert found.pop("CLEARANCE_RECORD") == line(record)
    assert found == {
        "MESSAGE": "blocked: Claude Code 2.1.329 · ana · /home/ana/.local/bin/claude · rule no-residency · "
        "no in-house residency".encode(),
        "PRIORITY": b"4", "SYSLOG_IDENTIFIER": b"clearance", "MESSAGE_ID": MESSAGE_ID.encode(), "CLEARANCE_N": b"1",
        "CLEARANCE_AT": b"2026-11-21T09:30:00.712Z", "CLEARANCE_KIND": b"decision", "CLEARANCE_DONE": b"blocked",
        "CLEARANCE_GENERATION": b"3", "CLEARANCE_TOOL": b"claude-code", "CLEARANCE_RULE": b"no-residency",
        "CLEARANCE_USER": b"ana", "CLEARANCE_PATH": b"/home/ana/.local/bin/claude",
    }  # fmt: skip
    assert [fields(entry(record))["PRIORITY"] for record in sample()] == [b"4", b"6", b"3", b"6"]


def test_what_the_ledger_holds_is_sent_as_it_is() -> None:
    held = line(sample()[1]).replace(b'{"at"', b'{"added":1,"at"')
    assert fields(entry(sample()[1], held))["CLEARANCE_RECORD"] == held


@given(DRAFTS)
def test_no_content_makes_a_field_of_its_own(draft: Draft) -> None:
    record = numbered(draft, 3)
    found = fields(entry(record))
    assert found["CLEARANCE_RECORD"] == line(record)
    assert all(name in ("MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "MESSAGE_ID") or name.startswith("CLEARANCE_")
               for name in found)  # fmt: skip
