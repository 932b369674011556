"""Directives made at random over the whole grammar: sound ones, and such as nobody in his right mind would write."""

from __future__ import annotations

import json
import random
from typing import Any

from clearance.model.terms import (
    CONFIDENCES,
    DEPLOYMENTS,
    EFFECTS,
    ENDPOINT_CLASSES,
    ENFORCES,
    KINDS,
    RISKS,
    SURFACES,
    TRAININGS,
)

PROGRAMS = ("bash", "sh", "sudo", "sshd", "apt", "init", "systemd", "ls", "python3", "clearance")
NAMES = ("codex", "claude-code", "gemini-cli", "own-tool", "*", "c*", "bash", "[ab]*", "?*")
USERS = ("root", "ana", "bo", "*", "nobody")
HOSTS = ("*", "lab-*", "this", "localhost")
DATES = ("2020-01-01", "2026-11-21", "2026-11-21T12:00:00Z", "2035-01-01", "2035-06-01T00:00:00+02:00")


def directive(number: int) -> str:
    """One directive, always the same for a number. JSON, which is YAML."""
    return json.dumps(_directive(random.Random(number)))


def _directive(dice: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {
        "apiVersion": "clearance/v1", "kind": "Directive",
        "metadata": {"id": "D-R", "title": "Random", "owner": "a@example.com", "review": "2035-01-01"},
        "contact": "https://intranet.example.com/ai",
        "groups": {"some": {"users": _some(dice, USERS)}, "hosts": {"hosts": _some(dice, HOSTS)}},
        "rules": [_rule(dice, place) for place in range(dice.randrange(5))],
        "default": {"effect": _effect(dice), **_maybe(dice, {"enforce": lambda: dice.choice(ENFORCES)})},
        "enforcement": _maybe(dice, {
            "on_failure": lambda: dice.choice(("open", "closed")), "blast_radius": lambda: dice.randrange(101),
            "mode": lambda: dice.choice(ENFORCES), "retention_days": lambda: dice.randrange(1000),
        }),
    }  # fmt: skip
    if dice.random() < 0.5:
        made["tools"] = [
            {"id": "own-tool", "kind": dice.choice(KINDS), "binaries": _some(dice, PROGRAMS), "packages": ["bash"],
             "hosts": ["example.com"], "deployment": dice.choice(DEPLOYMENTS), "command": dice.choice(PROGRAMS)}
        ]  # fmt: skip
    if dice.random() < 0.3:
        made["endpoints"] = [
            {"host": "*.example.com", "class": dice.choice(ENDPOINT_CLASSES), "residency": ["in-house"]}
        ]
    if dice.random() < 0.3:
        made["waivers"] = [
            {"id": "W", "tool": dice.choice(NAMES), "until": dice.choice(DATES), "owner": "o", "reason": "r",
             **_maybe(dice, {"user": lambda: dice.choice(USERS), "group": lambda: "some"})}
        ]  # fmt: skip
    return made


def _rule(dice: random.Random, place: int) -> dict[str, Any]:
    return {
        "id": f"r{place}", "match": _match(dice, 2), "effect": _effect(dice), "reason": "at random",
        **_maybe(dice, {
            "enforce": lambda: dice.choice(ENFORCES), "risk": lambda: dice.choice(RISKS),
            "from": lambda: dice.choice(DATES[:3]), "until": lambda: dice.choice(DATES[3:]),
            "message": lambda: "{tool.name} is not cleared",
        }),
    }  # fmt: skip


def _match(dice: random.Random, depth: int) -> dict[str, Any]:
    made = _maybe(dice, {
        "tool": lambda: _one_or_more(dice, NAMES), "kind": lambda: _one_or_more(dice, KINDS),
        "deployment": lambda: _one_or_more(dice, (*DEPLOYMENTS, "unknown")),
        "risk": lambda: dice.choice((">=low", *RISKS)),
        "training": lambda: _one_or_more(dice, TRAININGS), "surface": lambda: _one_or_more(dice, SURFACES),
        "user": lambda: _one_or_more(dice, USERS), "group": lambda: dice.choice(("some", "hosts")),
        "host": lambda: dice.choice(HOSTS), "confidence": lambda: dice.choice(CONFIDENCES),
        "known": lambda: dice.random() < 0.5, "score": lambda: ">=0.1",
        "version": lambda: dice.choice((">=0", "<1", "==1.2.3")),
        "residency": lambda: dice.choice(("us", "in-house", "unknown")), "retention": lambda: "<=30",
        "endpoint_class": lambda: dice.choice(ENDPOINT_CLASSES), "country": lambda: "US", "vendor": lambda: "*",
    }, odds=0.12)  # fmt: skip
    if depth and dice.random() < 0.3:
        made["not"] = _match(dice, depth - 1)
    return made or {"tool": "*"}


def _effect(dice: random.Random) -> str:
    return dice.choice((*EFFECTS, "block", "block"))


def _some(dice: random.Random, names: tuple[str, ...]) -> list[str]:
    return dice.sample(names, dice.randrange(1, len(names)))


def _one_or_more(dice: random.Random, names: tuple[str, ...]) -> Any:
    return dice.choice(names) if dice.random() < 0.5 else _some(dice, names)


def _maybe(dice: random.Random, fields: dict[str, Any], odds: float = 0.5) -> dict[str, Any]:
    return {name: make() for name, make in fields.items() if dice.random() < odds}
