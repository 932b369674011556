"""What the catalog knows of a tool, as a person reads it: every fact with its source and its age.

A fact older than a year, or read only through third parties, says so. Pure: the day is handed in.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from clearance.model.tool import Fact, Setter, Switch, Tool

OLD: Final = dt.timedelta(days=365)

DATA_FACTS: Final = (
    "deployment", "residency", "retention", "training", "telemetry", "models", "price", "guarantees", "attestations",
    "availability",
)  # fmt: skip

SURFACE_FACTS: Final = (
    "binaries", "packages", "extensions", "installs", "config", "instructions", "mcp", "sessions", "residue",
    "credentials", "credential_env", "base_url_env", "base_url_settings", "hosts", "telemetry_hosts", "ports",
    "trailers",
)  # fmt: skip


class Row(Struct, frozen=True):
    """One fact for display: its name, value, explanation, sources, and what to bear in mind about it."""

    name: str
    value: str
    text: str
    source: tuple[str, ...]
    caution: str


def rows(tool: Tool, today: dt.date) -> Iterator[Row]:
    """The facts on a tool in a fixed order: who, what it does with content, how it shows."""
    vendor = tool.vendor
    yield _row("vendor", vendor, today, f"{vendor.value.name}, {vendor.value.country}")
    yield _row("kind", tool.kind, today)
    if tool.risk:
        yield _row("risk", tool.risk, today)
    for name in DATA_FACTS:
        fact: Fact[Any] = getattr(tool.data, name)
        yield _row(name, fact, today, _days(fact.value) if name == "retention" else "")
    for name in SURFACE_FACTS:
        surface: Fact[Any] | None = getattr(tool.surfaces, name)
        if surface is not None:
            yield _row(name.replace("_", " "), surface, today)


def _row(name: str, fact: Fact[Any], today: dt.date, value: str = "") -> Row:
    return Row(name, value or _value(fact.value), fact.text, fact.source, caution(fact, today))


def caution(fact: Fact[Any], today: dt.date) -> str:
    """What a reader should bear in mind: its age where it is over a year, and whose word it is."""
    read = fact.as_of or fact.checked
    notes = []
    if today - read > OLD:
        notes.append(f"{(today - read).days // 365} year(s) old: read on {read}")
    if fact.third_party:
        notes.append("read only through third parties" if fact.indirect else "not only from the vendor")
    return "; ".join(notes)


def _days(value: Any) -> str:
    return "not kept" if value == 0 else f"up to {value} days" if isinstance(value, int) else str(value)


def _value(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(_value(member) for member in value) or "none"
    return str(getattr(value, "path", value))


def sheet(tool: Tool, today: dt.date, width: int) -> str:
    """The whole of one tool, `width` columns wide."""
    lines = [f"{tool.name} ({tool.id})" + (f" · {tool.status}" if tool.status else "")]
    if tool.aliases:
        lines.append(f"also known as {', '.join(tool.aliases)}")
    if tool.command:
        lines.append(f"start it with: {tool.command}")
    for row in rows(tool, today):
        lines.append("")
        lines.extend(_wrapped(f"{row.name:<18}", row.value, width))
        lines.extend(_wrapped(" " * 18, row.text, width))
        lines.extend(_wrapped(" " * 18 + "! ", row.caution, width))
        lines.extend(_wrapped(" " * 18 + "source: ", "; ".join(row.source), width))
    lines.extend(_switches(tool.switches, width))
    if tool.data.incidents:
        lines += ["", "Reported in public:"]
        for incident in tool.data.incidents:
            whose = " (third party)" if incident.third_party else ""
            lines.extend(_wrapped(f"  {incident.date}  ", f"{incident.what}{whose}", width))
            lines.extend(_wrapped(" " * 11 + "source: ", "; ".join(incident.source), width))
    if tool.data.notes:
        lines += ["", *_wrapped("Note: ", tool.data.notes, width)]
    if tool.unverified:
        lines += ["", "Not checked against the tool's own release:"]
        for item in tool.unverified:
            lines.extend(_wrapped("  ", item, width))
    return "\n".join(lines) + "\n"


def _switches(switches: Iterable[Switch], width: int) -> Iterator[str]:
    for position, switch in enumerate(switches):
        if position == 0:
            yield ""
            yield "Data switches:"
        yield from _wrapped(f"  {switch.name}: ", f"stops {switch.stops}; {_default(switch)}", width)
        yield from _wrapped("      ", switch.text, width)
        for setter in switch.set:
            yield from _wrapped("      ", _setter(setter), width)
        if not switch.set:
            yield "      not set on the machine (vendor's console or account)"
        yield from _wrapped("      source: ", "; ".join(switch.source), width)


def _default(switch: Switch) -> str:
    return {"on": "flows unless stopped", "off": "off unless turned on", "unknown": "default not known"}[switch.default]


def _setter(setter: Setter) -> str:
    where = f"variable {setter.key}" if setter.where == "env" else f"{setter.where}: {setter.key}"
    off = f" = {' or '.join(map(_literal, setter.off))} stops it" if setter.off else ""
    return f"{where}{off}" + (" (managed)" if setter.scope == "managed" else "")


def _literal(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else "any value" if value == "*" else str(value)


def _wrapped(lead: str, text: str, width: int) -> list[str]:
    if not text:
        return []
    return textwrap.wrap(
        text,
        width=max(40, width),
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


def comparison(tools: Sequence[Tool], today: dt.date, width: int) -> str:
    """Tools side by side: one block a fact, one column a tool, wrapped to `width`."""
    label = 14
    column = max(16, (width - label) // len(tools) - 2)
    table = {tool.id: {row.name: row for row in rows(tool, today)} for tool in tools}
    names = ["vendor", "kind", *DATA_FACTS]
    lines = [_line("", [[tool.name] for tool in tools], label, column)]
    lines.append("-" * min(width, label + len(tools) * (column + 2)))
    for name in names:
        cells = []
        for tool in tools:
            row = table[tool.id][name]
            cells.append(
                textwrap.wrap(row.value + (" *" if row.caution else ""), column, break_long_words=True) or [""]
            )
        lines.append(_line(name, cells, label, column))
    switches = [[f"{switch.name}: {switch.default}" for switch in tool.switches] or ["none known"] for tool in tools]
    cells = [[part for text in column_ for part in textwrap.wrap(text, column)] for column_ in switches]
    lines.append(_line("switches", cells, label, column))
    incidents = [[f"{len(tool.data.incidents)} reported"] for tool in tools]
    lines.append(_line("incidents", incidents, label, column))
    if any(table[tool.id][name].caution for tool in tools for name in names):
        lines += ["", "* over a year old, or not (only) from the vendor: clearance explain TOOL says which"]
    return "\n".join(lines) + "\n"


def _line(name: str, cells: Sequence[Sequence[str]], label: int, column: int) -> str:
    height = max(len(cell) for cell in cells)
    out = []
    for number in range(height):
        left = f"{name if number == 0 else '':<{label}}"
        out.append(
            (left + "  ".join(f"{cell[number] if number < len(cell) else '':<{column}}" for cell in cells)).rstrip()
        )
    return "\n".join(out)
