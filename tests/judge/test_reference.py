"""The page on the directive names every field, word, placeholder and check that there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, structs

from clearance.judge.message import PLACEHOLDERS
from clearance.model import directive as shapes
from clearance.model.terms import (
    CONFIDENCES,
    DEPLOYMENTS,
    EFFECTS,
    ENDPOINT_CLASSES,
    ENFORCES,
    KINDS,
    RISKS,
    SURFACES,
    TOPICS,
    TRAININGS,
)

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "directive.md").read_text()
CODE = set(re.findall(r"`([^`\n]+)`", PAGE))
STRUCTS = [
    shape
    for shape in vars(shapes).values()
    if isinstance(shape, type) and issubclass(shape, Struct) and shape is not Struct
]


@pytest.mark.parametrize("shape", STRUCTS, ids=lambda shape: shape.__name__)
def test_every_field_is_named(shape: Any) -> None:
    names = {field.encode_name for field in structs.fields(shape)}
    shown = CODE | set(re.findall(r"\b\w+(?=:)", PAGE))
    assert names <= shown


def test_every_word_is_named() -> None:
    words = {
        *EFFECTS,
        *ENFORCES,
        *RISKS,
        *KINDS,
        *DEPLOYMENTS,
        *TRAININGS,
        *SURFACES,
        *ENDPOINT_CLASSES,
        *CONFIDENCES,
        *TOPICS,
    }
    assert words <= CODE


def test_every_placeholder_is_named_and_no_other() -> None:
    assert {code[1:-1] for code in CODE if re.fullmatch(r"\{[a-z.]+\}", code)} == set(PLACEHOLDERS)


def test_every_check_is_named_and_no_other() -> None:
    source = "".join(path.read_text() for path in (ROOT / "src" / "clearance" / "judge" / "lint").glob("*.py"))
    checks = set(re.findall(r'remark\(\s*"([a-z-]+)"', source))
    table = PAGE.split("| check | what is wrong |")[1]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == checks


def test_the_eight_sentences_are_there() -> None:
    section = PAGE.split("## How a request is judged")[1].split("\n## ")[0]
    assert re.findall(r"^(\d)\. ", section, re.MULTILINE) == list("12345678")
