from __future__ import annotations

import struct

import pytest

from clearance.observe.identity.structure import elf
from clearance.observe.identity.structure.image import Image, Span
from clearance.observe.reader import BytesReader
from tests.observe.identity import made


def parse(data: bytes) -> Image | None:
    return elf.parse(BytesReader(data), data[:4096])


def image(data: bytes) -> Image:
    found = parse(data)
    assert found is not None
    return found


def test_sections_segments_and_end() -> None:
    data = made.elf({".rodata": b"constants" * 10, ".bun": b"payload"}, overlay=b"behind")
    found = image(data)
    assert found.kind == "elf"
    assert [(one.name, data[one.offset : one.offset + one.size]) for one in found.sections] == [
        (".rodata", b"constants" * 10), (".bun", b"payload"),
    ]  # fmt: skip
    assert [data[one.offset : one.offset + one.size] for one in found.segments] == [b"constants" * 10, b"payload"]
    assert found.end == len(data) - len(b"behind")


def test_sections_that_nobody_asks_for_are_left_out() -> None:
    assert image(made.elf({".text": b"code", ".rodata": b"x"})).section(".text") is None


def test_without_sections_there_are_still_segments() -> None:
    found = image(made.elf({".rodata": b"constants" * 10}, stripped=True))
    assert found.sections == ()
    assert len(found.segments) == 1


def test_notes_are_found_once() -> None:
    data = made.elf({".rodata": b"x"}, note=made.note(b"GNU", b"1234"))
    (span,) = image(data).notes
    assert data[span.offset : span.offset + span.size].endswith(b"GNU\0" + b"1234")


@pytest.mark.parametrize(("kind", "runs"), [(2, True), (3, False)])
def test_a_program_or_a_library(kind: int, runs: bool) -> None:
    assert image(made.elf({".rodata": b"x"}, kind=kind)).runs is runs


@pytest.mark.parametrize("kind", [0, 1, 4, 0xFE00])
def test_object_and_core_files_are_no_programs(kind: int) -> None:
    assert parse(made.elf({".text": b"x"}, kind=kind)) is None


def shared_object(segment: int, content: bytes) -> bytes:
    """An ELF file of the kind that libraries and position-independent programs share, with one segment."""
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    at = 64 + 2 * 56
    rows = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, at, at, 1)
    rows += struct.pack("<IIQQQQQQ", segment, 4, at, 0, 0, len(content), len(content), 1)
    return head + rows + content


PIE = struct.pack("<QQQQ", 1, 7, elf.DT_FLAGS_1, elf.DF_1_PIE | 1)
NOW = struct.pack("<QQQQ", 1, 7, elf.DT_FLAGS_1, 1)


@pytest.mark.parametrize(
    ("segment", "content", "runs"),
    [
        (elf.PT_INTERP, b"/lib64/ld-linux-x86-64.so.2\0", True),
        (elf.PT_DYNAMIC, PIE, True),
        (elf.PT_DYNAMIC, PIE + b"half a row", True),
        (elf.PT_DYNAMIC, NOW, False),
        (elf.PT_NOTE, made.note(b"GNU", b"1"), False),
    ],
)
def test_a_shared_object_runs_if_it_names_an_interpreter_or_says_so(segment: int, content: bytes, runs: bool) -> None:
    assert image(shared_object(segment, content)).runs is runs


def test_32_bits_and_the_other_byte_order() -> None:
    head = b"\x7fELF\x01\x02\x01" + bytes(9)
    head += struct.pack(">HHIIIIIHHHHHH", 2, 20, 1, 0x100, 52, 0, 0, 52, 32, 1, 40, 0, 0)
    head += struct.pack(">IIIIIIII", 1, 84, 0, 0, 16, 16, 4, 1) + b"sixteen bytes ok"
    assert image(head).segments == (Span("", 84, 16),)


def test_tables_that_lie_far_from_the_beginning_are_read_there() -> None:
    data = made.elf({".rodata": b"c" * 10_000, ".bun": b"payload"})
    assert elf.parse(BytesReader(data), data[:64]) == image(data)
    assert image(data).section(".bun") is not None


@pytest.mark.parametrize("at", [4, 5])
def test_an_unknown_class_or_byte_order_is_no_elf(at: int) -> None:
    data = bytearray(made.elf({".rodata": b"x"}))
    data[at] = 3
    assert parse(bytes(data)) is None


def test_a_table_of_sections_that_does_not_add_up_is_left_out() -> None:
    data = bytearray(made.elf({".rodata": b"x"}))
    struct.pack_into("<H", data, 62, 200)  # the names lie in a section that is not there
    assert image(bytes(data)).sections == ()
    struct.pack_into("<H", data, 60, elf.MOST_ENTRIES + 1)
    assert image(bytes(data)).sections == ()
    struct.pack_into("<H", data, 60, 200)  # more rows than the file has
    assert image(bytes(data)).sections == ()


def test_a_short_file_is_none() -> None:
    assert parse(b"\x7fELF\x02\x01\x01") is None
    assert parse(b"") is None
