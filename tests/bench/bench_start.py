"""What it costs to start: `clearance --help`, a scan of a home with ten tools, against starting Python itself."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.real_tools import REAL_TOOLS, Unavailable, fetch

RUNS = 9


def median(command: list[str]) -> float:
    """The median wall time of some runs, in milliseconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def home_with_tools(root: Path, count: int) -> int:
    """A host whose one person has so many tools installed; how many there are."""
    prefix = root / "home/ana/.npm-global"
    prefix.mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text("ana:x:1000:1000::/home/ana:/bin/sh\n")
    done = 0
    for real in REAL_TOOLS:
        if done == count:
            break
        if real.ecosystem != "npm" or real.packed:
            continue
        try:
            source = fetch(real.name) / "lib/node_modules"
        except Unavailable:
            continue
        target = prefix / "lib/node_modules"
        target.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-rl", *map(str, source.iterdir()), str(target)], check=False, stderr=subprocess.DEVNULL)
        done += 1
    return done


def main() -> None:
    """Print the figures."""
    bare = median([sys.executable, "-c", "pass"])
    print(f"python -c pass           {bare:6.0f} ms")
    program = str(Path(sys.executable).parent / "clearance")
    for words in (["--help"], ["scan", "--help"], ["explain", "claude-code"]):
        took = median([program, *words])
        print(f"clearance {' '.join(words):<14} {took:6.0f} ms   {took / bare:4.1f} x python")
    cache = fetch("codex").parent
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        root = Path(folder)
        tools = home_with_tools(root, 10)
        command = [program, "scan", "--root", str(root), "--json", "-q"]
        seen = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)["summary"]
        took = median(command)
        find = median(["find", str(root), "-printf", "%m %s\\n"])
        print(
            f"scan of a home           {took:6.0f} ms   {tools} tools installed, {seen['tools']} found, "
            f"{seen['files_seen']} files, {took / find:.1f} x find"
        )


if __name__ == "__main__":
    main()
