from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from msgspec import structs

from clearance.prove.ledger.store import Ledger
from tests.cli.ledger.commands import key, said
from tests.prove.formats.record.recorded import HEARTBEAT
from tests.prove.ledger.making import Clock


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


def test_a_journal_that_is_not_there_is_named(state: Path, capfd: Any) -> None:
    path = str(state / "none")
    code, _, err = said(capfd, "export", "--format", "journal", "--socket", path)
    assert (code, err) == (2, f"error: {path}: No such file or directory\n")


def test_a_full_standard_output_is_not_the_ledger_s_fault(state: Path) -> None:
    for arguments in (["export"], ["export", "--format", "ocsf"], ["show"]):
        with open("/dev/full", "wb") as full:
            command = [sys.executable, "-m", "clearance", "ledger", *arguments]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2
        assert done.stderr.startswith("error: standard output: no space left on device\n")


def test_a_time_that_is_none_is_told_before_a_file_is_written(state: Path, capfd: Any) -> None:
    path = state / "kept.jsonl"
    path.write_text("kept")
    assert said(capfd, "export", "--since", "soon", "-o", str(path))[0] == 2
    assert path.read_text() == "kept"
