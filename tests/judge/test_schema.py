from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from clearance.judge.schema import DOCUMENTS, schema, text

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schema_in_the_tree_is_current(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = (ROOT / "schemas" / f"{name}-v1.json").read_text()
    assert written == text(name), f"run: python -m clearance.judge.schema {name} > schemas/{name}-v1.json"
    monkeypatch.setattr(sys, "argv", ["schema", name])
    runpy.run_path(str(ROOT / "src" / "clearance" / "judge" / "schema.py"), run_name="__main__")
    assert capsys.readouterr().out == written


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schema_is_one(name: str) -> None:
    jsonschema_rs.meta.validate(schema(name))


def test_an_empty_value_is_refused_in_a_directive_and_expected_in_a_case() -> None:
    directive = jsonschema_rs.validator_for(schema("directive"))
    header = {"apiVersion": "clearance/v1", "kind": "Directive"}
    rule = {"id": "r", "match": {"tool": ["a"], "not": {"kind": "relay"}}, "effect": "warn"}
    assert directive.is_valid({**header, "rules": [rule]})
    for broken in ({"until": None}, {"effect": "deny"}, {"match": {"tool": None}}, {"match": {"tol": "a"}}, {"x": 1}):
        assert not directive.is_valid({**header, "rules": [{**rule, **broken}]})
    assert "null" not in json.dumps(schema("directive"))
    cases = jsonschema_rs.validator_for(schema("directive-test"))
    case = {"name": "n", "given": {"tool": "a"}, "expect": {"rule": None}}
    assert cases.is_valid({"apiVersion": "clearance/v1", "kind": "DirectiveTest", "cases": [case]})
