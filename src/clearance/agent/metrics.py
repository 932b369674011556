"""What the service counts, in the text format of Prometheus (version 0.0.4). Pure.

`METRICS` lists every name; the names and labels are part of what others rely on, so one that is here stays. Values come
from the status document, which the contract fixes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from msgspec import Struct

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metric(Struct, frozen=True):
    """A name, what kind of number it is, what it means, and the label that tells its samples apart, if any."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    label: str = ""


METRICS: Final = (
    Metric("clearance_up", "gauge", "1: events are answered."),
    Metric("clearance_mode", "gauge", "The mode of the host is the one with 1.", "mode"),
    Metric("clearance_paused", "gauge", "1: enforcement rests."),
    Metric("clearance_directive_generation", "gauge", "Directives accepted on this host so far."),
    Metric("clearance_watched_filesystems", "gauge", "File systems that are watched."),
    Metric("clearance_guard_events_total", "counter", "Starts that the kernel asked about."),
    Metric("clearance_guard_decisions_total", "counter", "Starts by what was done about them.", "done"),
    Metric(
        "clearance_guard_early_total", "counter", "First starts of programs that were known since they were written."
    ),
    Metric("clearance_guard_cached", "gauge", "Files that the kernel need not ask about again."),
    Metric("clearance_network_names", "gauge", "Names that are not resolved or not connected to."),
    Metric("clearance_network_processes", "gauge", "Processes that are cut from the network."),
    Metric("clearance_network_refused_total", "counter", "Names and connections that were refused."),
    Metric("clearance_failures_total", "counter", "What failed, by reason.", "reason"),
    Metric("clearance_ledger_records_total", "counter", "Records in the ledger."),
    Metric("clearance_critical_programs", "gauge", "Programs that no directive can block."),
)
"""All metrics, in the order in which they are given."""

DONE: Final = ("allowed", "warned", "blocked", "killed", "late")
MODES: Final = ("observe", "warn", "block")


class Sample(Struct, frozen=True):
    """One number. `label` is the value of the metric's label."""

    name: str
    value: float
    label: str = ""


def samples(status: Mapping[str, Any]) -> Iterator[Sample]:
    """The samples that a status document (`clearance/enforce-status/v1`) gives. What it does not say is left out."""
    yield Sample("clearance_up", 1)
    if (mode := status.get("mode")) is not None:
        yield from (Sample("clearance_mode", int(each == mode), each) for each in MODES)
    yield Sample("clearance_paused", int(status.get("paused") is not None))
    yield from _number(status.get("policy"), "generation", "clearance_directive_generation")
    yield from _length(status, "watched", "clearance_watched_filesystems")
    guard = status.get("guard")
    yield from _number(guard, "events", "clearance_guard_events_total")
    for done in DONE:
        yield from _number(guard, done, "clearance_guard_decisions_total", done)
    yield from _number(guard, "early", "clearance_guard_early_total")
    yield from _number(guard, "cached", "clearance_guard_cached")
    network = status.get("network")
    yield from _number(network, "names", "clearance_network_names")
    yield from _number(network, "processes", "clearance_network_processes")
    yield from _number(network, "refused", "clearance_network_refused_total")
    for reason in sorted(status.get("failures") or {}):
        yield from _number(status["failures"], reason, "clearance_failures_total", reason)
    yield from _number(status.get("ledger"), "records", "clearance_ledger_records_total")
    yield from _length(status, "critical", "clearance_critical_programs")


def _number(document: Any, key: str, name: str, label: str = "") -> Iterator[Sample]:
    value = document.get(key) if isinstance(document, Mapping) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield Sample(name, value, label)


def _length(status: Mapping[str, Any], key: str, name: str) -> Iterator[Sample]:
    if isinstance(value := status.get(key), list | tuple):
        yield Sample(name, len(value))


def render(given: Iterable[Sample]) -> str:
    """The text, metric by metric in the order of `METRICS`. KeyError for a name that is not there."""
    by_name: dict[str, list[Sample]] = {metric.name: [] for metric in METRICS}
    for sample in given:
        by_name[sample.name].append(sample)
    lines: list[str] = []
    for metric in METRICS:
        if by_name[metric.name]:
            lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
        for sample in by_name[metric.name]:
            label = f'{{{metric.label}="{_escaped(sample.label)}"}}' if metric.label else ""
            lines.append(f"{metric.name}{label} {sample.value:.17g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    text = text.encode("utf-8", "backslashreplace").decode()
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
