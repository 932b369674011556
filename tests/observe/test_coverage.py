from __future__ import annotations

from clearance.model.sighting import Coverage, Sighting, Skipped
from clearance.observe.coverage import coverage, home_places
from clearance.observe.probe import Home
from tests.builders import ANA, catalog, location, tool

BO = Home("bo", "/home/bo")
TOOL = tool(
    "t", config=(location("~/.t/settings.json"), location("./.t/x.json")), sessions=(location("~/.t/p/*/*.jsonl"),)
)
CATALOG = catalog(TOOL, tool("web"))
SEEN = Sighting("1", "t", "T", "config", "/home/ana/.t/settings.json", "strong", user="ana")


def states(*args: object, **kwargs: object) -> dict[tuple[str, str], str]:
    return {(c.tool, c.user): c.state for c in coverage(CATALOG, (ANA, BO), *args, **kwargs)}  # type: ignore[arg-type]


def test_every_tool_and_every_home_is_answered() -> None:
    assert states({}, (SEEN,), ()) == {
        ("t", "ana"): "found",
        ("t", "bo"): "nothing",
        ("web", "ana"): "not-looked",
        ("web", "bo"): "not-looked",
    }


def test_a_home_that_cannot_be_listed_is_never_nothing() -> None:
    (entry,) = [c for c in coverage(CATALOG, (BO,), {"/home/bo": "permission denied"}, (), ()) if c.tool == "t"]
    assert entry == Coverage("t", "bo", "not-readable", "/home/bo: permission denied")


def test_an_unreadable_folder_hides_only_the_tools_that_lie_there() -> None:
    assert states({}, (), (Skipped("walk", "/home/bo/.t", "permission denied"),))[("t", "bo")] == "not-readable"
    assert states({}, (), (Skipped("walk", "/home/bo/.t/p/x", "permission denied"),))[("t", "bo")] == "not-readable"
    assert states({}, (), (Skipped("walk", "/home/bo/.tt", "permission denied"),))[("t", "bo")] == "nothing"
    assert states({}, (), (Skipped("walk", "/home/bo/.t", "gone", matters=False),))[("t", "bo")] == "nothing"
    assert states({}, (), (Skipped("walk", "/srv/x", "permission denied"),))[("t", "bo")] == "nothing"


def test_the_places_of_a_tool_in_a_home() -> None:
    assert home_places(TOOL) == (".t/settings.json", ".t/p")
