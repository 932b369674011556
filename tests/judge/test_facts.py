from __future__ import annotations

from msgspec import structs

from clearance.judge.facts import merge, merged
from clearance.model.decision import ToolFacts
from clearance.model.directive import LocalTool
from tests.judge.builders import ALPHA, TOOLS


def test_every_field_that_is_given_wins_over_the_catalogs() -> None:
    given = {
        "name": "N", "vendor": "V", "country": "CH", "kind": ("relay",), "deployment": "on-prem",
         "residency": ("in-house",),
        "retention": 0, "training": "unknown", "risk": "low", "command": "", "hosts": ("h",),
    }  # fmt: skip
    assert merge(LocalTool(id="alpha", **given), ALPHA) == ToolFacts(id="alpha", **given)  # type: ignore[arg-type]
    for field, value in given.items():
        one = merge(LocalTool(id="alpha", **{field: value}), ALPHA)  # type: ignore[arg-type]
        assert one == structs.replace(ALPHA, **{field: value})
    assert merge(LocalTool(id="alpha"), ALPHA) == ALPHA


def test_a_tool_that_the_catalog_does_not_know() -> None:
    own = merge(LocalTool(id="own", kind="coding-agent", binaries=("own-bin", "other")), None)
    assert own == ToolFacts(
        id="own", name="own", vendor="unknown", country="unknown", kind=("coding-agent",), deployment="unknown",
        residency=("unknown",), retention="unknown", training="unknown", risk="medium", command="own-bin", hosts=(),
    )  # fmt: skip
    assert (merge(LocalTool(id="own"), None).command, merge(LocalTool(id="own"), None).kind) == ("", ())


def test_a_tool_stated_to_be_local_keeps_its_data_in_house_unless_it_says_otherwise() -> None:
    assert merge(LocalTool(id="alpha", deployment="local"), ALPHA).residency == ("in-house",)
    assert merge(LocalTool(id="alpha", deployment="local", residency=("eu",)), ALPHA).residency == ("eu",)
    assert merge(LocalTool(id="alpha", deployment="on-prem"), ALPHA).residency == ("us",)


def test_all_tools_are_there_in_the_order_of_their_ids() -> None:
    tools = merged((LocalTool(id="zeta"), LocalTool(id="beta", name="Mine"), LocalTool(id="a")), TOOLS)
    assert list(tools) == ["a", "alpha", "beta", "local", "zeta"]
    assert tools["beta"] == structs.replace(TOOLS["beta"], name="Mine")
    assert tools["alpha"] is TOOLS["alpha"]
