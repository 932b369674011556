"""The state of enforcement and what a person was told last, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clearance.model.status import EnforceStatus
from clearance.prove.formats.escape import plain


def status(state: EnforceStatus) -> str:
    """What is enforced here, in a few lines; what went wrong last."""
    policy = state.policy
    ids = ", ".join(policy.directives) or "a directive without an id"
    head = f"{state.mode} · directive {ids} (generation {policy.generation}, {policy.sha256[:8]})"
    if not policy.generation:
        head = "no directive is in force: everything starts"
    if state.paused:
        head = f"PAUSED until {state.paused.until} ({plain(state.paused.reason)}) · {head}"
    elif not state.ready:
        head = f"starting · {head}"
    guard = state.guard
    lines = [
        head,
        *([f"  refused    {plain(state.refused)}"] if state.refused else []),
        f"  since      {state.since}",
        f"  watched    {', '.join(plain(path) for path in state.watched)}",
        f"  starts     {guard.events} asked about: {guard.blocked} blocked, {guard.warned} warned",
        f"             {guard.killed} ended afterwards, {guard.late} let through at the deadline",
        f"  network    {state.network.names} names barred, {state.network.refused} refused",
        f"  ledger     {state.ledger.records} records",
        f"  critical   {len(state.critical)} programs that no directive can block",
    ]
    if state.queue:
        lines.append(f"  audits due {', '.join(state.queue)}")
    for reason, count in sorted(state.failures.items()):
        lines.append(f"  failure    {reason}: {count}")
    return "\n".join(lines) + "\n"


def why(told: Mapping[str, Any]) -> str:
    """The notice again, and what it was about."""
    decision = told["decision"]
    policy = decision["policy"]
    rule = f"rule {decision['rule']}" if decision["rule"] else "the default"
    return (
        f"{told['text'].rstrip()}\n\n"
        f"  what      {plain(told['path'])}\n"
        f"  when      {told['at']}\n"
        f"  done      {told['done']}\n"
        f"  by        {rule} of {', '.join(policy['directives'])} (generation {policy['generation']},"
        f" {policy['sha256'][:8]})\n"
        f"  reason    {plain(decision['reason']) or 'none was given'}\n"
    )
