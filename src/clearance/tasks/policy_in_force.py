"""The directive that holds on this host, ready to judge: the one named, else the configured, else a shipped example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from clearance.catalog import Catalog
from clearance.config import KEYS
from clearance.errors import Error
from clearance.judge.engine import Judge
from clearance.model.decision import PolicyRef, ToolFacts
from clearance.tasks.policy import judge_of, load

EXAMPLE: Final = "approved-list.yaml"

_HERE: Final = Path(__file__).resolve()
_EXAMPLES: Final = (_HERE.parents[1] / "examples", _HERE.parents[3] / "examples" / "directives")
"""Where the example directives lie: in an installed package, and in a checkout."""


class PolicyInForce(Struct, frozen=True):
    """A judge, the reference that every decision carries, and the facts on every tool that it knows."""

    judge: Judge
    ref: PolicyRef
    tools: Mapping[str, ToolFacts]


def load_policy(named: str | None, catalog: Catalog) -> PolicyInForce:
    """`named` is a file or folder. Without one the configured folder counts where it exists. `Error` for a bad one."""
    configured = next(key.default for key in KEYS if key.name == "directive")
    path = named or (configured if Path(configured).exists() else None)
    judge = judge_of(load(path or shipped_example()), catalog, example=path is None)
    return PolicyInForce(judge, judge.policy, judge.tools)


def shipped_example() -> str:
    """The path of the example directive that judges where a company has given none yet."""
    for folder in _EXAMPLES:
        if (folder / EXAMPLE).is_file():
            return str(folder / EXAMPLE)
    raise Error(f"the shipped example {EXAMPLE} is missing", remedy="name a directive with --directive")
