from __future__ import annotations

import pytest

from clearance.act.linux.commands import run


def test_what_it_prints_is_given_and_what_it_reads_is_fed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    assert run(["cat"], feed=b"fed") == "fed"
    assert "SECRET" not in run(["env"])


def test_a_failure_is_one_line() -> None:
    with pytest.raises(OSError, match=r"^.*ls /does-not-exist: .*No such file.*$"):
        run(["ls", "/does-not-exist"])
    with pytest.raises(OSError, match="exit code 1"):
        run(["false"])
    with pytest.raises(FileNotFoundError):
        run(["no-such-program"])
    with pytest.raises(OSError, match="took longer than"):
        run(["sleep", "60"], patience=0.05)
