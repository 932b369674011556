"""Ranges of a file, and that ELF, PE and Mach-O tables never give one that does not lie in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.structure import elf, macho, pe
from clearance.observe.identity.structure.image import Image, Span, clip
from clearance.observe.reader import BytesReader
from tests.observe.identity import made
from tests.observe.identity.structure.damage import damaged

PARSERS = (elf.parse, pe.parse, macho.parse)
GOOD = (
    made.elf({".rodata": b"c" * 64, ".bun": b"p" * 64}, note=made.note(b"GNU", b"1234")),
    made.pe({".rdata": b"c" * 64, ".bun": b"p" * 64}),
    made.macho({"__BUN,__bun": b"p" * 64, "__TEXT,__const": b"c" * 64}),
    made.universal(made.macho({"__BUN,__bun": b"p" * 64})),
)
MAGICS = (b"", b"\x7fELF\x02\x01\x01", b"\x7fELF\x01\x02\x01", b"MZ", *macho.MAGICS)


def images(data: bytes) -> list[Image]:
    reader = BytesReader(data)
    return [image for parse in PARSERS if (image := parse(reader, data[:4096])) is not None]


@pytest.mark.parametrize(
    ("offset", "size", "expected"),
    [
        (5, 3, Span("a", 5, 3)),
        (5, 5, Span("a", 5, 5)),
        (5, 100, Span("a", 5, 5)),
        (0, 1, Span("a", 0, 1)),
        (10, 1, None),
        (-1, 5, None),
        (1, 0, None),
        (1, -1, None),
    ],
)
def test_ranges_are_clipped_to_the_file(offset: int, size: int, expected: Span | None) -> None:
    assert clip("a", offset, size, 10) == expected


def test_the_first_section_of_any_of_the_names() -> None:
    image = Image("elf", (Span("a", 0, 1), Span("b", 1, 1), Span("a", 2, 1)), (), (), 3)
    assert image.section("b", "a") == Span("a", 0, 1)
    assert image.section("c") is None


def test_a_file_is_of_one_format() -> None:
    assert [[image.kind for image in images(data)] for data in GOOD] == [["elf"], ["pe"], ["macho"], ["macho"]]


def assert_inside(image: Image, size: int) -> None:
    for span in (*image.sections, *image.segments, *image.notes):
        assert span.offset >= 0
        assert span.size > 0
        assert span.offset + span.size <= size
    assert 0 <= image.end <= size


@given(st.sampled_from(GOOD).flatmap(lambda good: damaged(good, within=700)))
def test_damaged_tables_never_fail_and_never_lead_out_of_the_file(data: bytes) -> None:
    for image in images(data):
        assert_inside(image, len(data))


@given(st.sampled_from(MAGICS), st.binary(max_size=4096))
def test_any_bytes_never_fail(magic: bytes, data: bytes) -> None:
    for image in images(magic + data):
        assert_inside(image, len(magic + data))
