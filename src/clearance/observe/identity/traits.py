"""What a program that no catalog entry knows shows of an agent, and how much that weighs.

A signal is a group of strings that play one part in an agent: it talks to models, it offers them tools, it acts on
what they ask for, it tells them what they are, it is started by a person. No signal alone says anything: libraries talk
to models, readers name agents, scanners list every host. What is weighed is that one program does all of it.

The weights were set on published agents that the catalog lacks, and on libraries, readers and scanners
(`tests/observe/identity/test_traits.py`); the figures are in docs/adr/0002-content-identity.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from clearance.observe.identity.structure.objects import json_object
from clearance.observe.identity.types import Traits

_LISTS: Final = json_object(Path(__file__).with_name("signals.json").read_bytes())

SIGNALS: Final[dict[str, tuple[str, ...]]] = {name: tuple(texts) for name, texts in _LISTS["signals"].items()}
"""Strings by signal."""

HOSTS: Final[tuple[str, ...]] = tuple(_LISTS["hosts"])
"""Model hosts: each different one counts."""

FIXED: Final = 0.05
NO_PROGRAM: Final = 0.6
NO_SDK_IN_NATIVE: Final = 0.7
NO_PROMPT: Final = 0.75
NO_MODEL: Final = 0.4
IN_ONE_SCRIPT: Final = 0.1
WEIGHTS: Final[dict[str, float]] = {
    "talks to models": 0.3,
    "offers them tools": 0.2,
    "acts on this machine": 0.15,
    "instructs them": 0.2,
    "reads their keys": 0.05,
    "several model hosts": 0.05,
}


def weigh(
    counts: Mapping[str, int], *, hosts: int = 0, started: bool = False, small: bool = False, library: bool = False,
    native: bool = False,
) -> Traits:  # fmt: skip
    """The score of a file that shows `counts` different strings of each signal, and `hosts` model hosts.

    `started`: its form says that it is a program (a native one, a `#!` line, a command of its package). `small`: a
    script of a few pages, in which strings stand together because one thing uses them. `library`: known to be one.
    `native`: a compiled program, whose constants say what it knows of, not what it does: a viewer of sessions has them
    all. Only what it was built from tells that it talks to models.
    """
    traits: list[str] = []
    built_in = "native sdk" in counts if native else "sdk" in counts
    if built_in or ("call" in counts and (hosts or "key" in counts)):
        traits.append("talks to models")
    if counts.get("protocol", 0) >= 2 or ("protocol" in counts and "tools" in counts):
        traits.append("offers them tools")
    if "acts" in counts and "tools" in counts:
        traits.append("acts on this machine")
    if "prompt" in counts:
        traits.append("instructs them")
    if "key" in counts:
        traits.append("reads their keys")
    if hosts >= 2:
        traits.append("several model hosts")
    score = FIXED + sum(WEIGHTS[trait] for trait in traits)
    if small and {"talks to models", "offers them tools", "acts on this machine"} <= set(traits):
        score += IN_ONE_SCRIPT
    elif "instructs them" not in traits:
        score = min(score, NO_PROMPT)
    if "talks to models" not in traits:
        score = min(score, NO_MODEL)
    if native and not built_in:
        score = min(score, NO_SDK_IN_NATIVE)
    if library or not (started or "started" in counts):
        score = min(score, NO_PROGRAM)
    else:
        traits.append("is started as a program")
    return Traits(round(min(score, 1.0), 2), tuple(traits))
