from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from clearance.cli.ledger import reading
from clearance.errors import Error
from tests.cli.ledger.commands import VKEY, key, said


@pytest.mark.parametrize("arguments", [
    ("verify", "missing", "--key", "x"), ("verify", ".", "--key", "x"), ("verify", "."), ("prove", "0"), ("prove", "x"),
    ("show", "--ledger", "missing"), ("check", "missing", "--key", "x"), ("show", "--since", "soon"),
    ("show", "--kind", "gossip"), ("export", "--format", "journal", "--socket", "missing"),
    ("key", "--ledger", "/proc"), ("verify", ".", "--key", "/dev/null"), ("verify", "/dev/zero", "--key", VKEY),
    ("check", "/dev/zero", "--key", VKEY), ("verify", ".", "--key", "."),
    ("verify", ".", "--key", VKEY, "--checkpoint", "/dev/zero"), ("gaps", "--heartbeat", "1e300"),
    ("show", "--limit", "9" * 30), ("show", "--limit", "0"), ("show", "--heartbeat", "inf"),
    ("show", "--heartbeat", "0"), ("verify", ".", "--key", VKEY, "--heartbeat", "nan"),
])  # fmt: skip
def test_misuse_is_2_and_says_what_to_do(state: Path, capfd: Any, arguments: tuple[str, ...]) -> None:
    code, out, err = said(capfd, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert "internal" not in err


def test_a_file_that_cannot_be_read_is_named(state: Path, capfd: Any) -> None:
    vkey = key(capfd)
    folder = state / "ledger"
    path = folder / "000000000001.jsonl"
    path.unlink()
    path.mkdir()
    for arguments in (
        ("show",), ("gaps",), ("export",), ("prove", "3"), ("verify", str(folder), "--key", vkey),
    ):  # fmt: skip
        code, out, err = said(capfd, *arguments)
        assert code == 2
        assert err == f"error: {path}: it is no ordinary file\n"
        assert out == "" or arguments == ("show",)


def test_where_somebody_may_not_look_it_is_not_said_that_nothing_is_there(
    state: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = os.stat

    def refused(path: Any, **options: Any) -> os.stat_result:
        if str(path).startswith(str(state)):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", refused)
    for arguments in (("show",), ("verify", str(state), "--key", VKEY)):
        code, _, err = said(capfd, *arguments)
        assert code == 2
        assert err.endswith(": Permission denied\n")


def test_an_error_without_a_file_s_name_is_that_of_the_path() -> None:
    with pytest.raises(Error, match=r"^a/b: Input/output error$"), reading.naming("a/b"):
        raise OSError(errno.EIO, "Input/output error")
    with pytest.raises(Error, match=r"^a/b: Is a directory$"), reading.naming("a/b"):
        raise IsADirectoryError(errno.EISDIR, "Is a directory", 3)


def test_a_key_that_is_none_is_told_with_its_file(state: Path, capfd: Any) -> None:
    path = state / "ledger" / "ledger.json"
    path.write_text(path.read_text().replace('"key": "lab-7', '"key": "'))
    for arguments in (("key",), ("key", "--pem"), ("checkpoint",), ("prove", "3")):
        code, out, err = said(capfd, *arguments)
        assert (code, out) == (2, "")
        assert err.startswith(f"error: {path}: its key: ")
