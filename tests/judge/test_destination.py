from __future__ import annotations

from clearance.judge.destination import Destination, Destinations
from clearance.model.directive import EndpointRule
from tests.judge.builders import ALPHA, HOSTS, LOCAL, facts

STATED = (
    EndpointRule(host="llm.CORP.example", class_="cleared-gateway", residency=("In-House", "eu")),
    EndpointRule(host="*.corp.example", class_="unknown"),
    EndpointRule(host="api.alpha.example", class_="vendor"),
)


def test_the_first_that_knows_a_host_says_what_it_is() -> None:
    at = Destinations(ALPHA, STATED, HOSTS).at
    assert at("LLM.corp.example.") == Destination("llm.corp.example", "cleared-gateway", ("in-house", "eu"))
    assert at("x.corp.example") == Destination("x.corp.example", "unknown", ("unknown",))
    assert at("api.alpha.example") == Destination("api.alpha.example", "vendor", ("us",))
    assert at("a.cloud.example") == Destination("a.cloud.example", "cloud-provider", ("unknown",))
    assert at("relay.example") == Destination("relay.example", "relay", ("unknown",))
    assert at("elsewhere.example") == Destination("elsewhere.example", "unknown", ("unknown",))
    assert at("") == Destination("", "unknown", ("unknown",))


def test_a_tools_own_hosts_may_be_globs() -> None:
    tool = facts("alpha", hosts=("api.alpha.example", "*.Alpha.example"), residency=("EU",))
    assert Destinations(tool, (), {}).at("eu.alpha.example") == Destination("eu.alpha.example", "vendor", ("eu",))
    assert Destinations(tool, (), {}).at("alpha.example").class_ == "unknown"


def test_where_a_tool_sends_by_itself() -> None:
    assert Destinations(ALPHA, (), {}).default == Destination("api.alpha.example", "vendor", ("us",))
    assert Destinations(LOCAL, STATED, HOSTS).default == Destination("unknown", "unknown", ("in-house",))
    assert Destinations(None, STATED, HOSTS).default == Destination("unknown", "unknown", ("unknown",))
    assert Destinations(facts(hosts=(), residency=()), (), {}).default.residency == ("unknown",)


def test_a_tool_that_runs_wholly_here_keeps_its_data_in_house_unless_it_is_known_otherwise() -> None:
    def residency(deployment: str, stated: tuple[str, ...], hosts: tuple[str, ...] = ()) -> tuple[str, ...]:
        tool = facts(deployment=deployment, residency=stated, hosts=hosts)
        return Destinations(tool, (), {}).default.residency

    assert residency("local", ("unknown",)) == residency("local", ()) == ("in-house",)
    assert residency("local", ("us",)) == ("us",)
    assert residency("local", ("unknown",), ("api.example",)) == ("unknown",)
    assert residency("on-prem", ("unknown",)) == ("unknown",)


def test_an_unknown_agent_has_no_residency_of_its_own() -> None:
    places = Destinations(None, STATED, HOSTS)
    assert places.at("api.alpha.example") == Destination("api.alpha.example", "vendor", ("unknown",))
    assert places.at("relay.example").class_ == "relay"


def test_catalog_lists_are_looked_through_in_their_order() -> None:
    overlapping = {"*.x.example": "relay", "a.x.example": "cloud-provider", "b.y.example": "relay"}
    places = Destinations(None, (), overlapping)  # type: ignore[arg-type]
    assert (places.at("a.x.example").class_, places.at("b.y.example").class_) == ("relay", "relay")
