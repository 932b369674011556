"""What it costs to record, and to verify: `python -m tests.bench.bench_ledger [RECORDS] [FOLDER]`.

Appending one record is compared with the least that any program could do, a write and a sync of the same bytes to a
file beside, turn by turn in the same run: alone, while another process syncs large writes on the same disk, and from
eight threads at once. Then a ledger of RECORDS (10 million) is made in FOLDER and verified against its checkpoint by
the command line in a process of its own. Nothing here asserts a time.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clearance.prove.formats.record.json import line, numbered
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import parts
from clearance.prove.ledger.checkpoint import Checkpoint
from clearance.prove.ledger.merkle import Frontier
from clearance.prove.ledger.note import verifier_key
from clearance.prove.ledger.store import SEGMENT_BYTES, Ledger
from tests.prove.formats.record.recorded import BLOCKED

RECORDS = 10_000_000
_VERIFY = """
import re, sys, time
from clearance.cli.main import main
code = main(["ledger", *sys.argv[1:]])
print(time.process_time())
print(re.search("VmHWM:[^0-9]*([0-9]+)", open("/proc/self/status").read())[1])
sys.exit(code)
"""
TURNS = 400
THREADS = 8
PER_THREAD = 100
LOAD_BYTES = 1 << 20


def microseconds(times: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    return statistics.median(times) * 1e6, statistics.quantiles(times, n=100)[98] * 1e6


def appending(folder: str) -> None:
    """Turn by turn: a bare write and sync, and an append."""
    data = line(numbered(BLOCKED, 1)) + b"\n"
    fd = os.open(f"{folder}/bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with Ledger.open(f"{folder}/ledger", f"{folder}/key") as ledger:
        for name, load in (("alone", False), ("under load", True)):
            child = _load(folder) if load else 0
            bare, mine = [], []
            for turn in range(2 * TURNS):
                start = time.perf_counter()
                if turn % 4 in (0, 3):  # so that each is as often the second of two
                    os.write(fd, data)
                    os.fdatasync(fd)
                    bare.append(time.perf_counter() - start)
                else:
                    ledger.append([BLOCKED])
                    mine.append(time.perf_counter() - start)
            if child:
                os.kill(child, 9)
                os.waitpid(child, 0)
            (least, least_99), (median, most) = microseconds(bare), microseconds(mine)
            print(
                f"append, {name:<11} p50 {median:8.0f} µs = {median / least:.2f} of a bare write and sync; "
                f"p99 {most:8.0f} µs = {most / least_99:.2f}"
            )
        _threads(ledger)
    os.close(fd)


def _load(folder: str) -> int:
    """A process that writes and syncs large blocks until it is killed."""
    child = os.fork()
    if child == 0:
        fd = os.open(f"{folder}/load", os.O_WRONLY | os.O_CREAT, 0o600)
        block = os.urandom(LOAD_BYTES)
        while True:
            os.pwrite(fd, block, 0)
            os.fdatasync(fd)
    return child


def _threads(ledger: Ledger) -> None:
    times: list[float] = []

    def work() -> None:
        for _ in range(PER_THREAD):
            start = time.perf_counter()
            ledger.append([BLOCKED])
            times.append(time.perf_counter() - start)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    median, most = microseconds(times)
    print(
        f"append, {THREADS} threads   p50 {median:8.0f} µs; p99 {most:8.0f} µs; "
        f"{THREADS * PER_THREAD / took:,.0f} records a second, each on disk when its append returned"
    )


def make(folder: str, count: int) -> tuple[str, str, int]:
    """A ledger of so many records, as the store writes it. Its key, a checkpoint over all of it, its bytes."""
    private = Ed25519PrivateKey.generate()
    key = verifier_key(private, "bench/clearance/1")
    before, _, after = line(numbered(BLOCKED, 1)).partition(b'"n":1,')
    frontier = Frontier()
    n = size = 0
    while n < count:
        first, held, written = n + 1, [], 0
        if n:
            note = checkpoints.signed(Checkpoint(key.name, n, frontier.root()), private)
            with open(os.path.join(folder, parts.start_name(first)), "wb") as file:
                file.write(parts.start_bytes(frontier, note))
        while n < count and written < SEGMENT_BYTES:
            n += 1
            entry = b'%b"n":%d,%b' % (before, n, after)
            frontier.add(sha256(b"\0" + entry).digest())
            held.append(entry)
            written += len(entry) + 1
        with open(os.path.join(folder, parts.records_name(first)), "wb") as file:
            file.write(b"\n".join(held) + b"\n")
        size += written
    return str(key), checkpoints.signed(Checkpoint(key.name, count, frontier.root()), private), size


def verifying(folder: str, count: int) -> None:
    """The command line on a large ledger: seconds and the most memory it took."""
    key, note, size = make(folder, count)
    with open(f"{folder}/../checkpoint-kept-elsewhere", "w", encoding="utf-8") as file:
        file.write(note)
    command = [sys.executable, "-c", _VERIFY, "verify", folder, "--key", key, "--checkpoint", file.name]
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    took = time.perf_counter() - start
    *said, processor, memory = done.stdout.splitlines()
    print("\n".join(said))
    print(
        f"verify, {count:,} records ({size / 1e9:.2f} GB): {took:.1f} s "
        f"({float(processor):.1f} s of processor, {took / count * 1e6:.2f} µs a record), "
        f"{int(memory) / 1024:.0f} MB at most"
    )


def main() -> None:
    """Print the lines."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    place = tempfile.mkdtemp(prefix="clearance-bench-", dir=sys.argv[2] if len(sys.argv) > 2 else None)
    try:
        appending(place)
        os.mkdir(f"{place}/large")
        verifying(f"{place}/large", count)
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
