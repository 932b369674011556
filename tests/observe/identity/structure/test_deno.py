from __future__ import annotations

from hypothesis import given

from clearance.observe.identity.structure import deno, elf
from clearance.observe.identity.structure.image import Image
from clearance.observe.reader import BytesReader
from tests.observe.identity import made
from tests.observe.identity.structure.damage import damaged

RUNTIME = made.elf({".rodata": b"x"})
SECTION = made.elf({".d3n0l4nd": b"d3n0l4nd{}import x"})
OVERLAY = made.elf({".rodata": b"x"}, overlay=b"\0\0d3n0l4nd{}import x")
TRAILER = RUNTIME + b"import x" + deno.MAGIC + len(RUNTIME).to_bytes(8, "big")


def image(data: bytes) -> Image:
    return elf.parse(BytesReader(data), data[:4096]) or Image("elf", (), (), (), 0)


def found(data: bytes) -> bytes | None:
    span = deno.find(BytesReader(data), image(data))
    return None if span is None else data[span.offset : span.offset + span.size]


def test_in_a_section_of_its_own() -> None:
    assert found(SECTION) == b"d3n0l4nd{}import x"


def test_where_the_trailer_says() -> None:
    assert found(TRAILER) == TRAILER[len(RUNTIME) :]


def test_behind_the_magic_word_in_what_is_appended() -> None:
    assert found(OVERLAY) == b"d3n0l4nd{}import x"


def test_a_trailer_that_points_nowhere_does_not_count() -> None:
    assert found(RUNTIME + b"import x" + deno.MAGIC + (1 << 60).to_bytes(8, "big")) == deno.MAGIC + bytes.fromhex(
        "1000000000000000"
    )
    assert found(RUNTIME + bytes(deno.WINDOW) + deno.MAGIC + (1 << 60).to_bytes(8, "big")) is None


def test_the_runtime_alone_has_none() -> None:
    assert found(RUNTIME) is None
    assert found(RUNTIME + deno.MAGIC[:-1]) is None


@given(damaged(SECTION) | damaged(OVERLAY) | damaged(TRAILER))
def test_damaged_programs_never_fail(data: bytes) -> None:
    span = deno.find(BytesReader(data), image(data))
    assert span is None or 0 <= span.offset < span.offset + span.size <= len(data)
