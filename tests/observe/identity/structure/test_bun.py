"""Bun's module table, wherever it lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.structure import bun, elf, macho, pe
from clearance.observe.identity.structure.image import Image
from clearance.observe.reader import BytesReader
from tests.observe.identity import made

MODULES = {
    "/$bunfs/root/acme": b"// @bun\nstart()",
    "/$bunfs/root/chunk-1.js": b"one",
    "/$bunfs/root/chunk-2.js": b"two",
}


def image(data: bytes) -> Image:
    reader = BytesReader(data)
    found = elf.parse(reader, data[:4096]) or pe.parse(reader, data[:4096]) or macho.parse(reader, data[:4096])
    assert found is not None
    return found


def find(data: bytes) -> bun.Bundle | None:
    return bun.find(BytesReader(data), image(data))


@pytest.mark.parametrize("row", bun.ROW_SIZES)
@pytest.mark.parametrize("together", [True, False])
def test_section_of_an_elf_file(row: int, together: bool) -> None:
    data = made.elf({".bun": made.bun(MODULES, arguments="--user-agent=acme/1.2", row=row, together=together)})
    found = find(data)
    assert found is not None
    assert found.entry_name == "/$bunfs/root/acme"
    assert found.arguments == "--user-agent=acme/1.2"
    assert data[found.entry.offset : found.entry.offset + found.entry.size] == b"// @bun\nstart()"
    contents = [data[one.offset : one.offset + one.size] for one in bun.modules(BytesReader(data), found)]
    assert contents == list(MODULES.values())


@pytest.mark.parametrize(
    "data",
    [
        made.pe({".rdata": b"x", ".bun": made.bun(MODULES)}),
        made.macho({"__BUN,__bun": made.bun(MODULES) + bytes(64)}),
        made.elf({".bun": made.bun(MODULES)}, stripped=True),
        made.elf({".rodata": b"x" * 100}, overlay=made.bun(MODULES)[8:] + (12345).to_bytes(8, "little")),
    ],
    ids=["pe", "macho", "stripped", "appended"],
)
def test_other_places(data: bytes) -> None:
    found = find(data)
    assert found is not None
    assert found.entry_name == "/$bunfs/root/acme"


def test_look_up_by_name() -> None:
    data = made.elf({".bun": made.bun(MODULES)})
    found = find(data)
    assert found is not None
    (module,) = bun.lookup(BytesReader(data), found, [b"/$bunfs/root/chunk-2.js", b"/$bunfs/root/none.js"])
    assert data[module.offset : module.offset + module.size] == b"two"


def test_the_runtime_itself_has_none() -> None:
    assert find(made.elf({".rodata": b"---- Bun! ----", ".bun": bytes(64)})) is None


@given(st.data())
def test_damaged_payloads_never_fail(draw: st.DataObject) -> None:
    payload = bytearray(made.bun(MODULES, arguments="--x"))
    for _ in range(draw.draw(st.integers(1, 8))):
        payload[draw.draw(st.integers(0, len(payload) - 1))] = draw.draw(st.integers(0, 255))
    data = made.elf({".bun": bytes(payload)})
    reader = BytesReader(data)
    found = bun.find(reader, image(data))
    if found is not None:
        bun.lookup(reader, found, [b"/$bunfs/root/chunk-1.js"])
        for module in bun.modules(reader, found):
            assert module.offset + module.size <= len(data)
