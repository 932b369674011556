"""Which settings of an `allow-with-settings` decision are not in force for those who use the tool, and how to set them.

A setting holds for a person, so a program that is installed for everybody is judged by the settings of those who are
seen to use the tool here; where nobody is, by what holds for everybody. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import structs

from clearance.judge.settings import deviations, in_force
from clearance.model.sighting import Deviation, Sighting, SwitchState
from clearance.model.terms import OS
from clearance.model.tool import Setter, Switch

Settings = Mapping[str, str | int | float | bool]
States = Mapping[tuple[str, str | None], tuple[SwitchState, ...]]

FOREIGN: Final[dict[OS, tuple[str, ...]]] = {
    "linux": ("~/Library/", "/Library/", "~/AppData/", "/Program Files/", "/ProgramData/"),
    "macos": ("~/.config/", "/etc/", "~/AppData/", "/Program Files/", "/ProgramData/"),
    "windows": ("~/.config/", "/etc/", "~/Library/", "/Library/"),
}
"""How places begin that belong to another system than this one; they are named only where there is no better one."""


def deviating(
    sighting: Sighting, settings: Settings, states: States, switches: Iterable[Switch], os: OS = "linux"
) -> tuple[Deviation, ...]:
    """What is not as asked for this sighting, person by person. `switches` are what the catalog knows of the tool."""
    known = {switch.name: switch for switch in switches}
    found: dict[Deviation, None] = {}
    for user, seen in _in_force(sighting, states):
        for deviation in deviations(settings, seen):
            switch = known.get(deviation.switch.name) if deviation.switch else None
            remedy = how(switch, deviation, os) if switch else ""
            found.setdefault(structs.replace(deviation, user=user, remedy=remedy))
    return tuple(found)


def to_set(settings: Settings, switches: Iterable[Switch], os: OS = "linux") -> tuple[Deviation, ...]:
    """Every setting with where and how it is set, for a tool of which nothing was seen."""
    known = {switch.name: switch for switch in switches}
    unseen = (SwitchState(name, "default", "unknown", "", switch.stops) for name, switch in known.items())
    return tuple(
        structs.replace(each, remedy=how(known[each.switch.name], each, os)) if each.switch else each
        for each in deviations(settings, unseen)
    )


def _in_force(sighting: Sighting, states: States) -> list[tuple[str | None, tuple[SwitchState, ...]]]:
    if sighting.user is not None:
        # What was seen in a project has the states that hold there.
        return [(sighting.user, sighting.switches or states.get((sighting.tool, sighting.user), ()))]
    people = [(user, seen) for (tool, user), seen in states.items() if tool == sighting.tool and user is not None]
    return [*people] or [(None, sighting.switches or states.get((sighting.tool, None), ()))]


Offer = tuple[Setter, str | int | bool]
"""A place where a switch can be set, and the value that brings about what is wanted."""


def how(switch: Switch, deviation: Deviation, os: OS) -> str:
    """`set telemetry.enabled to false in ~/.gemini/settings.json`; empty where the machine has no place for it."""
    offer = best(switch, deviation, os)
    there = deviation.switch is not None and place_of(deviation.switch, deviation.wanted) != ""
    return _said(*offer, there=there) if offer else ""


def best(switch: Switch, deviation: Deviation, os: OS) -> Offer | None:
    """Where to set it as asked, and to what; None where the machine has no place for it.

    Where some place sets it already, that place is the one to change: a weaker one would change nothing.
    """
    there = place_of(deviation.switch, deviation.wanted) if deviation.switch else ""
    offers = [(setter, value) for setter in switch.set for value in _values(setter, deviation.wanted)]
    if there:
        in_project = deviation.switch is not None and there == deviation.switch.otherwise
        same = [offer for offer in offers if there.endswith(f" {offer[0].key}")]
        return min(
            same,
            key=lambda offer: (not _is_at(offer[0], there), (offer[0].scope == "project") is not in_project),
            default=None,
        )
    mine = [offer for offer in offers if offer[0].scope == "user"] or [o for o in offers if o[0].scope == "managed"]
    return next((offer for offer in mine if not offer[0].where.startswith(FOREIGN[os])), None)


def _is_at(setter: Setter, there: str) -> bool:
    """Whether it is this place of the catalog's where something is set: several have keys of the same name."""
    where = setter.where
    path = there.removesuffix(f" {setter.key}")
    return path.endswith(where[1:]) if where.startswith(("~/", "./")) else path == where


def place_of(switch: SwitchState, wanted: str) -> str:
    """Where that is set which is not as wanted: in force, or otherwise in a project."""
    right = (in_force(switch) if wanted in ("on", "off") else switch.value) == wanted
    return switch.otherwise if right else switch.where


def _values(setter: Setter, wanted: str) -> tuple[str | int | bool, ...]:
    """The first value that brings about what is wanted, if the setter has one."""
    if wanted not in ("on", "off"):
        return (wanted,)
    listed = setter.off if wanted == "off" else setter.on
    # An empty variable is one that is not set, and that is where things stand already.
    return tuple("1" if value == "*" else value for value in listed if value != "")[:1]


def _said(setter: Setter, value: str | int | bool, *, there: bool = False) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    key = setter.key
    if key.endswith(".*") and isinstance(value, str):
        said = f"add {text} to {key[:-2]}"
    elif setter.where == "env":
        said = f"set {key}={text}"
    else:
        said = f"set {key} to {text}"
    if there:
        return f"{said} there"
    return f"{said} in the environment" if setter.where == "env" else f"{said} in {setter.where.removeprefix('./')}"
