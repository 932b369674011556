from __future__ import annotations

import re
from pathlib import Path

import pytest

from clearance.cli.main import main
from clearance.config import KEYS
from clearance.tasks.enforce.features import FEATURES


def test_doctor_says_where_each_setting_came_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEARANCE_STATE", "/elsewhere")
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert all(key.name in out for key in KEYS)
    assert "/elsewhere   from CLEARANCE_STATE" in out


def test_doctor_names_the_directive_that_judges(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    directive = tmp_path / "d.yaml"
    directive.write_text("apiVersion: clearance/v1\nkind: Directive\nmetadata: {id: D-9}\ndefault: {effect: allow}\n")
    monkeypatch.setenv("CLEARANCE_DIRECTIVE", str(directive))
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "judges     directive D-9 (" in out
    assert re.search(r"homes      \d+ of \d+ homes? can be read", out)


def test_a_directive_that_cannot_be_used_is_an_error_below_all_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CLEARANCE_DIRECTIVE", str(tmp_path / "nope.yaml"))
    assert main(["doctor"]) == 2
    said = capsys.readouterr()
    assert "judges     nothing: the directive" in said.out
    assert "from CLEARANCE_DIRECTIVE" in said.out
    assert "cannot be read" in said.err


def test_doctor_says_what_the_kernel_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor"])
    out = capsys.readouterr().out
    assert all(f"] {feature.name} " in out for feature in FEATURES)
