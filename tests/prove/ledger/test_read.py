from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import merkle, parts, read
from clearance.prove.ledger.checkpoint import Proof
from clearance.prove.ledger.store import Ledger
from tests.prove.ledger.making import BEGIN, Clock, draft, filled, opened


def test_records_in_both_directions_and_from_a_number_on(tmp_path: Path) -> None:
    folder, _, _ = filled(tmp_path, 20, segment_bytes=900)
    assert [r.n for r in read.records_of(folder)] == list(range(1, 21))
    assert [r.n for r in read.records_of(folder, newest_first=True)] == list(range(20, 0, -1))
    assert [r.n for r in read.records_of(folder, first=7)] == list(range(7, 21))
    assert [r.n for r in read.records_of(folder, first=21)] == []
    with open(os.path.join(folder, max(n for n in os.listdir(folder) if n.endswith("jsonl"))), "ab") as file:
        file.write(b"nonsense\nhalf a li")
    assert [r.n for r in read.records_of(folder)] == list(range(1, 21))


def test_every_record_can_be_proven_by_the_key_alone_dropped_ones_too(tmp_path: Path) -> None:
    clock = Clock()
    kept = {}
    with opened(tmp_path, clock, segment_bytes=900) as ledger:
        for n in range(14):
            clock.forward(days=1)
            ledger.append([draft(n, clock.now)])
        folder = str(tmp_path / "ledger")
        kept = {n: read.entry(folder, n) for n in range(1, 15)}
        dropped = ledger.retain(BEGIN.replace(month=12))
        note = ledger.checkpoint()
        tree = checkpoints.opened(note, ledger.key)
        for n, entry in kept.items():
            path = merkle.range_roots(merkle.inclusion_ranges(n - 1, tree.size), read.leaf_hashes(folder))
            assert entry is not None
            assert checkpoints.proven(Proof(n - 1, tuple(path), note), entry, ledger.key) == tree
            assert read.entry(folder, n) == (None if n <= dropped else entry)
        assert dropped
        assert read.entry(folder, 99) is None


def test_a_missing_part_is_no_tree(tmp_path: Path) -> None:
    folder, _, _ = filled(tmp_path, 20, segment_bytes=900)
    first, second, *_ = parts.parts_of(os.listdir(folder))
    os.unlink(os.path.join(folder, second.name))
    with pytest.raises(ValueError, match="does not follow"):
        list(read.leaf_hashes(folder))
    assert [r.n for r in read.records_of(folder)][: second.first - 1] == list(range(first.first, second.first))


def test_a_ledger_without_a_record_is_read_as_none(tmp_path: Path) -> None:
    with Ledger.open(str(tmp_path / "ledger"), str(tmp_path / "keys" / "ledger.key")):
        assert list(read.records_of(str(tmp_path / "ledger"))) == []
        assert list(read.records_of(str(tmp_path / "ledger"), newest_first=True)) == []
