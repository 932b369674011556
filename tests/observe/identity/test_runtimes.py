"""Runtimes are told by what they are built of: real ones under other names, programs that only hold one, any bytes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.runtimes import runtime
from clearance.observe.reader import BytesReader
from tests.observe.identity import made


def of(path: str) -> str | None:
    return runtime(BytesReader(Path(path).resolve().read_bytes()))


def test_this_python_and_this_loader() -> None:
    assert of(sys.executable) == "python"
    with open("/proc/self/maps", encoding="utf-8") as maps:
        assert of(next(line.split()[-1] for line in maps if "/ld-" in line or "/ld." in line)) == "loader"


@pytest.mark.parametrize(("name", "expected"), [("node", "node"), ("bash", "shell"), ("dash", "shell"), ("ls", None)])
def test_programs_of_this_machine(name: str, expected: str | None) -> None:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} here")
    assert of(path) == expected


def test_a_program_packed_into_a_runtime_is_that_program() -> None:
    assert runtime(BytesReader(made.elf({".bun": made.bun({"/$bunfs/root/x": b"x" * 500})}))) == "packed-bun"
    note = made.note(b"NODE_SEA_BLOB", made.sea("x.js", b"x" * 2000))
    assert runtime(BytesReader(made.elf({".rodata": b"NODE_OPTIONS"}, note=note))) is None


def test_one_that_was_linked_for_good_is_told_by_the_settings_that_it_reads() -> None:
    texts = b"\0".join([b"x" * (5 << 20), b"PYTHONSTARTUP", b"pyvenv.cfg", b"PYTHONINSPECT"])
    assert runtime(BytesReader(made.elf({".rodata": texts}))) == "python"
    assert runtime(BytesReader(made.elf({".rodata": texts.replace(b"pyvenv", b"other.")}))) is None
    shell = b"\0".join([b"CDPATH", b"OPTIND", b"getopts", b"unalias", b"PS4", b"x" * 5000])
    assert runtime(BytesReader(made.elf({".rodata": shell}))) == "shell"


@pytest.mark.parametrize("data", [b"", b"#!/usr/bin/env node\n", b"PK\x03\x04", b"MZ", b"\x7fELF"])
def test_what_is_no_runtime(data: bytes) -> None:
    assert runtime(BytesReader(data * 100)) is None


@given(st.binary(max_size=400), st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=30))
def test_any_bytes_are_taken(data: bytes, patches: list[tuple[int, int]]) -> None:
    program = bytearray(made.elf({".rodata": b"NODE_OPTIONS", ".bun": made.bun({"/$bunfs/root/x": data})}))
    for place, value in patches:
        program[place % len(program)] = value
    runtime(BytesReader(bytes(program)))
    runtime(BytesReader(b"\x7fELF\x02\x01\x01" + data))
