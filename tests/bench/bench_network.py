"""What the network guard costs, against no guard in the same run. Needs root.

`python -m tests.bench.bench_network [ROUNDS]`. A house and an internet in network namespaces of their own, as in
`tests/agent/network/house.py`, joined by a wire that is as fast as the machine. Every round measures without and
with the guard; the ratios are of medians. Nothing here asserts a time.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import psutil

from tests.agent.network import internet
from tests.agent.network.house import House, house, missing
from tests.agent.network.tables import table

GOOD = "good.example.org"
DOWN = "500000000"
UP = "200000000"
LINES: dict[str, tuple[tuple[str, ...], str]] = {
    "download of 500 MB through one connection": (("source", internet.GOOD, "2083", DOWN), "MB/s"),
    "upload of 200 MB through one connection": (("sink", internet.GOOD, "2053", UP), "MB/s"),
    "200 TLS connections at once": (("many", internet.GOOD, GOOD, "200"), "ms"),
    "300 names, one after the other": (("names", GOOD, "300"), "ms"),
    "200 connections, one after the other": (("connections", internet.GOOD, "2053", "200"), "ms"),
}


def measured(home: House) -> dict[str, float]:
    """One round: milliseconds of every line."""
    return {line: float(home.probe(*words)["ms"]) for line, (words, _) in LINES.items()}


def main() -> None:
    """Print the ratios."""
    if missing():
        sys.exit(f"not measured: {missing()}")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    without: list[dict[str, float]] = []
    guarded: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder, house(Path(folder)) as home:
        home.start_guard(table(serial=1))
        guard = psutil.Process(home.guard_pid)
        for number in range(rounds):
            home.give(table("default: {effect: allow}", serial=2 * number + 2))
            without.append(measured(home))
            home.give(table(serial=2 * number + 3))
            guarded.append(measured(home))
        rest = guard.cpu_times()
        home.pulses(5)
        more = guard.cpu_times()
        for line, (words, unit) in LINES.items():
            bare, with_it = (statistics.median(one[line] for one in found) for found in (without, guarded))
            shown = [int(words[-1]) / 1000 / ms for ms in (bare, with_it)] if unit == "MB/s" else [bare, with_it]
            print(f"{line}: no guard {shown[0]:.0f} {unit}, guard {shown[1]:.0f} {unit}, {with_it / bare:.2f} times")
        seconds = more.user + more.system - rest.user - rest.system
        print(
            f"memory {guard.memory_full_info().uss / 1e6:.0f} MB of its own, "
            f"{guard.memory_info().rss / 1e6:.0f} MB resident"
        )
        print(f"at rest {seconds * 20:.1f} % of a processor")


if __name__ == "__main__":
    main()
