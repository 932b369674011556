from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import keys, parts
from clearance.prove.ledger.checkpoint import Checkpoint
from clearance.prove.ledger.note import VerifierKey, verifier_key
from clearance.prove.ledger.verify import MOST_TOLD, Verdict, verify_file, verify_folder
from tests.prove.ledger.making import BEGIN, SCRATCH, Clock, draft, filled, opened

COUNT = 24


@lru_cache(maxsize=1)
def example() -> tuple[dict[str, bytes], VerifierKey, Checkpoint, bytes]:
    """A ledger of several files, the oldest dropped on record; its key, a checkpoint over it, its private key."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        clock = Clock()
        with opened(Path(scratch), clock, segment_bytes=800) as ledger:
            for n in range(COUNT):
                clock.forward(days=1)
                ledger.append([draft(n, clock.now)])
            while ledger.retain(BEGIN.replace(month=12, day=1)):
                pass
            ledger.append([draft("last")])
            given_ = checkpoints.opened(ledger.checkpoint(), ledger.key)
            key = ledger.key
        folder = Path(scratch) / "ledger"
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lock"}
        return files, key, given_, (Path(scratch) / "ledger.key").read_bytes()


class Copy:
    """The example, laid out to be tampered with."""

    def __init__(self, folder: str) -> None:
        files, self.key, self.given, self.private = example()
        self.folder = Path(folder)
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        self.records = [part.name for part in parts.parts_of(list(files)) if part.what == "records"]
        self.hashes = [part.name for part in parts.parts_of(list(files)) if part.what == "hashes"]

    def lines(self, name: str) -> list[bytes]:
        return (self.folder / name).read_bytes().splitlines(keepends=True)

    def verdict(self, *, against: bool = True) -> Verdict:
        return verify_folder(str(self.folder), self.key, self.given if against else None)

    def forge_nothing_signed(self) -> None:
        """Take away every signature, as somebody could who changes what is newer than the last one."""
        for path in self.folder.iterdir():
            if path.name == "checkpoint" or path.name.endswith(".start"):
                path.unlink()


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    return Copy(str(tmp_path))  # type: ignore[return-value]


def test_the_example_is_verified_and_says_up_to_where(copy: Copy) -> None:
    assert len(copy.records) >= 3
    assert len(copy.hashes) >= 2
    verdict = copy.verdict()
    assert (verdict.damage, verdict.unfinished, verdict.checkpoint) == ((), "", copy.given.size)
    assert verdict.root == copy.given.root
    assert verdict.dropped == int(copy.records[0].split(".")[0]) - 1
    assert copy.verdict(against=False).checkpoint is None


@given(st.data())
def test_any_changed_byte_is_found(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        copy = Copy(scratch)
        name = data.draw(st.sampled_from([*copy.records, *copy.hashes]))
        held = bytearray((copy.folder / name).read_bytes())
        held[data.draw(st.integers(0, len(held) - 1))] ^= data.draw(st.integers(1, 255))
        (copy.folder / name).write_bytes(held)
        assert copy.verdict().damages
        assert copy.verdict(against=False).damages  # the stored checkpoint covers all of it, too
        copy.forge_nothing_signed()
        assert copy.verdict().damages


@given(
    st.sampled_from(["drop", "swap", "double", "move", "insert", "cut", "cut bytes"]), st.randoms(use_true_random=False)
)
def test_whatever_is_done_to_records_is_found(what: str, draw: random.Random) -> None:
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        copy = Copy(scratch)
        name = draw.choice([name for name in copy.records if len(copy.lines(name)) > 1])
        held = copy.lines(name)
        place = draw.randrange(len(held))
        if what == "drop":
            del held[place : place + draw.randint(1, 3)]
        elif what == "swap":
            other = draw.choice([n for n in range(len(held)) if n != place])
            held[place], held[other] = held[other], held[place]
        elif what == "double":
            held.insert(draw.randrange(len(held) + 1), held[place])
        elif what == "move":
            from_ = copy.lines(draw.choice([n for n in copy.records if n != name]))
            held[place] = draw.choice(from_)
        elif what == "insert":
            held.insert(place, held[place].replace(b'"word"', b'"w0rd"'))
        elif what == "cut":
            held = held[:place]
        else:
            held[place:] = [held[place][: draw.randrange(len(held[place]))]]
        (copy.folder / name).write_bytes(b"".join(held))
        assert copy.verdict().damages
        if draw.random() < 0.5:
            copy.forge_nothing_signed()
            assert copy.verdict().damages


def test_any_file_that_is_missing_doubled_or_exchanged_is_found(tmp_path: Path) -> None:
    files, *_ = example()
    names = [part.name for part in parts.parts_of(list(files))]
    for name in names:
        for unsigned in (False, True):
            shutil.rmtree(tmp_path)
            tmp_path.mkdir()
            copy = Copy(str(tmp_path))
            (tmp_path / name).unlink()
            if unsigned:
                copy.forge_nothing_signed()
            assert copy.verdict().damages, name
    for one, other in pairwise(names):
        copy = Copy(str(tmp_path))
        (tmp_path / one).write_bytes(files[other])
        (tmp_path / other).write_bytes(files[one])
        assert copy.verdict().damages
        copy = Copy(str(tmp_path))
        (tmp_path / other).write_bytes(files[other] + files[one])
        assert copy.verdict().damages


def test_a_cut_end_is_found_by_the_given_checkpoint_only(copy: Copy) -> None:
    newest = copy.records[-1]
    held = copy.lines(newest)
    (copy.folder / newest).write_bytes(b"".join(held[:-1]))
    (copy.folder / "checkpoint").unlink()
    verdict = copy.verdict(against=False)
    assert (verdict.damages, verdict.size) == (0, copy.given.size - 1)
    (found,) = copy.verdict().damage
    assert found.what == f"record {copy.given.size} is missing, which this checkpoint counts"


def test_a_rewritten_ledger_is_found_even_when_it_is_signed_anew(copy: Copy, tmp_path: Path) -> None:
    """Whoever has the private key can sign anything, but not what a checkpoint kept elsewhere says."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        (Path(scratch) / "ledger.key").write_bytes(copy.private)
        filled(Path(scratch), copy.given.size + 5)
        verdict = verify_folder(f"{scratch}/ledger", copy.key)
        assert verdict.damages == 0
        assert verify_folder(f"{scratch}/ledger", copy.key, copy.given).damages == 1


