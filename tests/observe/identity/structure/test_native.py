"""What the compilers of Go and Rust write into a program."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.structure import elf, native, pe
from clearance.observe.identity.structure.image import Image
from clearance.observe.identity.structure.native import Named
from clearance.observe.reader import BytesReader
from tests.observe.identity import made

GO_HEAD = native.GO_MAGIC + b"\x08\x02" + bytes(16)


def image(data: bytes) -> Image:
    found = elf.parse(BytesReader(data), data[:4096]) or pe.parse(BytesReader(data), data[:4096])
    assert found is not None
    return found


def go(content: bytes, section: str = ".go.buildinfo") -> Named | None:
    data = made.elf({section: content})
    return native.go(BytesReader(data), image(data))


def crate(content: bytes) -> Named | None:
    data = made.elf({".dep-v0": content})
    return native.crate(BytesReader(data), image(data))


def test_the_module_of_a_go_program_and_its_version() -> None:
    named = go(made.go_buildinfo("acme.example/coder", "v1.4.0", "dep\tx\tv1\th1:=\n"))
    assert named is not None
    assert (named.name, named.version) == ("acme.example/coder", "1.4.0")
    assert b"dep\tx" in named.text


def test_a_go_program_for_windows() -> None:
    data = made.pe({".rdata": b"x", ".data": made.go_buildinfo("acme.example/coder", "v2.0.0")})
    named = native.go(BytesReader(data), image(data))
    assert named is not None
    assert (named.name, named.version) == ("acme.example/coder", "2.0.0")


def test_a_go_program_built_from_a_checkout_has_no_version() -> None:
    named = go(made.go_buildinfo("acme.example/coder", "(devel)"))
    assert named is not None
    assert (named.name, named.version) == ("acme.example/coder", "")


def test_a_go_program_without_a_module_is_named_by_its_path() -> None:
    text = b"path\tcommand-line-arguments\nbuild\t-compiler=gc\n"
    named = go(GO_HEAD + bytes([6]) + b"go1.25" + bytes([len(text)]) + text)
    assert named == Named("command-line-arguments", "", text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff Go buildinf:",
        native.GO_MAGIC + b"\x08\x00" + bytes(16) + b"pointers, as old versions have them",
        GO_HEAD,
        GO_HEAD + b"\xff" * 20,
        GO_HEAD + b"\x06go1.25\x04text",
    ],
)
def test_what_go_did_not_write_names_nothing(content: bytes) -> None:
    assert go(content + b"\0") is None


def test_a_program_without_the_section_names_nothing() -> None:
    assert go(made.go_buildinfo("acme.example/coder", "v1"), ".rodata") is None
    data = made.elf({".rodata": made.crates("acme-cli", "0.9.1")})
    assert native.crate(BytesReader(data), image(data)) is None


def test_the_root_crate() -> None:
    assert crate(made.crates("acme-cli", "0.9.1")) == Named("acme-cli", "0.9.1", b"")


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"packages": 3},
        {"packages": []},
        {"packages": [{"name": "a", "version": "1"}]},
        {"packages": ["a"]},
        {"packages": [{"root": True}]},
    ],
)
def test_a_list_without_a_root_names_nothing(document: object) -> None:
    assert crate(zlib.compress(json.dumps(document).encode())) is None


def test_a_bomb_of_crates_is_not_unpacked() -> None:
    assert crate(zlib.compress(bytes(50_000_000))) is None


@pytest.mark.parametrize("start", [b"", GO_HEAD])
@given(content=st.binary(max_size=300))
def test_hostile_build_information_never_fails(start: bytes, content: bytes) -> None:
    named = go(start + content + b"\0")
    assert named is None or named.name
    crate(start + content + b"\0")
