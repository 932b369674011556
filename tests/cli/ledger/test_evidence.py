from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.ledger.commands import key, said


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


def test_a_checkpoint_can_be_kept_in_a_file_and_its_key_in_pem(state: Path, capfd: Any) -> None:
    note = said(capfd, "checkpoint")[1]
    assert note.startswith("lab-7/clearance/1\n7\n")
    path = state / "kept"
    assert said(capfd, "checkpoint", "--output", str(path)) == (0, "", "")
    assert path.read_text() == note
    assert key(capfd).startswith("lab-7/clearance/1+")
    assert key(capfd, "--pem").startswith("-----BEGIN PUBLIC KEY-----\n")


def test_a_checkpoint_that_nobody_signed_is_not_handed_out(state: Path, capfd: Any) -> None:
    path = state / "ledger" / "checkpoint"
    path.write_text(path.read_text().replace("\n7\n", "\n8\n"))
    for arguments in (("checkpoint",), ("prove", "3")):
        code, out, err = said(capfd, *arguments)
        assert (code, out) == (2, "")
        assert err.startswith(f"error: {path}: ")
        assert err.endswith("nothing can be measured by it\n")
