from __future__ import annotations

import pytest

from clearance.cli.main import main
from clearance.config import KEYS


def test_doctor_says_where_each_setting_came_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEARANCE_STATE", "/elsewhere")
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert all(key.name in out for key in KEYS)
    assert "/elsewhere   from CLEARANCE_STATE" in out
