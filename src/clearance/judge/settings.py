"""Whether a tool is configured as `allow-with-settings` asks: what was seen of its data switches, against the settings.

A setting names a switch of the tool, or a topic (`training`, `indexing`, …), which means every switch that stops it.
`off` and `on` ask for the state in force, the vendor's default counting where nobody set it; any other value asks for
that very value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clearance.judge.message import value_text
from clearance.model.sighting import Deviation, SwitchState


def deviations(
    settings: Mapping[str, str | int | float | bool], switches: Iterable[SwitchState]
) -> tuple[Deviation, ...]:
    """The settings that are not as asked, in their order; also those for which no switch was seen."""
    seen = tuple(switches)
    found: list[Deviation] = []
    for name, value in settings.items():
        wanted = value_text(value)
        meant = [switch for switch in seen if switch.name == name] or [s for s in seen if s.stops == name]
        if not meant:
            found.append(Deviation(name, wanted, None))
        found += [Deviation(name, wanted, switch) for switch in meant if not _as_asked(wanted, switch)]
    return tuple(found)


def _as_asked(wanted: str, switch: SwitchState) -> bool:
    # `on` and `off` are states, never values: a variable that is on may be what turns the flow off.
    # What a project sets otherwise is not known to be as asked there.
    return not switch.otherwise and (in_force(switch) if wanted in ("on", "off") else switch.value) == wanted


def in_force(switch: SwitchState) -> str:
    """The state that a switch is in: `on`, `off`, or the vendor's default where nobody set it."""
    return switch.value if switch.state == "default" else switch.state
