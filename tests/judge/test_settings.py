from __future__ import annotations

from clearance.judge.settings import deviations, in_force
from clearance.model.sighting import SwitchState

TELEMETRY = SwitchState("TELEMETRY_OFF", "off", "1", "env", "telemetry")
TRAINING = SwitchState("privacy.train", "on", "true", "~/.t.json", "training")
INDEX = SwitchState("index", "default", "on", "", "indexing")
QUIET = SwitchState("reports", "default", "off", "", "error-reports")
SEEN = (TELEMETRY, TRAINING, INDEX, QUIET)


def deviating(**settings: str | int | float | bool) -> list[tuple[str, str, str | None]]:
    return [(d.setting, d.wanted, d.switch.name if d.switch else None) for d in deviations(settings, SEEN)]


def test_a_setting_that_is_as_asked_is_no_deviation() -> None:
    assert deviating(telemetry="off", TELEMETRY_OFF="1", training=True, index="on", reports=False) == []


def test_a_setting_that_differs_names_the_switch_that_was_seen() -> None:
    assert deviating(training="off", index=False, TELEMETRY_OFF="2") == [
        ("training", "off", "privacy.train"),
        ("index", "off", "index"),
        ("TELEMETRY_OFF", "2", "TELEMETRY_OFF"),
    ]


def test_a_topic_means_every_switch_that_stops_it() -> None:
    both = (TELEMETRY, SwitchState("other", "on", "", "", "telemetry"))
    assert [d.switch and d.switch.name for d in deviations({"telemetry": "off"}, both)] == ["other"]


def test_a_setting_for_which_nothing_was_seen_is_not_known_to_be_so() -> None:
    assert deviating(sharing="off") == [("sharing", "off", None)]


def test_where_nobody_set_it_the_vendors_default_is_in_force() -> None:
    assert [in_force(switch) for switch in SEEN] == ["off", "on", "on", "off"]


def test_on_and_off_are_states_and_not_values() -> None:
    loud = SwitchState("QUIET", "off", "on", "env", "telemetry")
    assert deviations({"QUIET": "off"}, [loud]) == ()
    assert [d.wanted for d in deviations({"QUIET": "on"}, [loud])] == ["on"]


def test_what_a_project_sets_otherwise_is_a_deviation() -> None:
    inside = SwitchState("quiet", "off", "1", "~/.t.json", "telemetry", "/p/.t.json")
    assert [d.switch for d in deviations({"telemetry": "off", "quiet": "1"}, [inside])] == [inside, inside]
