from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clearance.agent import signing
from clearance.agent.footing import open_ledger
from clearance.agent.signing import KeyApart, VerifierApart, verifier_apart
from clearance.errors import Error
from clearance.prove.ledger.checkpoint import opened
from clearance.prove.ledger.keys import load, load_or_make
from clearance.prove.ledger.note import VerifierKey, verifier_key
from clearance.prove.ledger.seal import Unsignable
from tests.memory import memory_of
from tests.prove.ledger.making import draft


def test_it_signs_with_the_key_of_the_file_which_is_made_where_it_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ledger.key"
    apart = KeyApart(str(path))
    key = load(str(path))
    assert apart.public_key().public_bytes_raw() == key.public_key().public_bytes_raw()
    assert apart.sign(b"text") == key.sign(b"text")
    assert KeyApart(str(path)).public_bytes_raw() == apart.public_bytes_raw()


def test_no_other_key_is_signed_with_and_none_is_made_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    apart = KeyApart(str(path))
    path.unlink()
    with pytest.raises(Error, match="No such file"):
        apart.sign(b"text")
    assert not path.exists()
    load_or_make(str(path))
    with pytest.raises(Error, match="not the key that this ledger is signed with"):
        apart.sign(b"text")
    path.write_bytes(b"x")
    with pytest.raises(Error, match="not an Ed25519 private key"):
        apart.sign(b"text")
    with pytest.raises(Error, match="not an Ed25519 private key"):
        KeyApart(str(path))


def test_a_signature_is_checked_apart_and_never_taken_for_a_wrong_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = load_or_make(str(tmp_path / "key"))
    made = verifier_apart(key, "lab-7")
    assert isinstance(made, VerifierApart)
    assert str(made) == str(verifier_key(key, "lab-7"))
    assert made.verifies(key.sign(b"text"), b"text")
    assert not made.verifies(key.sign(b"text"), b"other")
    with pytest.raises(ValueError, match="not the name of a key"):
        verifier_apart(key, "a name")

    def gone(self: VerifierKey, signature: bytes, text: bytes) -> bool:
        raise ModuleNotFoundError("No module named 'cryptography'")

    monkeypatch.setattr(VerifierKey, "verifies", gone)
    with pytest.raises(Error, match="what signs is gone"):
        made.verifies(key.sign(b"text"), b"text")
    monkeypatch.setattr(signing, "apart", lambda name, run: None)
    with pytest.raises(Error, match="no process"):
        made.verifies(key.sign(b"text"), b"text")


def test_a_ledger_whose_key_is_gone_keeps_records(tmp_path: Path) -> None:
    with open_ledger(str(tmp_path)) as ledger:
        ledger.append([draft(1)])
        assert opened(ledger.checkpoint(), ledger.key).size == 1
        os.rename(tmp_path / "keys", tmp_path / "elsewhere")
        ledger.append([draft(2)])
        with pytest.raises(Unsignable, match="No such file"):
            ledger.checkpoint()
        assert "No such file" in ledger.unsigned
        ledger.append([draft(3)])
        os.rename(tmp_path / "elsewhere", tmp_path / "keys")
    with open_ledger(str(tmp_path)) as again:
        assert again.size == 3
        assert opened(again.checkpoint(), again.key).size == 3


PROGRAM = """
import sys, time
from clearance.agent.children import fork
from clearance.agent.footing import open_ledger
from tests.memory import memory_of
from tests.prove.ledger.making import draft
ledger = open_ledger(sys.argv[1])
ledger.append([draft(1)])
first = fork("first", set(), lambda: time.sleep(600))
ledger.checkpoint()
ledger.append([draft(2)])
ledger.checkpoint()
again = fork("again", set(), lambda: time.sleep(600))
print(first, again, "cryptography" in sys.modules, flush=True)
time.sleep(600)
"""


def test_no_process_that_stays_has_the_key_in_its_memory(tmp_path: Path) -> None:
    """Neither the process that has the ledger, nor who was forked from it before and after something was signed."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            first, again, loaded = process.stdout.readline().split()
            assert loaded == "False"
            path = tmp_path / "keys" / "ledger.key"
            seed = load(str(path)).private_bytes_raw()
            words = [line for line in path.read_bytes().splitlines() if not line.startswith(b"-")]
            public = KeyApart(str(path)).public_bytes_raw()
            for pid in (process.pid, int(first), int(again)):
                memory = memory_of(pid)
                assert public in memory
                for secret in (seed, seed[:16], seed[16:], *words):
                    assert secret not in memory
        finally:
            process.kill()
