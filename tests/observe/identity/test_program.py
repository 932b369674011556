"""What the structure of a file names, before any of its text is searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.program import HEAD_BYTES, Program, describe, metadata, package_json
from clearance.observe.reader import BytesReader
from tests.observe.identity import made
from tests.observe.identity.made import SOURCE


def program(data: bytes) -> Program:
    return describe(BytesReader(data), data[:HEAD_BYTES])


@pytest.mark.parametrize(
    ("data", "kind", "pieces", "parts"),
    [
        (made.elf({".rodata": b"x" * 40}), "elf", [], ["elf-data"]),
        (made.pe({".rdata": b"x" * 40}), "pe", [], ["pe-data"]),
        (made.macho({"__TEXT,__cstring": b"x" * 40}), "macho", [], ["macho-data"]),
        (made.elf({".bun": made.bun({"/$bunfs/root/a": b"x"})}), "elf", ["bun-entry"], ["bun-code"]),
        (
            made.elf({".rodata": b"x"}, note=made.note(b"NODE_SEA_BLOB", made.sea("a.js", b"y" * 2000))),
            "elf", ["sea-script"], ["sea-code", "sea-assets"],
        ),
        (
            made.elf({".rodata": b"x"}, overlay=made.pyinstaller({"a": b"x"}, library=b"names")),
            "elf", ["pyinstaller-script", "pyinstaller-names", "pyinstaller-modules"], [],
        ),
        (made.elf({".rodata": b"x"}, overlay=b"d3n0l4nd{}"), "elf", [], ["deno-code"]),
        (made.archive({"__main__.py": b"run()"}), "zip", ["archive-names", "archive-main"], []),
        (SOURCE, "script", [], ["script"]),
        (bytes(range(256)) * 4, "data", [], []),
    ],
)  # fmt: skip
def test_forms(data: bytes, kind: str, pieces: list[str], parts: list[str]) -> None:
    found = program(data)
    assert found.kind == kind
    assert [piece.kind for piece in found.pieces] == pieces
    assert [part.kind for part in found.parts] == parts
    for part in found.parts:
        assert part.offset + part.size <= len(data)


def test_packages_that_a_program_names_itself() -> None:
    wheel = made.archive({"acme_cli-2.0.dist-info/METADATA": b"Name: Acme.CLI\nVersion: 2.0\n\nText: Name: other\n"})
    electron = made.asar({"package.json": b'{"name": "desk", "version": "3.1"}'})
    golang = made.elf({".go.buildinfo": made.go_buildinfo("acme.example/coder", "v1.0.0")})
    assert [(one.ecosystem, one.name, one.version) for one in program(wheel).packages] == [("pypi", "acme-cli", "2.0")]
    assert [(one.ecosystem, one.name, one.version) for one in program(electron).packages] == [("app", "desk", "3.1")]
    assert [(one.ecosystem, one.name, one.version) for one in program(golang).packages] == [
        ("go", "acme.example/coder", "1.0.0")
    ]


@pytest.mark.parametrize("data", [b"", b"[]", b'{"name": 1}', b'{"name": ""}', b'{"name": "' + b"x" * 300 + b'"}'])
def test_manifests_that_name_nothing(data: bytes) -> None:
    assert package_json(data, "x") is None


@given(st.binary(max_size=500))
def test_any_bytes_never_fail(data: bytes) -> None:
    program(data)
    package_json(data, "x")
    metadata(data, "x")