def test_damage_is_told_where_it_is_and_hides_nothing_behind_it(copy: Copy) -> None:
    first, later = copy.records[0], copy.records[-1]
    held = copy.lines(first)
    (copy.folder / first).write_bytes(b"".join([held[0].replace(b"word", b"w0rd"), *held[1:]]))
    n = int(first.split(".")[0])
    (found,) = copy.verdict().damage
    assert found.file == copy.records[1]
    assert found.what == f"records {n} to {n + len(held) - 1} are not what was signed: changed, or exchanged"
    assert copy.verdict().checkpoint == copy.given.size  # what came after the signed start is still proven
    held = copy.lines(later)
    (copy.folder / later).write_bytes(b"".join(held[1:]))
    assert len(copy.verdict().damage) == 2


def test_signatures_of_others_count_for_nothing(copy: Copy) -> None:
    other = Ed25519PrivateKey.generate()
    forged = verifier_key(other, copy.key.name)
    (copy.folder / "checkpoint").write_text(checkpoints.signed(copy.given, other))
    assert copy.verdict().damages == 1
    assert verify_folder(str(copy.folder), forged, None).damages >= 1


def test_a_start_that_lies_is_found(copy: Copy) -> None:
    name = copy.records[-1].replace("jsonl", "start")
    data = (copy.folder / name).read_bytes()
    for wrong in (b"{}", b"", data.replace(b"frontier", b"frontiers"), data.replace(b'=",', b'A",', 1)):
        (copy.folder / name).write_bytes(wrong)
        assert copy.verdict().damages == 1


def test_two_signatures_of_one_size_that_differ_are_found(copy: Copy) -> None:
    (copy.folder / "own.key").write_bytes(copy.private)
    own = keys.load(str(copy.folder / "own.key"))
    lie = Checkpoint(copy.given.origin, copy.given.size, bytes(32))
    (copy.folder / "checkpoint").write_text(checkpoints.signed(lie, own))
    verdict = copy.verdict()
    assert verdict.damages == 1
    assert verdict.checkpoint == copy.given.size


