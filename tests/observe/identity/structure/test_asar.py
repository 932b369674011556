from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given

from clearance.observe.identity.structure import asar
from clearance.observe.reader import BytesReader
from tests.observe.identity import made
from tests.observe.identity.structure.damage import damaged

ARCHIVE = made.asar({"main.js": b"start()", "package.json": b'{"name":"acme"}'})


def manifest(data: bytes, most: int = asar.HEADER_BYTES) -> bytes | None:
    span = asar.manifest(BytesReader(data), data[:4096], most)
    return None if span is None else data[span.offset : span.offset + span.size]


def headed(header: object) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<IIII", 4, len(text) + 8, len(text) + 4, len(text)) + text + b"content"


def test_the_application_s_own_manifest() -> None:
    assert asar.is_archive(ARCHIVE)
    assert manifest(ARCHIVE) == b'{"name":"acme"}'


def test_a_header_that_is_too_large_is_not_read() -> None:
    assert manifest(ARCHIVE, most=10) is None


def test_a_manifest_that_ends_behind_the_file_is_clipped() -> None:
    assert manifest(headed({"files": {"package.json": {"offset": "0", "size": 99}}})) == b"content"


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"files": []},
        {"files": {}},
        {"files": {"package.json": {}}},
        {"files": {"package.json": {"unpacked": True, "size": 3}}},
        {"files": {"package.json": {"offset": "x", "size": 3}}},
        {"files": {"package.json": {"offset": "0", "size": None}}},
        {"files": {"package.json": {"offset": "999", "size": 3}}},
        {"files": {"package.json": {"offset": "-999", "size": 3}}},
        {"files": {"package.json": ["offset"]}},
    ],
)
def test_a_header_without_a_manifest_that_lies_in_the_file_gives_none(header: object) -> None:
    assert manifest(headed(header)) is None


@pytest.mark.parametrize("data", [b"", b"\x04\0\0\0", bytes(40), ARCHIVE[:12] + b"\xff\xff\xff\xff" + ARCHIVE[16:]])
def test_what_is_no_archive(data: bytes) -> None:
    assert not asar.is_archive(data)
    assert manifest(data) is None


@given(damaged(ARCHIVE))
def test_damaged_archives_never_fail(data: bytes) -> None:
    span = asar.manifest(BytesReader(data), data)
    assert span is None or 0 <= span.offset < span.offset + span.size <= len(data)
