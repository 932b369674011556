"""Fuzzes what reads a ledger: `python -m tests.fuzz.fuzz_ledger [SECONDS] [SEED]`.

Notes, checkpoints, proofs, starts, records and whole folders are mutated byte by byte and line by line. Whatever comes
out must be read, or refused with a ValueError; what verifies must be what was signed. Anything else that is raised, or
more than `SLOW` seconds for one input, ends the run with that input.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from clearance.errors import Error
from clearance.prove.formats.record.json import line, parse
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import merkle, parts, read
from clearance.prove.ledger.checkpoint import Proof
from clearance.prove.ledger.note import parse_key, public_of_pem, signers, verified_text
from clearance.prove.ledger.store import Ledger
from clearance.prove.ledger.verify import verify_folder
from tests.prove.ledger.making import SCRATCH, filled

SLOW: Final = 5.0
WORDS: Final = (
    b"\n", b"\n\n", b"\xe2\x80\x94 ", b"+", b"=", b" ", b"0", b"-1", b"99999999999999999999", b"\0", b"\xff",
    b"{", b"}", b"[" * 2000, b'"', b"\\ud800", b'"n":', b"null", b"1e999", b"index ", b"extra ", b"AAAA",
)  # fmt: skip


class Seeds:
    """A small ledger, and the documents that go with it."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
            folder, self.key, self.note = filled(Path(scratch), 12, segment_bytes=900)
            self.files = {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.name != "lock"}
            self.private = (Path(scratch) / "ledger.key").read_bytes()
            tree = checkpoints.opened(self.note, self.key)
            path = merkle.range_roots(merkle.inclusion_ranges(4, tree.size), read.leaf_hashes(folder))
            self.entry = read.entry(folder, 5) or b""
        self.given = tree
        self.proof = checkpoints.proof_text(Proof(4, tuple(path), self.note, self.entry)).encode()


def mutated(seed: bytes, draw: random.Random) -> bytes:
    """The document with some places changed."""
    data = bytearray(seed)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data) + 1)
        change = draw.randrange(5)
        if change == 0:
            data[at : at + draw.randint(0, 8)] = draw.choice(WORDS)
        elif change == 1:
            del data[at : at + draw.randint(1, 60)]
        elif change == 2:
            data[at : at + 1] = bytes([draw.randrange(256)])
        elif change == 3:
            held = bytes(data).splitlines(keepends=True) or [b""]
            draw.shuffle(held)
            data = bytearray(b"".join(held))
        else:
            data[at:at] = data[draw.randrange(len(data) + 1) :][: draw.randint(1, 200)]
    return bytes(data)


def try_note(seeds: Seeds, draw: random.Random) -> bytes:
    """A note that verifies has the text that was signed."""
    data = mutated(seeds.note.encode(), draw)
    signed = seeds.note.rpartition("\n\n")[0] + "\n"
    for read_it in (lambda: verified_text(data, seeds.key), lambda: signers(data), lambda: parse_key(data.decode())):
        try:
            found = read_it()
        except ValueError:
            continue
        assert not isinstance(found, str) or found == signed
    with suppress(ValueError):
        assert checkpoints.opened(data, seeds.key) == seeds.given
    return data


def try_proof(seeds: Seeds, draw: random.Random) -> bytes:
    """A proof that holds proves the record that it was made for."""
    data = mutated(seeds.proof, draw)
    try:
        proof = checkpoints.parse_proof(data)
        assert checkpoints.proven(proof, proof.extra or b"", seeds.key) == seeds.given
    except ValueError:
        return data
    assert (proof.index, proof.extra) == (4, seeds.entry)
    return data


def try_record(seeds: Seeds, draw: random.Random) -> bytes:
    """A line that is read can be written again; keys and starts are read or refused."""
    data = mutated(seeds.entry, draw)
    with suppress(ValueError):
        line(parse(data))
    for reader, seed in ((public_of_pem, seeds.private), (parts.parse_start, b"{}"), (parts.parse_meta, b"{}")):
        with suppress(ValueError):
            reader(mutated(seed, draw))
    return data


def try_folder(seeds: Seeds, draw: random.Random) -> bytes:
    """A folder that verifies holds the records that were signed; any other is opened, or refused."""
    name = draw.choice(list(seeds.files))
    data = mutated(seeds.files[name], draw)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        folder = Path(scratch) / "ledger"
        folder.mkdir()
        for each, held in seeds.files.items():
            (folder / each).write_bytes(data if each == name else held)
        (Path(scratch) / "key").write_bytes(seeds.private)
        verdict = verify_folder(str(folder), seeds.key, seeds.given)
        held_now = b"".join((folder / each).read_bytes() for each in sorted(seeds.files) if each.endswith(".jsonl"))
        if not verdict.damages:
            signed = b"".join(seeds.files[each] for each in sorted(seeds.files) if each.endswith(".jsonl"))
            assert held_now.startswith(signed)
        list(read.records_of(str(folder), newest_first=draw.random() < 0.5))
        try:
            with Ledger.open(str(folder), str(Path(scratch) / "key"), on_damage=draw.choice(("refuse", "set-aside"))):
                pass
        except Error as error:
            assert "damaged" in str(error), error
    return data


def main() -> int:
    """0 when the time is over and nothing broke."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    draw = random.Random(seed)
    seeds = Seeds()
    targets: tuple[Callable[[Seeds, random.Random], bytes], ...] = (try_note, try_proof, try_record, try_folder)
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        target = draw.choice(targets)
        start = time.monotonic()
        try:
            data = target(seeds, draw)
        except BaseException:
            print(f"{target.__name__} broke at input {count} of seed {seed}", file=sys.stderr)
            raise
        if time.monotonic() - start > SLOW:
            print(f"{target.__name__} took {time.monotonic() - start:.1f} s for {data!r}", file=sys.stderr)
            return 1
        count += 1
    print(f"{count} inputs, nothing broke")
    return 0


if __name__ == "__main__":
    sys.exit(main())
