from __future__ import annotations

import datetime as dt
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from clearance.cli.main import main
from clearance.prove.ledger.store import Ledger
from tests.prove.formats.record.recorded import BLOCKED, HEARTBEAT
from tests.prove.ledger.making import BEGIN, Clock

VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder with a ledger of 7 records: 5 decisions and a heartbeat before and after them."""
    monkeypatch.setenv("CLEARANCE_STATE", str(tmp_path))
    clock = Clock()
    with Ledger.open(
        str(tmp_path / "ledger"), str(tmp_path / "keys" / "ledger.key"), clock=clock, origin="lab-7/clearance/1",
        segment_bytes=3000,
    ) as ledger:  # fmt: skip
        ledger.append([HEARTBEAT])
        ledger.append([
            structs.replace(BLOCKED, at=f"2026-11-21T09:4{n}:00Z", subject={**BLOCKED.subject, "pid": n})
            for n in range(5)
        ])  # fmt: skip
        (tmp_path / "old-checkpoint").write_text(ledger.checkpoint())
        ledger.append([structs.replace(HEARTBEAT, at="2026-11-21T12:00:00Z")])
    return tmp_path


def said(capfd: Any, *arguments: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = main(["ledger", *arguments])
    out, err = capfd.readouterr()
    return code, out, err


def key(capfd: Any, *arguments: str) -> str:
    return said(capfd, "key", *arguments)[1].strip()


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


@pytest.mark.parametrize("arguments", [
    ("verify", "missing", "--key", "x"), ("verify", ".", "--key", "x"), ("verify", "."), ("prove", "0"), ("prove", "x"),
    ("show", "--ledger", "missing"), ("check", "missing", "--key", "x"), ("show", "--since", "soon"),
    ("show", "--kind", "gossip"), ("export", "--format", "journal", "--socket", "missing"),
    ("key", "--ledger", "/proc"), ("verify", ".", "--key", "/dev/null"), ("verify", "/dev/zero", "--key", VKEY),
    ("check", "/dev/zero", "--key", VKEY), ("verify", ".", "--key", "."),
    ("verify", ".", "--key", VKEY, "--checkpoint", "/dev/zero"),
])  # fmt: skip
def test_misuse_is_2_and_says_what_to_do(state: Path, capfd: Any, arguments: tuple[str, ...]) -> None:
    code, out, err = said(capfd, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert "internal" not in err


def test_a_record_is_proven_to_somebody_who_has_the_key_only(state: Path, capfd: Any) -> None:
    vkey = key(capfd)
    code, proof, _ = said(capfd, "prove", "4")
    assert code == 0
    assert proof.startswith("c2sp.org/tlog-proof@v1\nextra ")
    (state / "p").write_text(proof)
    code, out, err = said(capfd, "check", str(state / "p"), "--key", vkey)
    assert code == 0
    assert json.loads(out)["subject"]["pid"] == 2
    assert err == "PROVEN  record 4 of lab-7/clearance/1, in its checkpoint of 7\n"
    (state / "line").write_text(out)
    assert said(capfd, "check", str(state / "p"), "--key", vkey, "--record", str(state / "line"))[0] == 0
    (state / "line").write_text(out.replace('"pid":2', '"pid":3'))
    code, out, err = said(capfd, "check", str(state / "p"), "--key", vkey, "--record", str(state / "line"))
    assert (code, out) == (1, "")
    assert err.startswith("NOT PROVEN")
    assert said(capfd, "prove", "8")[0] == 3
    assert said(capfd, "prove", "4", "-o", str(state / "q"))[0] == 0
    assert (state / "q").read_text() == proof
    first = state / "ledger" / "000000000001.jsonl"
    first.write_bytes(first.read_bytes().replace(b'"pid":0', b'"pid":9'))
    code, out, err = said(capfd, "prove", "4")
    assert (code, out) == (2, "")
    assert "is not what its checkpoint signed" in err


def test_show_is_newest_first_and_filtered(state: Path, capfd: Any) -> None:
    code, out, _ = said(capfd, "show")
    assert code == 0
    assert [int(line.split()[0]) for line in out.splitlines()] == [7, 6, 5, 4, 3, 2, 1]
    for arguments, numbers in (
        (("--limit", "2"), [7, 6]), (("--kind", "change"), [7, 1]), (("--tool", "claude-code", "--limit", "1"), [6]),
        (("--user", "bo"), []),
        (("--rule", "no-residency", "--done", "blocked", "--until", "2026-11-21T09:42Z"), [3, 2]),
        (("--since", "2026-11-21T09:44:00Z"), [7, 6]), (("--since", "2026-11-22"), []),
    ):  # fmt: skip
        code, out, _ = said(capfd, "show", *arguments)
        assert [int(line.split()[0]) for line in out.splitlines()] == numbers
        assert code == (0 if numbers else 3)
    out = said(capfd, "show", "--json", "--limit", "1")[1]
    assert json.loads(out)["schema"] == "clearance/record/v1"
    assert "No record from 2026-11-21T09:44:00Z" in said(capfd, "show", "--heartbeat", "1800")[1]


def test_an_export_can_be_verified_again_and_is_what_the_ledger_holds(state: Path, capfd: Any) -> None:
    vkey = key(capfd)
    export = str(state / "export.jsonl")
    assert said(capfd, "export", "-o", export)[0] == 0
    held = b"".join(sorted((state / "ledger").glob("*.jsonl"))[n].read_bytes() for n in range(2))
    assert Path(export).read_bytes() == held
    (state / "checkpoint").write_text(said(capfd, "checkpoint")[1])
    against = ("--key", vkey, "--checkpoint", str(state / "checkpoint"))
    assert said(capfd, "verify", export, *against)[0] == 0
    Path(export).write_bytes(b"\n".join(held.split(b"\n")[:-2]) + b"\n")
    assert said(capfd, "verify", export, *against)[0] == 1
    assert said(capfd, "export", "--from", "3", "-o", export)[0] == 0
    assert said(capfd, "verify", export, *against)[0] == 4
    out = said(capfd, "export", "--from", "6")[1]
    assert [json.loads(line)["n"] for line in out.splitlines()] == [6, 7]
    assert said(capfd, "export", "--from", "99")[0] == 3


def test_ocsf_and_journal(state: Path, capfd: Any) -> None:
    code, out, err = said(capfd, "export", "--format", "ocsf")
    assert (code, err) == (0, "7 records\n")
    assert [json.loads(line)["class_uid"] for line in out.splitlines()] == [0, 2004, 2004, 2004, 2004, 2004, 0]
    path = f"/tmp/clearance-journal-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(path)
        try:
            assert (
                said(capfd, "export", "--format", "journal", "--socket", path, "--from", "2", "--kind", "decision")[0]
                == 0
            )
        finally:
            os.unlink(path)
        got = [server.recv(1 << 16) for _ in range(5)]
    assert all(b"SYSLOG_IDENTIFIER=clearance\n" in entry for entry in got)
    assert b"CLEARANCE_N=2\n" in got[0]


def test_a_reader_that_goes_away_is_no_error(state: Path) -> None:
    command = f"{sys.executable} -m clearance ledger export | head -c 10"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert "error" not in done.stderr


def test_it_verifies_while_it_is_written(state: Path, capfd: Any) -> None:
    vkey = key(capfd)
    clock = Clock()
    clock.now = BEGIN + dt.timedelta(days=1)
    with Ledger.open(str(state / "ledger"), str(state / "keys" / "ledger.key"), clock=clock) as ledger:
        ledger.append([HEARTBEAT])
        assert said(capfd, "verify", str(state / "ledger"), "--key", vkey)[0] == 0
        assert said(capfd, "checkpoint")[0] == 0


def test_gaps_are_shown_and_those_that_nobody_announced_count(capfd: Any, state: Path) -> None:
    code, out, _ = said(capfd, "gaps")
    assert code == 1
    assert "though heartbeats were due" in out
    code, out, _ = said(capfd, "gaps", "--heartbeat", str(100 * 365 * 86400))
    assert (code, out) == (0, "")
    assert said(capfd, "gaps", "--since", "soon")[0] == 2
    assert said(capfd, "gaps", "--ledger", str(state / "none"))[0] == 2


def test_an_end_that_was_not_announced_is_a_gap(capfd: Any, tmp_path: Path) -> None:
    folder = str(tmp_path / "ledger")
    started = structs.replace(HEARTBEAT, subject={"event": "started"})
    with Ledger.open(folder, str(tmp_path / "keys" / "ledger.key"), clock=Clock()) as ledger:
        assert said(capfd, "gaps", "--ledger", folder)[0] == 3
        ledger.append([started, started])
    code, out, _ = said(capfd, "gaps", "--ledger", folder, "--heartbeat", str(100 * 365 * 86400))
    assert code == 1
    assert "ended without saying so, and began again" in out
