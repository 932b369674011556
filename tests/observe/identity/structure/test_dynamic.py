"""What programs say to the loader: real ones of this machine, and any bytes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.structure.dynamic import Dynamic, parse
from clearance.observe.reader import BytesReader


def of(path: str) -> Dynamic:
    data = Path(path).read_bytes()
    found = parse(BytesReader(data), data[:4096])
    assert found is not None
    return found


def loader() -> str:
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return next(line.split()[-1] for line in maps if "/ld-" in line or "/ld." in line)


def test_the_loader_names_itself_and_asks_for_none() -> None:
    found = of(loader())
    assert found.name.startswith(b"ld")
    assert not found.interpreted
    assert not found.needed
    assert found.offers(b"_rtld_global")
    assert not found.offers(b"_rtld_global_of_another")


def test_a_program_needs_and_asks() -> None:
    found = of(sys.executable)
    assert found.interpreted
    assert any(name.startswith(b"libc.so") for name in found.needed)
    (libc,) = found.asks(b"__libc_start_main", b"no such symbol", b"_libc_start_mai")
    assert libc == b"__libc_start_main"
    assert found.asks(b"Py_BytesMain") or found.offers(b"Py_BytesMain")
    assert not found.asks(b"Py_BytesMai")


def test_what_is_no_program() -> None:
    assert parse(BytesReader(b""), b"") is None
    assert parse(BytesReader(b"#!/bin/sh\n" * 20), b"#!/bin/sh\n" * 20) is None


@pytest.mark.parametrize("cut", [64, 200, 1000, 4000, 9000])
def test_a_cut_program_gives_less_and_does_not_fail(cut: int) -> None:
    data = Path(sys.executable).read_bytes()[:cut]
    found = parse(BytesReader(data), data[:4096])
    if found is not None:
        found.offers(b"Py_BytesMain")
        found.asks(b"Py_BytesMain")


@given(
    st.binary(min_size=64, max_size=300), st.lists(st.tuples(st.integers(0, 4095), st.integers(0, 255)), max_size=40)
)
def test_hostile_tables_give_no_names(tail: bytes, patches: list[tuple[int, int]]) -> None:
    with open(loader(), "rb") as file:
        data = bytearray(file.read(65_536))
    for place, value in patches:
        data[place] = value
    for content in (bytes(data), b"\x7fELF\x02\x01" + tail):
        found = parse(BytesReader(content), content[:4096])
        if found is not None:
            assert not found.offers(b"no such symbol")
            found.asks(b"no such symbol")
