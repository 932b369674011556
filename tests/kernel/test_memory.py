from __future__ import annotations

import subprocess
import sys

from clearance.kernel import memory
from clearance.kernel.memory import unwritten

SMAPS = """\
7f0000000000-7f0000002000 r--p 00000000 08:01 11                         /usr/lib/libx.so
Rss:                   8 kB
Anonymous:             0 kB
7f0000002000-7f0000003000 r-xp 00002000 08:01 11                         /usr/lib/libx.so
Anonymous:             0 kB
7f0000003000-7f0000004000 r--p 00003000 08:01 11                         /usr/lib/libx.so
Anonymous:             4 kB
7f0000004000-7f0000005000 rw-p 00004000 08:01 11                         /usr/lib/libx.so
Anonymous:             0 kB
7f0000005000-7f0000006000 r--p 00000000 00:00 0
Anonymous:             0 kB
7f0000006000-7f0000007000 r--p 00000000 08:01 12                         /tmp/Anonymous: 0 kB
"""


def test_what_is_in_use_stays() -> None:
    kept = [bytes(100_000) for _ in range(50)]
    for _ in range(50):
        bytes(1_000_000)
    memory.trim()
    assert all(piece == bytes(100_000) for piece in kept)


def test_only_files_that_nobody_wrote_to() -> None:
    found = list(unwritten(iter(SMAPS.splitlines(keepends=True))))
    assert found == [(0x7F0000000000, 0x7F0000002000), (0x7F0000002000, 0x7F0000003000)]


def test_text_is_let_go_and_runs_on() -> None:
    script = """
import decimal, hashlib, json
from clearance.kernel.memory import forget_text

def of_files():
    held = {line.split(":")[0]: int(line.split()[1]) for line in list(open("/proc/self/smaps_rollup"))[1:]}
    return held["Rss"] - held["Anonymous"]

before = of_files()
forget_text()
print(of_files() < before, hashlib.sha256(b"x").hexdigest()[:8], decimal.Decimal(1) / 4, json.dumps([1]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "2d711642", "0.25", "[1]"]
