"""The scripts of single-file programs on Node."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.structure import elf, macho, node, pe
from clearance.observe.identity.structure.image import Image
from clearance.observe.reader import BytesReader
from tests.observe.identity import made


def image(data: bytes) -> Image:
    reader = BytesReader(data)
    found = elf.parse(reader, data[:4096]) or pe.parse(reader, data[:4096]) or macho.parse(reader, data[:4096])
    assert found is not None
    return found


@pytest.mark.parametrize("extra", [b"", b"\x01"])
def test_blob_in_a_note_a_section_or_a_resource(extra: bytes) -> None:
    blob = made.sea("acme-loader.js", b"start()" * 400, extra=extra)
    for data in (
        made.elf({".rodata": b"x"}, note=made.note(node.BLOB, blob)),
        made.macho({"NODE_SEA,__NODE_SEA_BLOB": blob}),
        made.pe({".rsrc": bytes(40) + blob}),
    ):
        found = node.blob(BytesReader(data), image(data))
        assert found is not None
        assert found.name == "acme-loader.js"
        assert data[found.source.offset : found.source.offset + 7] == b"start()"


def test_plain_node_has_none() -> None:
    data = made.elf({".rodata": b"NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:0" * 40})
    assert node.blob(BytesReader(data), image(data)) is None
    assert node.appended(BytesReader(data), image(data)) == ()


def test_pkg_and_nexe() -> None:
    pkg = made.elf({".rodata": b"x"}, overlay=b'(function(){"/snapshot/acme/start.js"})({})')
    (span,) = node.appended(BytesReader(pkg), image(pkg))
    assert span.name == "pkg"
    assert b"/snapshot/acme" in pkg[span.offset : span.offset + span.size]
    code, bundle = b"start();", b"resources"
    nexe = made.elf({".rodata": b"x"}, overlay=code + bundle + node.NEXE + struct.pack("<dd", len(code), len(bundle)))
    (span,) = node.appended(BytesReader(nexe), image(nexe))
    assert span.name == "nexe"
    assert nexe[span.offset : span.offset + span.size] == code


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_hostile_tails_never_fail(numbers: bytes, blob: bytes) -> None:
    for data in (
        made.elf({".rodata": b"x"}, overlay=node.NEXE + numbers),
        made.elf({".rodata": b"x"}, note=made.note(node.BLOB, node.MAGIC + blob + bytes(1100))),
    ):
        node.appended(BytesReader(data), image(data))
        node.blob(BytesReader(data), image(data))
