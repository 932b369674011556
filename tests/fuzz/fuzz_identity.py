"""Fuzzes identity's parsers: `python -m tests.fuzz.fuzz_identity [SECONDS] [SEED]`.

Small programs of every form are mutated, and the first bytes, quick and deep identity asked about them. Whatever
raises, reads more than its budget, or takes more than `SLOW` seconds for one input ends the run with that input.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import sys
import time
from typing import Final

from clearance.observe.identity import deep, manifests, quick
from clearance.observe.identity.candidate import classify
from clearance.observe.reader import BudgetReader, BytesReader
from tests.observe.identity import made
from tests.observe.identity.made import RULES, SOURCE

SLOW: Final = 5.0
MODULES: Final = {"/$bunfs/root/acme": SOURCE, "/$bunfs/root/chunk-1.js": b"one"}
SEEDS: Final = (
    made.elf({".rodata": b"x" * 50, ".bun": made.bun(MODULES, arguments="--user-agent=acme/1")}),
    made.elf({".bun": made.bun(MODULES, together=False)}, stripped=True),
    made.pe({".rdata": b"x" * 50, ".bun": made.bun(MODULES)}),
    made.pe({".rsrc": made.sea("acme-loader.js", SOURCE)}),
    made.universal(made.macho({"__BUN,__bun": made.bun(MODULES)})),
    made.elf({".rodata": b"x"}, note=made.note(b"NODE_SEA_BLOB", made.sea("acme-loader.js", SOURCE * 20))),
    made.elf({".go.buildinfo": made.go_buildinfo("acme.example/coder", "v1")}),
    made.elf({".dep-v0": made.crates("acme-cli", "1")}),
    made.elf({".rodata": b"x"}, overlay=made.pyinstaller({"acme_start": SOURCE}, library=b"acme.core.x")),
    made.elf({".rodata": b"x"}, overlay=b"d3n0l4nd" + SOURCE),
    made.asar({"package.json": b'{"name":"acme","version":"1"}'}),
    made.archive({"package.json": b'{"name":"@acme/coder"}', "bin/acme": SOURCE * 5}, before=b"#!/usr/bin/python3\n"),
    gzip.compress(SOURCE * 90),
    bz2.compress(SOURCE * 90),
    lzma.compress(SOURCE * 90),
    SOURCE,
    SOURCE.decode().encode("utf-16-le"),
)  # fmt: skip
NUMBERS: Final = (0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


def mutate(draw: random.Random, seed: bytes) -> bytes:
    """A damaged program: bytes and numbers changed, cut, doubled, or put together from two."""
    data = bytearray(seed)
    for _ in range(draw.randint(1, 16)):
        at = draw.randrange(max(1, min(len(data), draw.choice((64, 512, 1 << 20)))))
        what = draw.randrange(6)
        if what == 0:
            data[at : at + 1] = bytes([draw.randrange(256)])
        elif what in (1, 2):
            size = draw.choice((2, 4, 8))
            number = draw.choice(NUMBERS) & ((1 << 8 * size) - 1)
            data[at : at + size] = number.to_bytes(size, draw.choice(("little", "big")))
        elif what == 3:
            del data[at : at + draw.randint(1, 64)]
        elif what == 4:
            data[at:at] = data[max(0, at - 64) : at]
        else:
            other = draw.choice(SEEDS)
            data[at:] = other[draw.randrange(len(other)) :]
    return bytes(data)


def check(data: bytes) -> None:
    """Everything that is asked of a file."""
    classify(data[:4096], len(data))
    counted = BudgetReader(BytesReader(data), quick.MOST_BYTES)
    quick.identify(counted, RULES)
    deep.identify(BytesReader(data), RULES)
    manifests.npm(data)
    manifests.python(data, data)


def main() -> int:
    """0 when the time is over and nothing broke."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    draw = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        data = mutate(draw, draw.choice(SEEDS))
        start = time.monotonic()
        try:
            check(data)
        except Exception:
            print(f"broke on {data.hex()}")
            raise
        if time.monotonic() - start > SLOW:
            print(f"{time.monotonic() - start:.1f} s for {data.hex()}")
            return 1
        count += 1
    print(f"{count} inputs, nothing broke")
    return 0


if __name__ == "__main__":
    sys.exit(main())
