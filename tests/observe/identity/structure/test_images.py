"""ELF, PE and Mach-O tables: what they say, and what hostile ones do not break."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.structure import elf, macho, pe
from clearance.observe.identity.structure.image import Image, Span, clip
from clearance.observe.reader import BytesReader
from tests.observe.identity import made

PARSERS = (elf.parse, pe.parse, macho.parse)


def parse(data: bytes) -> Image | None:
    reader = BytesReader(data)
    for parser in PARSERS:
        if (image := parser(reader, data[:4096])) is not None:
            return image
    return None


def test_elf_sections_segments_and_end() -> None:
    data = made.elf({".rodata": b"constants" * 10, ".bun": b"payload"}, overlay=b"behind")
    image = parse(data)
    assert image is not None
    assert image.kind == "elf"
    found = image.section(".bun")
    assert found is not None
    assert data[found.offset : found.offset + found.size] == b"payload"
    assert image.section(".nothing", ".rodata") is not None
    assert image.end == len(data) - len(b"behind")
    assert [data[one.offset : one.offset + one.size] for one in image.segments] == [b"constants" * 10, b"payload"]


def test_elf_without_sections_still_has_segments() -> None:
    image = parse(made.elf({".rodata": b"constants" * 10}, stripped=True))
    assert image is not None
    assert image.sections == ()
    assert len(image.segments) == 1


def test_elf_notes() -> None:
    image = parse(made.elf({".rodata": b"x"}, note=made.note(b"GNU", b"1234")))
    assert image is not None
    assert len(image.notes) == 1


def test_elf_program_or_library() -> None:
    program, library = parse(made.elf({".rodata": b"x"})), parse(made.elf({".rodata": b"x"}, kind=3))
    assert program is not None
    assert library is not None
    assert program.runs
    assert not library.runs


def test_elf_object_files_are_no_programs() -> None:
    assert parse(made.elf({".text": b"x"}, kind=1)) is None


def test_elf_of_32_bits_and_big_endian() -> None:
    head = b"\x7fELF\x01\x02\x01" + bytes(9)
    head += struct.pack(">HHIIIIIHHHHHH", 2, 20, 1, 0x100, 52, 0, 0, 52, 32, 1, 40, 0, 0)
    head += struct.pack(">IIIIIIII", 1, 84, 0, 0, 16, 16, 4, 1) + b"sixteen bytes ok"
    image = parse(head)
    assert image is not None
    assert image.segments == (Span("", 84, 16),)


def test_pe_sections_and_libraries() -> None:
    data = made.pe({".rdata": b"constants", ".bun": b"payload"})
    image = parse(data)
    assert image is not None
    assert image.kind == "pe"
    assert image.runs
    found = image.section(".bun")
    assert found is not None
    assert data[found.offset : found.offset + found.size] == b"payload"
    library = parse(made.pe({".rdata": b"x"}, dll=True))
    assert library is not None
    assert not library.runs


@pytest.mark.parametrize("wrap", [lambda data: data, made.universal])
def test_macho_sections(wrap: object) -> None:
    data = wrap(made.macho({"__BUN,__bun": b"payload", "__TEXT,__const": b"constants"}))  # type: ignore[operator]
    image = parse(data)
    assert image is not None
    assert image.kind == "macho"
    found = image.section("__BUN,__bun")
    assert found is not None
    assert data[found.offset : found.offset + found.size] == b"payload"
    assert image.runs


def test_macho_library_and_java_class() -> None:
    image = parse(made.macho({"__TEXT,__const": b"x"}, kind=6))
    assert image is not None
    assert not image.runs
    assert parse(b"\xca\xfe\xba\xbe\x00\x00\x00\x41" + bytes(400)) is None


def test_ranges_are_clipped_to_the_file() -> None:
    assert clip("a", 5, 100, 10) == Span("a", 5, 5)
    assert clip("a", 10, 1, 10) is None
    assert clip("a", -1, 5, 10) is None
    assert clip("a", 1, 0, 10) is None


GOOD = (
    made.elf({".rodata": b"c" * 64, ".bun": b"p" * 64}, note=made.note(b"GNU", b"1234")),
    made.pe({".rdata": b"c" * 64, ".bun": b"p" * 64}),
    made.macho({"__BUN,__bun": b"p" * 64, "__TEXT,__const": b"c" * 64}),
    made.universal(made.macho({"__BUN,__bun": b"p" * 64})),
)


@given(st.sampled_from(GOOD), st.data())
def test_damaged_tables_never_fail(good: bytes, draw: st.DataObject) -> None:
    data = bytearray(good)
    for _ in range(draw.draw(st.integers(1, 12))):
        data[draw.draw(st.integers(0, min(len(data), 700) - 1))] = draw.draw(st.integers(0, 255))
    cut = bytes(data[: draw.draw(st.integers(0, len(data)))])
    for damaged in (bytes(data), cut):
        image = parse(damaged)
        for span in (*image.sections, *image.segments, *image.notes) if image else ():
            assert span.offset >= 0
            assert span.offset + span.size <= len(damaged)


@given(st.binary(max_size=4096))
def test_any_bytes_never_fail(data: bytes) -> None:
    for magic in (b"", b"\x7fELF\x02\x01\x01", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"):
        parse(magic + data)
