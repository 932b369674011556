"""Quick identity of each real tool, as a ratio to starting the smallest program, measured in the same run.

`python -m tests.bench.bench_identity [RUNS]` prints, for each program, median and 99th percentile, the ratio of the
median to a plain fork and exec of `/bin/true`, and the bytes read. Nothing here asserts a time.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

from clearance.catalog.compiled import load_catalog
from clearance.observe.identity import deep, quick
from clearance.observe.identity.rules import compile_rules
from clearance.observe.reader import BudgetReader, FdReader
from tests.real_tools import REAL_TOOLS, Unavailable, programs

RUNS = 300
WARM_UP = 20
OTHERS = ("/bin/true", "/bin/bash", "/usr/bin/python3", "/usr/bin/git", "/usr/bin/node")


def exec_true(runs: int) -> float:
    """Median microseconds from fork to the end of `/bin/true`."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    start = time.perf_counter()
    catalog = load_catalog()
    loaded = time.perf_counter()
    rules = compile_rules(catalog)
    print(
        f"{len(rules.literals)} literals; catalog {1000 * (loaded - start):.1f} ms, "
        f"rules {1000 * (time.perf_counter() - loaded):.1f} ms"
    )
    peer = exec_true(runs)
    print(f"fork and exec of /bin/true: median {peer:.0f} us\n")
    print(f"{'program':26}{'MB':>7}{'p50 us':>9}{'p99 us':>9}{'ratio':>7}{'KiB read':>10}  verdict")
    paths = [(name, name) for name in OTHERS if os.path.exists(name)]
    for real in REAL_TOOLS:
        try:
            paths += [(real.name, str(path)) for path in programs(real.name)]
        except Unavailable as reason:
            print(f"{real.name:26} {reason}")
    for name, path in paths:
        fd = os.open(path, os.O_RDONLY)
        reader = FdReader(fd)
        times = []
        for number in range(runs + WARM_UP):
            begin = time.perf_counter()
            verdict = quick.identify(reader, rules)
            if number >= WARM_UP:
                times.append((time.perf_counter() - begin) * 1e6)
        counted = BudgetReader(reader, quick.MOST_BYTES)
        deep_start = time.perf_counter()
        deep.identify(reader, rules)
        deep_time = (time.perf_counter() - deep_start) * 1000
        quick.identify(counted, rules)
        os.close(fd)
        p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
        what = f"{verdict.tool} {verdict.version or '-'} {verdict.confidence}" if verdict else "none"
        read = (quick.MOST_BYTES - counted.left) / 1024
        print(
            f"{name:26}{reader.size / 1e6:7.1f}{p50:9.0f}{p99:9.0f}{p50 / peer:7.2f}{read:10.0f}  {what}; "
            f"deep {deep_time:.1f} ms"
        )


if __name__ == "__main__":
    main()
