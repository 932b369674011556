from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from clearance.observe.identity.structure import macho
from clearance.observe.identity.structure.image import Image, Span
from clearance.observe.reader import BytesReader
from tests.observe.identity import made

PROGRAM = made.macho({"__BUN,__bun": b"payload", "__TEXT,__const": b"constants"})


def parse(data: bytes) -> Image | None:
    return macho.parse(BytesReader(data), data[:4096])


@pytest.mark.parametrize("wrap", [bytes, made.universal])
def test_sections_are_named_after_their_segment(wrap: Callable[[bytes], bytes]) -> None:
    data = wrap(PROGRAM)
    image = parse(data)
    assert image is not None
    assert image.kind == "macho"
    assert image.runs
    assert [(one.name, data[one.offset : one.offset + one.size]) for one in image.sections] == [
        ("__BUN,__bun", b"payload"), ("__TEXT,__const", b"constants"),
    ]  # fmt: skip
    assert [one.name for one in image.segments] == ["__BUN", "__TEXT"]
    assert image.end == len(data)
    assert image.base == len(data) - len(PROGRAM)


def test_a_library_does_not_run() -> None:
    image = parse(made.macho({"__TEXT,__const": b"x"}, kind=6))
    assert image is not None
    assert not image.runs


def test_32_bits() -> None:
    command = struct.pack("<II16sIIIIIIII", 1, 124, b"__TEXT", 0, 4, 152, 4, 7, 5, 1, 0)
    command += struct.pack("<16s16sIIIIIIIII", b"__const", b"__TEXT", 0, 4, 152, 0, 0, 0, 0, 0, 0)
    data = b"\xce\xfa\xed\xfe" + struct.pack("<IIIIII", 7, 3, 2, 1, len(command), 0) + command + b"data"
    image = parse(data)
    assert image is not None
    assert image.segments == (Span("__TEXT", 152, 4),)
    assert image.sections == (Span("__TEXT,__const", 152, 4),)


def universal(*rows: tuple[int, int, int], magic: bytes = b"\xca\xfe\xba\xbe", count: int | None = None) -> bytes:
    """The head of a universal binary: rows of (processor, offset, length); the program lies at 4096."""
    form = ">IIQQII" if magic[3] == 0xBF else ">IIIII"
    spare = (12, 0) if magic[3] == 0xBF else (12,)
    table = b"".join(struct.pack(form, processor, 0, offset, length, *spare) for processor, offset, length in rows)
    head = magic + struct.pack(">I", len(rows) if count is None else count) + table
    return head.ljust(4096, b"\0") + PROGRAM


@pytest.mark.parametrize("magic", [b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"])
def test_of_a_universal_binary_the_first_slice_of_64_bits_counts(magic: bytes) -> None:
    data = universal((7, 200, 100), (0x01000007, 4096, len(PROGRAM)), (0x0100000C, 9999, 5), magic=magic)
    image = parse(data)
    assert image is not None
    assert image.base == 4096
    assert image.section("__BUN,__bun") is not None


@pytest.mark.parametrize(
    "data",
    [
        universal((7, 4096, len(PROGRAM))),
        universal((0x01000007, 0, 100)),
        universal((0x01000007, 1 << 31, 100)),
        universal((0x01000007, 4096, 0)),
        universal((0x01000007, 8, 100)),
        universal(),
        universal((0x01000007, 4096, 100), count=macho.MOST_SLICES + 1),
        b"\xca\xfe\xba\xbe\x00\x00\x00\x41" + bytes(400),
    ],
    ids=["32 bits", "at 0", "beyond", "empty", "itself", "no slice", "too many", "a Java class"],
)
def test_without_a_slice_that_can_be_read_there_is_no_program(data: bytes) -> None:
    assert parse(data) is None


def test_commands_that_do_not_add_up_end_the_list() -> None:
    data = bytearray(PROGRAM)
    struct.pack_into("<I", data, 32 + 152 + 4, 7)  # the second command is shorter than its own head
    image = parse(bytes(data))
    assert image is not None
    assert [one.name for one in image.sections] == ["__BUN,__bun"]
    struct.pack_into("<I", data, 32 + 4, 0)
    assert parse(bytes(data)) is None


def test_a_short_file_is_none() -> None:
    assert parse(b"\xcf\xfa\xed\xfe") is None
    assert parse(b"\xcf\xfa\xed\xfe" + bytes(60)) is None
    assert parse(b"") is None
