from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from clearance.prove.ledger.store import Ledger
from tests.cli.ledger.commands import key, said
from tests.prove.formats.record.recorded import HEARTBEAT
from tests.prove.ledger.making import BEGIN, Clock


def test_a_whole_ledger_is_verified_with_every_form_of_its_key(state: Path, capfd: Any) -> None:
    vkey = key(capfd)
    (state / "vkey").write_text(vkey + "\n")
    (state / "pem").write_text(key(capfd, "--pem") + "\n")
    folder = str(state / "ledger")
    old = str(state / "old-checkpoint")
    for form in (vkey, str(state / "vkey"), str(state / "pem"), str(state / "keys" / "ledger.key")):
        code, out, _ = said(capfd, "verify", folder, "--key", form, "--checkpoint", old)
        assert code == 0
        assert out.startswith("VERIFIED  lab-7/clearance/1: up to record 6 it is what the given checkpoint signed.\n")
        assert "signed up to record 7" in out
    code, out, _ = said(capfd, "verify", folder, "--key", vkey)
    assert code == 0
    assert out.startswith("VERIFIED  lab-7/clearance/1: complete to record 7 only.\n")
    code, out, _ = said(capfd, "verify", folder, "--key", vkey, "--heartbeat", "1800", "--json")
    document = json.loads(out)
    assert (code, document["state"], document["complete_to"]) == (0, "verified", 7)
    assert [(gap["after"], gap["until"]) for gap in document["gaps"]] == [(6, "2026-11-21T12:00:00Z")]


def test_every_kind_of_damage_has_exit_code_1_and_a_place(state: Path, capfd: Any) -> None:
    vkey = key(capfd)
    newest = state / "ledger" / "000000000007.jsonl"
    first = state / "ledger" / "000000000001.jsonl"
    newest_held, first_held = newest.read_bytes(), first.read_bytes()
    (state / "checkpoint").write_text(said(capfd, "checkpoint")[1])
    for path, content in (
        (newest, newest_held.replace(b"12:00", b"12:01")), (newest, b""),
        (first, first_held.replace(b'"pid":3', b'"pid":4')),
        (first, b"".join(reversed(first_held.splitlines(keepends=True)))),
    ):  # fmt: skip
        held = path.read_bytes()
        path.write_bytes(content)
        code, out, _ = said(
            capfd, "verify", str(state / "ledger"), "--key", vkey, "--checkpoint", str(state / "checkpoint")
        )
        assert code == 1
        assert out.startswith("DAMAGED  lab-7/clearance/1: ")
        path.write_bytes(held)


def test_incomplete_and_empty(state: Path, tmp_path: Path, capfd: Any) -> None:
    vkey = key(capfd)
    with (state / "ledger" / "000000000007.jsonl").open("ab") as file:
        file.write(b"{")
    assert said(capfd, "verify", str(state / "ledger"), "--key", vkey)[0] == 4
    (tmp_path / "empty").mkdir()
    assert said(capfd, "verify", str(tmp_path / "empty"), "--key", vkey)[0] == 3


def test_it_verifies_while_it_is_written(state: Path, capfd: Any) -> None:
    vkey = key(capfd)
    clock = Clock()
    clock.now = BEGIN + dt.timedelta(days=1)
    with Ledger.open(str(state / "ledger"), str(state / "keys" / "ledger.key"), clock=clock) as ledger:
        ledger.append([HEARTBEAT])
        assert said(capfd, "verify", str(state / "ledger"), "--key", vkey)[0] == 0
        assert said(capfd, "checkpoint")[0] == 0