def test_a_torn_end_is_unfinished_no_damage(copy: Copy) -> None:
    with (copy.folder / copy.records[-1]).open("ab") as file:
        file.write(b'{"at":"2026')
    verdict = copy.verdict()
    assert (verdict.damages, verdict.size) == (0, copy.given.size)
    assert "ends within a line (11 bytes)" in verdict.unfinished
    # Another process is just about to write the rest of it.
    code = (
        "import sys; from clearance.prove.ledger.disk import Disk\n"
        "disk = Disk(sys.argv[1]); disk.lock('lock'); print(); input()"
    )
    command = [sys.executable, "-c", code, str(copy.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        writer.stdout.readline()
        assert copy.verdict().unfinished == ""
        writer.communicate(b"\n")
    assert copy.verdict().unfinished


def test_a_single_file(copy: Copy, tmp_path: Path) -> None:
    newest = str(copy.folder / copy.records[-1])
    verdict = verify_file(newest, copy.key, copy.given)
    assert (verdict.damages, verdict.unfinished, verdict.checkpoint) == (0, "", copy.given.size)
    assert verdict.first == int(copy.records[-1].split(".")[0])
    alone = tmp_path / "elsewhere"
    alone.mkdir()
    shutil.copy(newest, alone / "export.jsonl")
    verdict = verify_file(str(alone / "export.jsonl"), copy.key, copy.given)
    assert "nothing signed says what came before" in verdict.unfinished
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        folder, key, note = filled(Path(scratch), 9)
        export = Path(folder) / parts.records_name(1)
        given_ = checkpoints.opened(note, key)
        assert verify_file(str(export), key, given_).checkpoint == 9
        lines = export.read_bytes().splitlines(keepends=True)
        export.write_bytes(b"".join(lines[:-1]))
        assert verify_file(str(export), key, given_).damages == 1


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    _, key, _, _ = example()
    os.mkfifo(tmp_path / "000000000001.jsonl")
    with pytest.raises(OSError, match="no ordinary file"):
        verify_folder(str(tmp_path), key)
    for path in (str(tmp_path / "000000000001.jsonl"), "/dev/zero"):
        with pytest.raises(OSError, match="no ordinary file"):
            verify_file(path, key)


def test_a_file_that_is_dropped_while_it_is_verified_is_read_as_its_hashes(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = parts.names_in(str(copy.folder))
    first = parts.records_name(1)
    monkeypatch.setattr(parts, "names_in", lambda _: [first, *listed])
    monkeypatch.setattr(parts, "parts_of", lambda names: [
        part for part in map(parts.part_of, names) if part and (part.first > 1 or part.what == "records")
    ])  # fmt: skip
    verdict = copy.verdict()
    assert (verdict.damage, verdict.checkpoint) == ((), copy.given.size)


def test_nothing_and_nonsense(tmp_path: Path) -> None:
    _, key, given_, _ = example()
    assert verify_folder(str(tmp_path), key).size == 0
    assert verify_folder(str(tmp_path), key, given_).damages == 1
    (tmp_path / "000000000001.jsonl").write_bytes(b"\n" * (MOST_TOLD * 3))
    verdict = verify_folder(str(tmp_path), key)
    assert (verdict.damages, len(verdict.damage)) == (MOST_TOLD * 3, MOST_TOLD)
    with pytest.raises(OSError, match="No such"):
        verify_folder(str(tmp_path / "missing"), key)


def test_memory_does_not_grow_with_what_is_read(tmp_path: Path) -> None:
    _, key, _, _ = example()
    path = tmp_path / "000000000001.jsonl"
    with path.open("wb") as file:
        file.truncate(40 << 20)
    tracemalloc.start()
    verdict = verify_folder(str(tmp_path), key)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert verdict.damages
    assert most < 12 << 20
    assert os.path.getsize(path) == 40 << 20


@given(st.binary(max_size=400))
def test_any_bytes_have_a_verdict(data: bytes) -> None:
    _, key, given_, _ = example()
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        for name in ("000000000001.jsonl", "000000000009.start", "000000000009.leaves", "checkpoint"):
            Path(scratch, name).write_bytes(data)
        assert verify_folder(scratch, key, given_).damages
        assert verify_file(f"{scratch}/000000000001.jsonl", key, given_).damages
