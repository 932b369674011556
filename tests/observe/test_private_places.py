from __future__ import annotations

from clearance.observe.private_places import PLACES, WHY, private_places


def test_places_are_those_of_the_home_and_say_why() -> None:
    found = private_places("/Users/ana")
    assert found["/Users/ana/Documents"] == WHY
    assert found["/Users/ana/Library/Mobile Documents"] == WHY
    assert len(found) == len(PLACES)
    assert all(path.startswith("/Users/ana/") for path in found)


def test_the_reason_says_how_to_look_all_the_same() -> None:
    assert "--deep" in WHY


def test_where_tools_keep_their_files_is_no_private_place() -> None:
    for place in ("Library", "Library/Application Support", ".config", ".claude", "src", "Applications"):
        assert place not in PLACES


def test_each_place_is_written_as_it_lies_below_a_home_and_once() -> None:
    assert len(set(PLACES)) == len(PLACES)
    assert [place for place in PLACES if place.startswith("/") or place.endswith("/") or ".." in place] == []
