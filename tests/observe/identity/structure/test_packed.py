"""PyInstaller, Deno, Go, Cargo, asar: the tables that packers and compilers write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.structure import asar, deno, elf, native, pyinstaller
from clearance.observe.identity.structure.image import Image
from clearance.observe.reader import BytesReader
from tests.observe.identity import made


def image(data: bytes) -> Image:
    found = elf.parse(BytesReader(data), data[:4096])
    assert found is not None
    return found


def test_pyinstaller_members_and_library() -> None:
    data = made.elf(
        {".rodata": b"x"},
        overlay=made.pyinstaller({"pyiboot01": b"boot", "acme_start": b"main()"}, library=b"acme.core.x"),
    )
    members = pyinstaller.find(BytesReader(data))
    assert members is not None
    assert [(one.name, one.kind, one.packed) for one in members] == [
        ("pyiboot01", "s", True), ("acme_start", "s", True), ("PYZ-00.pyz", "z", False),
    ]  # fmt: skip
    assert pyinstaller.library_names(BytesReader(data), members[2]) == b"acme.core.x"
    assert pyinstaller.library_names(BytesReader(data), members[0]) == b""


def test_pyinstaller_is_not_there() -> None:
    assert pyinstaller.find(BytesReader(b"MEI" * 100)) is None


@given(st.data())
def test_damaged_pyinstaller_archives_never_fail(draw: st.DataObject) -> None:
    data = bytearray(made.pyinstaller({"one": b"1" * 20, "two": b"2" * 20}, library=b"names"))
    for _ in range(draw.draw(st.integers(1, 8))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    for member in pyinstaller.find(BytesReader(bytes(data))) or ():
        pyinstaller.library_names(BytesReader(bytes(data)), member)


def test_deno_by_section_trailer_and_overlay() -> None:
    for data in (
        made.elf({".d3n0l4nd": b"d3n0l4nd{}import x"}),
        made.elf({".rodata": b"x"}, overlay=b"\0\0d3n0l4nd{}import x"),
    ):
        span = deno.find(BytesReader(data), image(data))
        assert span is not None
        assert b"import x" in data[span.offset : span.offset + span.size]
    body = made.elf({".rodata": b"x"})
    data = body + b"import x" + deno.MAGIC + len(body).to_bytes(8, "big")
    span = deno.find(BytesReader(data), image(data))
    assert span is not None
    assert data[span.offset :].startswith(b"import x")
    assert deno.find(BytesReader(body), image(body)) is None


def test_go_module_and_version() -> None:
    data = made.elf({".go.buildinfo": made.go_buildinfo("acme.example/coder", "v1.4.0", "dep\tx\tv1\th1:=\n")})
    named = native.go(BytesReader(data), image(data))
    assert named is not None
    assert (named.name, named.version) == ("acme.example/coder", "1.4.0")
    assert b"dep\tx" in named.text


def test_go_without_a_version() -> None:
    data = made.elf({".go.buildinfo": made.go_buildinfo("acme.example/coder", "(devel)")})
    named = native.go(BytesReader(data), image(data))
    assert named is not None
    assert named.version == ""


def test_root_crate() -> None:
    data = made.elf({".dep-v0": made.crates("acme-cli", "0.9.1")})
    named = native.crate(BytesReader(data), image(data))
    assert named is not None
    assert (named.name, named.version) == ("acme-cli", "0.9.1")


@pytest.mark.parametrize("section", [".go.buildinfo", ".dep-v0"])
@given(content=st.binary(max_size=300))
def test_hostile_build_information_never_fails(section: str, content: bytes) -> None:
    for start in (b"", b"\xff Go buildinf:\x08\x02" + bytes(16)):
        data = made.elf({section: start + content})
        native.go(BytesReader(data), image(data))
        native.crate(BytesReader(data), image(data))


def test_a_bomb_of_crates_is_not_unpacked() -> None:
    import zlib

    data = made.elf({".dep-v0": zlib.compress(bytes(50_000_000))})
    assert native.crate(BytesReader(data), image(data)) is None


def test_asar_manifest() -> None:
    data = made.asar({"main.js": b"start()", "package.json": b'{"name":"acme"}'})
    span = asar.manifest(BytesReader(data), data[:4096])
    assert span is not None
    assert data[span.offset : span.offset + span.size] == b'{"name":"acme"}'
    assert asar.manifest(BytesReader(data), data[:4096], most=10) is None


@given(st.data())
def test_damaged_asar_never_fails(draw: st.DataObject) -> None:
    data = bytearray(made.asar({"package.json": b"{}"}))
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    asar.manifest(BytesReader(bytes(data)), bytes(data))
