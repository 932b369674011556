"""What the tracker costs: at rest, in a storm of starts, and for whoever starts a program.

`python -m tests.bench.bench_tracker` prints, on a stage of its own, processor time at rest and for each start, memory,
and the time of a start with the tracker as a ratio to one without, in interleaved blocks. Nothing asserts a time.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import sys
import time
from pathlib import Path

from tests.agent.tracker.stage import Stage, prepare, staged, table

REST = 10.0
BLOCKS = 20
RUNS = 100
COMMANDS = {"/bin/true": 1, "node -e 0": 10, "python -c 0": 5}


def processes(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in processes(int(child)))]


def spent(pid: int) -> float:
    """Milliseconds of processor time of a process and its children."""
    return sum(int(Path(f"/proc/{one}/schedstat").read_text().split()[0]) for one in processes(pid)) / 1e6


def memory(pid: int) -> dict[str, float]:
    """MB of a process and its children: what is its own, and its share of what it shares."""
    found = {"Rss": 0.0, "Pss": 0.0}
    for one in processes(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in found:
                found[name] += int(value.split()[0]) / 1000
    return found


def starts(words: list[str], runs: int) -> float:
    """Median microseconds from the start of a program to its end."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        os.waitpid(os.posix_spawn(words[0], words, {}), 0)
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e6


def inside() -> dict[str, object]:
    """Measure; on the stage."""
    root = prepare()
    stage = Stage(table(["gemini-cli"]), frozenset({os.stat(root).st_dev}))
    commands = {
        "/bin/true": ["/bin/true"],
        "node -e 0": [shutil.which("node") or "", "-e", "0"],
        "python -c 0": [os.path.realpath(sys.executable), "-c", "0"],
    }
    for words in commands.values():
        starts(words, 3)
    stage.settle()
    before = spent(stage.pid)
    time.sleep(REST)
    rest = spent(stage.pid) - before
    before, count = spent(stage.pid), 2000
    starts(commands["/bin/true"], count)
    time.sleep(0.1)
    storm = spent(stage.pid) - before
    before = spent(stage.pid)
    starts(commands["node -e 0"], 40)
    time.sleep(0.1)
    scripts = spent(stage.pid) - before
    ratios: dict[str, list[float]] = {name: [] for name in commands if commands[name][0]}
    family = processes(stage.pid)
    for _ in range(BLOCKS):
        for name, collected in ratios.items():
            runs = RUNS // COMMANDS[name]
            with_it = starts(commands[name], runs)
            for pid in family:
                os.kill(pid, signal.SIGSTOP)
            without = starts(commands[name], runs)
            for pid in reversed(family):
                os.kill(pid, signal.SIGCONT)
            collected.append(with_it / without)
    found = {
        "rest": rest / REST / 10, "storm": storm / count * 1000, "scripts": scripts / 40 * 1000,
        "memory": memory(stage.pid),
        "ratios": {name: sorted(ratio) for name, ratio in ratios.items()},
    }  # fmt: skip
    stage.close()
    return found


def main() -> None:
    """Print the table."""
    if os.geteuid() != 0:
        print("needs root")
        return
    found = staged("tests.bench.bench_tracker", "inside", seconds=600)
    print(f"at rest: {found['rest']:.4f} % of a processor over {REST:.0f} s")
    print(f"for each start of a known program in a row of them: {found['storm']:.0f} us of processor time")
    print(f"for each start of a runtime without a tool: {found['scripts']:.0f} us")
    print(
        f"memory of its processes: {found['memory']['Rss']:.0f} MB resident, {found['memory']['Pss']:.0f} MB by share"
    )
    print(f"\n{'start to end':16}{'median ratio':>14}{'lowest':>9}{'highest':>9}   to the same while it is stopped")
    for name, ratios in found["ratios"].items():
        print(f"{name:16}{statistics.median(ratios):14.3f}{ratios[0]:9.3f}{ratios[-1]:9.3f}")


if __name__ == "__main__":
    if sys.argv[1:] == ["inside"]:
        print(json.dumps(inside()))
    else:
        main()
