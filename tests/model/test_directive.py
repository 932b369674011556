from __future__ import annotations

import msgspec
import pytest
from msgspec import UNSET

from clearance.model.directive import Directive, DirectiveTest, EndpointRule, Expected, Group, Match, Rule, Waiver

HEADER = {"apiVersion": "clearance/v1", "kind": "Directive"}
RULE = {"id": "r", "match": {"tool": "a"}, "effect": "block"}


def directive(**fields: object) -> Directive:
    return msgspec.convert({**HEADER, **fields}, Directive)


def test_what_is_written_comes_back_as_it_was_written() -> None:
    document = {
        **HEADER,
        "metadata": {"id": "D", "title": "T", "owner": "o", "review": "2026-10-10", "timezone": "Asia/Tokyo"},
        "contact": "c",
        "groups": {"g": {"users": ["a"], "unix_groups": ["b"], "hosts": ["c"]}},
        "tools": [{"id": "t", "kind": "relay", "retention": "unknown", "hosts": ["h"]}],
        "endpoints": [{"host": "h", "class": "relay", "residency": ["eu"]}],
        "rules": [
            {**RULE, "from": "2026-07-10", "match": {"not": {"not": {"score": 0.5}}, "vetted": {"within_days": 3}}}
        ],
        "default": {"effect": "block", "enforce": "observe"},
        "waivers": [{"id": "W", "until": "2026-12-31", "from": "2026-01-01", "match": {"known": True}}],
        "protected": ["*.key"],
        "audit": {"content": "protected", "per_person": {"purpose": "p", "roles": ["r"]}},
        "enforcement": {"on_failure": "closed", "blast_radius": 7, "retention_days": 3},
    }
    assert msgspec.json.decode(msgspec.json.encode(msgspec.convert(document, Directive))) == document


def test_names_that_python_has_for_itself_have_another_name_inside() -> None:
    made = directive(
        rules=[{**RULE, "from": "2026-07-10", "match": {"not": {"kind": "relay"}}}],
        endpoints=[{"host": "h", "class": "vendor"}],
        waivers=[{"id": "W", "until": "2026-12-31", "from": "2026-01-01"}],
    )
    assert made.rules == (Rule("r", Match(not_=Match(kind="relay")), "block", from_="2026-07-10"),)
    assert made.endpoints == (EndpointRule("h", "vendor"),)
    assert made.waivers == (Waiver("W", "2026-12-31", from_="2026-01-01"),)


def test_what_a_document_does_not_give_is_told_from_what_it_gives() -> None:
    bare = directive()
    assert (bare.metadata, bare.contact, bare.default, bare.audit, bare.enforcement) == (UNSET,) * 5
    assert (bare.groups, bare.tools, bare.rules, bare.waivers, bare.protected) == ({}, (), (), (), ())
    assert directive(contact="").contact == ""
    assert directive(groups={"g": {}}).groups == {"g": Group()}


@pytest.mark.parametrize(
    "fields",
    [
        {"apiVersion": "clearance/v2"},
        {"kind": "Other"},
        {"rulez": []},
        {"rules": [{**RULE, "effect": "deny"}]},
        {"rules": [{**RULE, "match": {"tol": "a"}}]},
        {"rules": [{"id": "r", "match": {}}]},
        {"waivers": [{"id": "W"}]},
        {"endpoints": [{"host": "h"}]},
        {"metadata": {}},
    ],
)
def test_what_does_not_fit_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        directive(**fields)


def test_a_test_case_tells_none_from_anything() -> None:
    cases = [{"name": "n", "given": {}, "expect": {"rule": None, "undetermined": []}}]
    made = msgspec.convert({"apiVersion": "clearance/v1", "kind": "DirectiveTest", "cases": cases}, DirectiveTest)
    assert made.cases[0].expect == Expected(rule=None, undetermined=())
    assert made.cases[0].expect.waiver is UNSET
