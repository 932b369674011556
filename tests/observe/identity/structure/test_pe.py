from __future__ import annotations

import struct

import pytest

from clearance.observe.identity.structure import pe
from clearance.observe.identity.structure.image import Image
from clearance.observe.reader import BytesReader
from tests.observe.identity import made


def parse(data: bytes, head: int = 4096) -> Image | None:
    return pe.parse(BytesReader(data), data[:head])


def test_sections_and_end() -> None:
    data = made.pe({".rdata": b"constants", ".bun": b"payload"}) + b"overlay"
    image = parse(data)
    assert image is not None
    assert image.kind == "pe"
    assert image.runs
    assert [(one.name, data[one.offset : one.offset + one.size]) for one in image.sections] == [
        (".rdata", b"constants"), (".bun", b"payload"),
    ]  # fmt: skip
    assert image.segments == image.sections
    assert data[image.end :] == b"overlay"


def test_a_library_does_not_run() -> None:
    image = parse(made.pe({".rdata": b"x"}, dll=True))
    assert image is not None
    assert not image.runs


def test_a_section_that_ends_behind_the_file_is_clipped() -> None:
    whole = made.pe({".rdata": b"constants"})
    image = parse(whole[:-4])
    assert image is not None
    assert (image.sections[0].size, image.end) == (5, len(whole) - 4)


def test_many_sections_are_read_in_full_and_no_more_than_may_be() -> None:
    sections = {f".s{number}": b"x" for number in range(pe.MOST_SECTIONS + 4)}
    image = parse(made.pe(sections))
    assert image is not None
    assert [one.name for one in image.sections] == list(sections)[: pe.MOST_SECTIONS]
    assert parse(made.pe(sections), 64) == image


@pytest.mark.parametrize("start", [0, 1 << 20, 0xFFFFFFFF])
def test_a_header_that_lies_nowhere_is_none(start: int) -> None:
    data = bytearray(made.pe({".rdata": b"x"}))
    struct.pack_into("<I", data, 0x3C, start)
    assert parse(bytes(data)) is None


def test_a_program_for_dos_or_without_sections_is_none() -> None:
    assert parse(b"MZ" + bytes(58) + struct.pack("<I", 0x80) + bytes(64) + b"NE\0\0" + bytes(200)) is None
    assert parse(made.pe({})) is None
    assert parse(b"MZ") is None
