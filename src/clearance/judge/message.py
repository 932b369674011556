"""What a person is told: the rule's own message with its placeholders filled in, or one made from what the rule says.

A placeholder is `{tool.name}` and the like (`PLACEHOLDERS`); `{{` and `}}` stand for braces. Rendering never fails: a
value that is not there is empty, and what is no placeholder stays as it was written (the lint reports it).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from clearance.judge.instants import in_words
from clearance.model.decision import Replacement
from clearance.model.directive import Default, Rule

PLACEHOLDERS: Final = (
    "tool.id", "tool.name", "tool.vendor", "tool.version", "endpoint", "rule.id", "rule.reason", "rule.from",
    "rule.until", "replacement.id", "replacement.name", "replacement.command", "contact", "directive.id",
    "directive.title",
)  # fmt: skip
"""All placeholders. Dates are given in words."""

SOMEONES_PROGRAM: Final = "This program"
"""The name of a program that no catalog entry knows."""

_PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


class Value(Struct, frozen=True):
    """A value to be filled in."""

    name: str


Template = tuple[str | Value, ...]


def template(text: str) -> Template:
    """The parts of a message as a person wrote it."""
    parts: list[str | Value] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        parts.append(text[end : found.start()])
        end = found.end()
        if found[1] in PLACEHOLDERS:
            parts.append(Value(found[1]))
        else:
            parts.append(found[0] if found[1] is not None else found[0][0])
    return (*parts, text[end:])


def unknown_placeholders(text: str) -> tuple[str, ...]:
    """What stands in braces but is no placeholder."""
    return tuple(found[1] for found in _PLACEHOLDER.finditer(text) if found[1] not in (None, *PLACEHOLDERS))


def placeholders(text: str) -> frozenset[str]:
    """The placeholders that a message uses."""
    return frozenset(part.name for part in template(text) if isinstance(part, Value))


def default_message(rule: Rule | Default, replacement: Replacement | None, contact: str) -> Template:
    """What to tell where the rule has no message of its own. An allowed tool needs no words."""
    if rule.effect == "allow":
        return ()
    told: list[str]
    if rule.effect == "allow-with-settings":
        settings = rule.settings.items() if isinstance(rule, Rule) else ()
        wanted = ", ".join(f"{key} {value_text(value)}" for key, value in settings)
        told = [" is cleared here" + (f" with these settings: {wanted}." if wanted else ".")]
    else:
        begun = rule.from_ if isinstance(rule, Rule) else None
        reason = rule.reason.strip().removesuffix(".")
        told = [f" has not been cleared here since {in_words(begun)}" if begun else " is not cleared here"]
        told.append(f": {reason}." if reason else ".")
        if rule.effect == "warn":
            told.append(" It is not blocked.")
    if replacement is not None:
        start = f": {replacement.command}" if replacement.command else ""
        told.append(f" Use {replacement.name} instead{start}.")
    if contact:
        asked = "other settings" if rule.effect == "allow-with-settings" else "it"
        told.append(f" Need {asked} for your work? {contact}")
    return (Value("tool.name"), "".join(told))


def value_text(value: str | int | float | bool) -> str:
    """A setting's value as people write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def filled(parts: Template, values: Mapping[str, str]) -> Template:
    """The template with these values filled in; the others wait."""
    done: list[str | Value] = []
    for part in parts:
        text = values.get(part.name, part) if isinstance(part, Value) else part
        if isinstance(text, str) and done and isinstance(done[-1], str):
            done[-1] += text
        else:
            done.append(text)
    return tuple(done)


def render(parts: Template, values: Mapping[str, str]) -> str:
    """The message. What has no value is empty."""
    return "".join(part if isinstance(part, str) else values.get(part.name, "") for part in parts)
