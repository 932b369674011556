"""A deep scan against `find` and against two published scanners: one tree, one run, programs planted in it.

`python -m tests.bench.bench_scan [FILES] [PLANTED]` prints ratios. Nothing here asserts a time.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.bench.planting import plant
from tests.bench.tree import make
from tests.real_tools import cache

PEERS = (
    ("agentmesh-discovery==5.0.0", "agent-discovery scan -s config -p {tree} -o json --storage {room}/inventory"),
    ("ai-bom==3.6.0", "ai-bom scan {tree} --format json --quiet --no-telemetry -o {room}/found"),
)
"""Package, and how it is told to look through a folder. None of it sends anything."""

LIMIT = 600
"""Seconds that a peer gets."""

RUNS = 3
SAMPLE = 0.02


class Run(NamedTuple):
    """One run: wall time, and processor time of all its processes, in seconds."""

    wall: float
    processor: float


def run(command: Sequence[str], codes: tuple[int, ...] = (0,)) -> Run:
    """Run a command whose output nobody wants. CalledProcessError where it fails."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in codes:
        raise subprocess.CalledProcessError(done.returncode, command)
    return Run(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def peak_memory(command: Sequence[str]) -> float:
    """The most memory that the command and its children hold together, in MB; what they share counts once."""
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        chief = psutil.Process(process.pid)
        while process.poll() is None:
            total = 0
            for one in [chief, *chief.children(recursive=True)]:
                try:
                    total += one.memory_full_info().pss
                except psutil.Error:
                    continue
            peak = max(peak, total)
            time.sleep(SAMPLE)
    return peak / 1e6


def missed(document: dict[str, list[dict[str, str]]], planted: dict[str, str], folder: str) -> list[str]:
    """The planted paths that the scan did not tell rightly."""
    tools = {s["path"]: s["tool"] for s in document["sightings"]} | {u["path"]: "" for u in document["unknown"]}
    return [path for path, tool in planted.items() if tools.get(f"{folder}/{path}") != tool]


def main() -> None:
    """Print the figures."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    root = cache() / f"bench-{files}"
    tree, out = root / "tree", root / "scan.json"
    make(tree, files)
    planted = plant(tree, count)
    try:
        find = ("find", str(tree), "-printf", "%m %s\\n")
        program = str(Path(sys.executable).parent / "clearance")
        clearance = (program, "scan", "--root", str(root), "--deep", "/tree", "-q", "--json", "-o", str(out))
        base, ours = _best(find), _best(clearance, (0, 1, 4))
        lost = missed(json.loads(out.read_bytes()), planted, "/tree")
        print(f"find -printf             {base.wall:6.2f} s   {base.processor:6.2f} s of processor time")
        print(f"clearance scan --deep    {ours.wall:6.2f} s   {ours.processor:6.2f} s of processor time")
        print(f"against find             {ours.wall / base.wall:6.2f}     on {os.cpu_count()} processors")
        print(f"planted and found        {len(planted) - len(lost)} of {len(planted)}")
        for path in lost[:10]:
            print(f"  missed {planted[path] or 'agent'}: {path}")
        print(f"peak memory              {peak_memory(clearance):6.0f} MB in all processes")
        for package, command in PEERS:
            _peer(package, command.split(), tree, planted, ours.wall)
    finally:
        out.unlink(missing_ok=True)
        for path in planted:
            (tree / path).unlink(missing_ok=True)


def _best(command: Sequence[str], codes: tuple[int, ...] = (0,)) -> Run:
    """The quickest of some runs after one that warms the cache."""
    run(command, codes)
    return min(run(command, codes) for _ in range(RUNS))


def _peer(package: str, words: Sequence[str], tree: Path, planted: dict[str, str], ours: float) -> None:
    name = package.partition("=")[0]
    place = cache() / "peers" / package
    if not (place / "bin" / words[0]).exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        pip = [str(place / "bin/pip"), "install", "-q", "--disable-pip-version-check", package]
        if subprocess.run(pip, check=False, stderr=subprocess.DEVNULL).returncode:
            print(f"{name:<24} could not be installed")
            return
    with tempfile.TemporaryDirectory() as room:
        command = [str(place / "bin" / words[0]), *(word.format(tree=tree, room=room) for word in words[1:])]
        start = time.monotonic()
        try:
            done = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            print(f"{name:<24} did not finish in {LIMIT} s: more than {LIMIT / ours:.0f} x ours")
            return
        took = time.monotonic() - start
        said = done.stdout + b"".join(path.read_bytes() for path in Path(room).rglob("*") if path.is_file())
    found = sum(os.path.basename(path).encode() in said for path in planted)
    print(f"{name:<24} {took:6.2f} s   {took / ours:4.1f} x ours   {found} of {len(planted)} found")


if __name__ == "__main__":
    main()
