from __future__ import annotations

from clearance.errors import Place
from clearance.judge.merged import Merged, digest
from clearance.judge.parse import parse
from clearance.model.directive import Directive
from tests.judge.builders import HEADER, directive

EMPTY = Directive(apiVersion="clearance/v1", kind="Directive")


def test_a_part_has_the_place_of_its_value_or_of_its_key() -> None:
    merged = directive("rules:\n  - {id: a, match: {tool: [x, y]}, effect: warn}")
    assert str(merged.place("rules", 0, "match", "tool", 1)) == "00.yaml:4:31"
    assert str(merged.place("rules", 0, "match", "tool", 1, key=True)) == "00.yaml:4:31"
    assert str(merged.place("rules", 0, "match", "tool")) == "00.yaml:4:27"
    assert str(merged.place("rules", 0, "match", "tool", key=True)) == "00.yaml:4:21"


def test_what_is_not_written_has_the_place_of_what_is_around_it() -> None:
    merged = directive("rules:\n  - {id: a, match: {}, effect: warn}")
    assert str(merged.place("rules", 0, "until")) == "00.yaml:4:5"
    assert str(merged.place("rules", 0, "until", key=True)) == "00.yaml:4:5"
    assert str(merged.place("metadata")) == "00.yaml:1:1"
    assert Merged(EMPTY).place("rules") == Place("directive")


def test_later_documents_come_after_the_earlier_ones() -> None:
    merged = directive("rules: [{id: a, match: {}, effect: warn}]", "rules: [{id: b, match: {}, effect: warn}]")
    assert str(merged.place("rules", 1, "id")) == "01.yaml:3:14"


def test_the_digest_is_that_of_what_is_said_not_of_how() -> None:
    plain = parse([("a", (HEADER + "default: {effect: warn}\nrules: []").encode())])
    quoted = parse([("b", (HEADER + "# note\n'default': {'effect': \"warn\"}").encode())])
    assert plain.sha256 == quoted.sha256 == digest(plain.directive)
    assert digest(EMPTY) != plain.sha256
