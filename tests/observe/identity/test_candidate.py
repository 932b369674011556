"""What is let through to identity, from the first bytes alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.candidate import PIECE, classify, silent
from clearance.observe.reader import BytesReader
from tests.observe.identity import made

LARGE = 300_000
BUNDLE = b"var a=1;function b(){return a}exports.b=b;\n" * 100


@pytest.mark.parametrize(
    ("head", "size", "kind"),
    [
        (made.elf({".rodata": b"x"}), LARGE, "elf"),
        (made.pe({".rdata": b"x"}), LARGE, "pe"),
        (made.macho({"__TEXT,__const": b"x"}), LARGE, "macho"),
        (b"#!/usr/bin/env node\nstart()", 200, "javascript"),
        (b"#!/home/ana/venv/bin/python\nstart()", 200, "python"),
        (b"#!/bin/sh\nexec acme", 200, "script"),
        (b"import anthropic\n\ndef main():\n    pass\n", 400, "python"),
        (b"const x = require('openai'); function y() {}", 400, "javascript"),
        (BUNDLE, LARGE, "javascript"),
        ("".join(chr(byte) for byte in BUNDLE).encode("utf-16-le"), LARGE, "javascript"),
        (made.archive({"a.py": b"x" * 100}), 5000, "zip"),
        (made.asar({"package.json": b"{}"}), 5000, "asar"),
        (b"\x1f\x8b\x08" + bytes(range(200)), LARGE, "packed"),
        (bytes(range(255, 100, -1)) * 20, 2_000_000, "packed"),
    ],
)
def test_what_could_be_a_program(head: bytes, size: int, kind: str) -> None:
    assert classify(head[:4096], size) == kind


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (b"", 0),
        (b"\x7fELF", 10),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), LARGE),
        (b"PACK" + bytes(100), 5_000_000),
        (b'{"name": "anthropic", "dependencies": {"openai": "1"}}', LARGE),
        (b"<html><script>require('openai')</script>", LARGE),
        (b"def area(r):\n    return r * r\n\nclass Circle:\n    pass\n", 900),
        (b"export const x = 1;\nimport y from 'y';\nfunction z() {}", 900),
        (b"A letter about openai and anthropic.\n" * 20, 900),
        (bytes(400), 5_000_000),
    ],
)
def test_what_is_left_alone(head: bytes, size: int) -> None:
    assert classify(head, size) is None


@given(st.binary(max_size=4096), st.integers(0, 1 << 40))
def test_any_bytes_give_an_answer(head: bytes, size: int) -> None:
    classify(head, size)


@pytest.mark.parametrize("at", [0, 100, PIECE - 4, PIECE, 2 * PIECE - 5])
def test_a_large_text_that_says_something_is_not_silent(at: int) -> None:
    text = bytearray(b"x = 1;\n" * (3 * PIECE // 7))
    text[at : at + 9] = b"anthropic"
    assert not silent(BytesReader(bytes(text)), "javascript")


def test_a_large_text_that_says_nothing_is_silent() -> None:
    text = BytesReader(b"x = 1;\n" * PIECE)
    assert silent(text, "javascript")
    assert not silent(text, "elf")
    assert not silent(BytesReader(b"x = 1;\n"), "javascript")
    assert not silent(BytesReader("x = 1;\n".encode("utf-16-le") * PIECE), "javascript")
