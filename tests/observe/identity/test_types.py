from __future__ import annotations

import msgspec
import pytest

from clearance.model.sighting import Evidence
from clearance.observe.identity.types import REPORTING_THRESHOLD, Identification, Package, Traits

FOUND = Identification("acme", None, "strong", (Evidence("banner", "Acme Coder"),))
PACKAGE = Package("npm", "@acme/coder", "1.2.3", "/opt/acme/package.json")


def test_a_package_names_a_program_only_where_its_metadata_does() -> None:
    assert not PACKAGE.program


@pytest.mark.parametrize("value", [FOUND, PACKAGE, Traits(0.8, ("bin",))])
def test_answers_cross_a_process_boundary_and_can_be_keys(value: msgspec.Struct) -> None:
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=type(value))
    assert again == value
    assert {again} == {value}
    with pytest.raises(AttributeError):
        setattr(value, value.__struct_fields__[0], "other")


def test_a_confidence_that_nobody_knows_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"tool": "t", "version": None, "confidence": "sure", "evidence": []}, Identification)


def test_the_threshold_is_a_score_that_directives_can_ask_for() -> None:
    assert 0 < REPORTING_THRESHOLD < 1
