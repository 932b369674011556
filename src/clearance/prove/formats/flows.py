"""What the data switches of a tool let leave the machine, by person and by topic, and the phrase for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from clearance.model.sighting import SwitchState
from clearance.model.terms import Topic
from clearance.prove.formats.outline import ToolGroup

TOPIC_WORDS: Final[dict[Topic, str]] = {
    "file-content": "file content",
    "snapshot": "snapshot upload",
    "indexing": "indexing",
    "training": "training",
    "session-sync": "session sync",
    "sharing": "sharing",
    "telemetry": "telemetry",
    "error-reports": "error reports",
    "remote-session": "remote sessions",
    "web-search": "web search",
    "feedback": "feedback",
    "updates": "updates",
}
"""What a data switch lets flow, weightiest first."""

MOST: Final = 4
"""How many topics are named, unless the caller says otherwise."""

FlowState = Literal["on", "partly", "default", "unknown", "off"]


def topic_states(group: ToolGroup) -> dict[str, dict[Topic, FlowState]]:
    """For each user of a tool that has data switches: what flows, weightiest first. "" is every user."""
    by_user: dict[str, dict[Topic, dict[str, SwitchState]]] = {}
    for seen in group.sightings:
        for switch in seen.switches:
            by_user.setdefault(seen.user or "", {}).setdefault(switch.stops, {}).setdefault(switch.name, switch)
    return {
        user: {topic: _flow(topics[topic].values()) for topic in TOPIC_WORDS if topic in topics}
        for user, topics in sorted(by_user.items())
    }


def _flow(switches: Iterable[SwitchState]) -> FlowState:
    """Several switches may stop parts of one flow: it is off when all are."""
    states = {_state(switch) for switch in switches}
    if "off" in states:
        return "partly" if len(states) > 1 else "off"
    order: tuple[FlowState, ...] = ("on", "default", "unknown")
    return next(state for state in order if state in states)


def _state(switch: SwitchState) -> FlowState:
    if switch.state != "default":
        return switch.state
    return "default" if switch.value == "on" else "off" if switch.value == "off" else "unknown"


def flows(group: ToolGroup, most: int = MOST) -> str:
    """What the tool's data switches let leave the machine; empty where none is known to."""
    said = {user: flow(topics, most) for user, topics in topic_states(group).items()}
    if len(set(said.values())) <= 1:
        return next(iter(said.values()), "")
    return "; ".join(f"{user or 'all'}: {text or 'nothing known'}" for user, text in said.items())


def flow(topics: Mapping[Topic, FlowState], most: int = MOST) -> str:
    """`telemetry on, indexing on (default), training opt-out not set`, without what is stopped; `most` are named."""
    said = []
    for topic, state in topics.items():
        word = TOPIC_WORDS[topic]
        if state == "default":
            said.append("training opt-out not set" if topic == "training" else f"{word} on (default)")
        elif state == "unknown":
            said.append(f"{word} not set (default unknown)")
        elif state != "off":
            said.append(f"{word} partly on" if state == "partly" else f"{word} on")
    rest = len(said) - most
    return ", ".join(said if rest <= 1 else [*said[:most], f"and {rest} more"])
