"""The JSON Schema of the catalog's files is current, and a foreign validator accepts the entries by it."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from clearance.catalog import compiled
from clearance.catalog.document import Document
from clearance.catalog.schema import schema, text

SCHEMA = Path(__file__).parents[2] / "schemas" / "catalog-v1.json"


def test_the_file_is_what_the_program_gives() -> None:
    assert SCHEMA.read_text() == text(), "make it again: python -m clearance.catalog schema > schemas/catalog-v1.json"


def test_every_entry_is_valid_and_a_wrong_one_is_not() -> None:
    validator = jsonschema_rs.validator_for(schema())
    for name, data in compiled.sources(compiled.FOLDER).items():
        if name.startswith("tools/"):
            entry = Document(data, name).value
            assert validator.is_valid(entry), next(iter(validator.iter_errors(entry))).message
    assert not validator.is_valid({"id": "x"})


def test_the_command_prints_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["catalog", "schema"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(compiled.FOLDER / "__main__.py"), run_name="__main__")
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out) == json.loads(text())
