"""The scan against `find` and against two published scanners, on one tree, in one run.

`python -m tests.bench.bench_scan [FILES] [PLANTED]` prints ratios. Nothing here asserts a time.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.planting import plant
from tests.bench.tree import make
from tests.real_tools import cache

PEERS = (
    ("agentmesh-discovery", ("agentmesh_discovery", "scan", "--path", "{tree}")),
    ("ai-bom", ("ai_bom", "scan", "{tree}", "--format", "json", "--quiet")),
)
LIMIT = 600


def seconds(command: list[str], **options: object) -> float:
    """Wall time of one run; its output is thrown away."""
    start = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, **options)  # type: ignore[call-overload]
    return time.monotonic() - start


def scan(root: Path, *arguments: str) -> tuple[float, float, dict[str, object]]:
    """Wall time, peak memory of all its processes together in MB, and the result of one scan of a root."""
    out = root / "scan.json"
    script = (
        "import sys, resource as r; from clearance.cli.main import main; main(sys.argv[1:]); "
        "print(r.getrusage(r.RUSAGE_SELF).ru_maxrss, r.getrusage(r.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", script, "scan", "--root", str(root), "-q", "--json", "-o", str(out), *arguments]
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    took = time.monotonic() - start
    mine, child = (int(word) / 1024 for word in done.stdout.split()[-2:])
    document = json.loads(out.read_bytes())
    out.unlink()
    # Workers share what was loaded before the fork, so this is an upper bound.
    return took, mine + child * (os.cpu_count() or 1), document


def found_of(document: dict[str, object], planted: dict[str, str], folder: str) -> list[str]:
    """The planted paths that the scan did not tell rightly."""
    sightings = document["sightings"]
    unknown = document["unknown"]
    assert isinstance(sightings, list)
    assert isinstance(unknown, list)
    tools = {s["path"]: s["tool"] for s in sightings} | {u["path"]: "" for u in unknown}
    return [path for path, tool in planted.items() if tools.get(f"{folder}/{path}") != tool]


def main() -> None:
    """Print the figures."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    root = cache() / f"bench-{files}"
    tree = root / "tree"
    make(tree, files)
    planted = plant(tree, count)
    try:
        find = ["find", str(tree), "-printf", "%m %s\\n"]
        seconds(find)
        base = min(seconds(find) for _ in range(3))
        scan(root, "--deep", "/tree")
        took, memory, document = min((scan(root, "--deep", "/tree") for _ in range(3)), key=lambda run: run[0])
        missed = found_of(document, planted, "/tree")
        print(f"find -printf             {base:6.2f} s")
        print(f"clearance scan --deep    {took:6.2f} s   {took / base:4.2f} x find")
        print(f"planted and found        {len(planted) - len(missed)} of {len(planted)}")
        print(f"peak memory, at most     {memory:.0f} MB in all processes")
        for path in missed[:10]:
            print(f"  missed {planted[path] or 'agent'}: {path}")
        for name, words in PEERS:
            _peer(name, [word.format(tree=tree) for word in words], took)
    finally:
        for path in planted:
            (tree / path).unlink(missing_ok=True)


def _peer(name: str, words: list[str], ours: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run([sys.executable, "-m", "venv", folder], check=False).returncode == 0
        pip = [f"{folder}/bin/pip", "install", "-q", "--disable-pip-version-check", name]
        if not made or subprocess.run(pip, check=False, stderr=subprocess.DEVNULL).returncode:
            print(f"{name:<24} could not be installed")
            return
        binary = shutil.which(name, path=f"{folder}/bin") or shutil.which(words[0], path=f"{folder}/bin")
        command = [binary, *words[1:]] if binary else [f"{folder}/bin/python", "-m", *words]
        try:
            took = seconds(command, timeout=LIMIT)
        except subprocess.TimeoutExpired:
            print(f"{name:<24} did not finish in {LIMIT} s   more than {LIMIT / ours:.0f} x ours")
            return
        print(f"{name:<24} {took:6.2f} s   {took / ours:4.1f} x ours")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    main()
