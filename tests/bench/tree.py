"""A tree of files shaped like a developer's home, the same names, sizes and bytes each time it is made.

Shares follow `node_modules`, `.git`, virtual environments, Rust `target` folders and sources as people have them: 25
files a folder, one file in six of 2 KiB and more. Each kind of file begins as the real thing does, since a scan looks
at that. No file is a hard link of another.

`python -m tests.bench.tree DIR [FILES]` makes one; one of a million files takes 5 GB and a minute or two.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

LARGE_SHARE = 0.165
LARGEST = 1 << 19
POOL = 1 << 20
RECIPE = 2
"""Which recipe made a tree. One that another made is made again."""

WORDS = (
    "value", "index", "buffer", "node", "option", "result", "parse", "token", "stream", "handler", "module",
    "context", "state", "entry", "queue", "cache", "route", "schema", "field", "record", "cursor", "offset",
    "length", "source", "target", "event", "listener", "promise", "resolve", "reject", "default", "config", "path",
    "file", "name", "size", "read", "write", "open", "close", "error", "message", "format", "locale", "matrix",
    "vector", "point", "colour", "width", "height",
)  # fmt: skip

File = tuple[str, str]
"""A name below the project's folder, and the kind of its content."""


def make(root: Path, files: int) -> None:
    """Make the tree below `root`, unless it is there whole."""
    mark = root.with_name(f"{root.name}.whole")
    said = f"{files} files, recipe {RECIPE}"
    if root.is_dir() and mark.is_file() and mark.read_text() == said:
        return
    mark.unlink(missing_ok=True)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    shares = [(str(root), number, count) for number, count in enumerate(_projects(files))]
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        made = sum(pool.imap_unordered(_make_project, shares))
    assert made == files, f"{made} files made instead of {files}"
    mark.write_text(said)


def _projects(files: int) -> Iterator[int]:
    """How many files each project has."""
    rng = random.Random(files)
    left = files
    while left > 0:
        count = min(left, rng.choice((2_000, 5_000, 12_000, 30_000)))
        yield count
        left -= count


def _make_project(share: tuple[str, int, int]) -> int:
    root, number, files = share
    rng = random.Random(number)
    content = Content(rng)
    (kind,) = rng.choices((_node, _python, _rust, _documents), (60, 18, 12, 10))
    base = f"{root}/{'src' if number % 3 else 'work'}/project-{number}"
    folders: set[str] = set()
    for count, (name, what) in enumerate(_endless(kind, rng), 1):
        path = f"{base}/{name}"
        parent = path.rpartition("/")[0]
        if parent not in folders:
            os.makedirs(parent, exist_ok=True)
            folders.add(parent)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755 if what in ("program", "hook") else 0o644)
        os.write(fd, content.of(what))
        os.close(fd)
        if count == files:
            break
    return files


def _endless(kind: Callable[[random.Random, int], Iterator[File]], rng: random.Random) -> Iterator[File]:
    """The project's own files first, then sources, `.git` objects and packages in turn, as far as the project goes."""
    yield from ((".gitignore", "text"), ("README.md", "markdown"), ("package.json", "manifest"), (".env", "env"))
    yield from ((".git/HEAD", "ref"), (".git/config", "ref"), (".git/index", "index"))
    yield from ((f".git/hooks/{name}.sample", "hook") for name in ("pre-commit", "pre-push", "commit-msg"))
    for turn in range(1 << 30):
        yield from _sources(rng, turn)
        yield from _git(rng, turn)
        for _ in range(12):
            yield from kind(rng, rng.getrandbits(60))


def _word(rng: random.Random) -> str:
    return rng.choice(WORDS)


def _sources(rng: random.Random, turn: int) -> Iterator[File]:
    for folder in range(2):
        ending, kind = rng.choice((("ts", "javascript"), ("py", "python"), ("rs", "text"), ("css", "text")))
        for number in range(25):
            yield f"src/{turn}/{_word(rng)}-{folder}/{_word(rng)}-{number}.{ending}", kind


def _git(rng: random.Random, turn: int) -> Iterator[File]:
    # A repository has 256 folders of objects; each turn fills the next eight.
    for first in range(8):
        for _ in range(25):
            yield f".git/objects/{(turn * 8 + first) % 256:02x}/{rng.getrandbits(152):038x}", "object"


def _node(rng: random.Random, token: int) -> Iterator[File]:
    scope = f"@{_word(rng)}/" if rng.random() < 0.25 else ""
    package = f"node_modules/{scope}{_word(rng)}-{token:x}"
    yield f"{package}/package.json", "manifest"
    yield f"{package}/README.md", "markdown"
    yield f"{package}/LICENSE", "text"
    yield f"{package}/index.js", "javascript"
    if rng.random() < 0.08:
        yield f"{package}/bin/{_word(rng)}.js", "program"
    for folder in ("lib", "dist"):
        for number in range(rng.choice((4, 10, 22, 60)) // 2):
            name = f"{package}/{folder}/{_word(rng)}{number}"
            yield f"{name}.js", "javascript"
            yield f"{name}.d.ts", "types"
            if number % 3 == 0:
                yield f"{name}.js.map", "map"
    if rng.random() < 0.02:
        yield f"{package}/build/Release/{_word(rng)}.node", "library"


def _python(rng: random.Random, token: int) -> Iterator[File]:
    site = ".venv/lib/python3.11/site-packages"
    name = f"{_word(rng)}_{token:x}"
    info = f"{site}/{name}-1.{rng.randrange(30)}.0.dist-info"
    yield from ((f"{info}/METADATA", "metadata"), (f"{info}/RECORD", "text"), (f"{info}/WHEEL", "text"))
    if rng.random() < 0.2:
        yield f".venv/bin/{name}", "program"
    for folder in ("", "/core"):
        for number in range(rng.choice((8, 20, 60))):
            module = f"{_word(rng)}_{number}"
            yield f"{site}/{name}{folder}/{module}.py", "python"
            yield f"{site}/{name}{folder}/__pycache__/{module}.cpython-311.pyc", "bytecode"
    if rng.random() < 0.1:
        yield f"{site}/{name}/_{_word(rng)}.cpython-311-x86_64-linux-gnu.so", "library"


def _rust(rng: random.Random, token: int) -> Iterator[File]:
    crate = f"{_word(rng)}_{token:x}"
    yield f"target/debug/.fingerprint/{crate}/lib-{crate}.json", "json"
    yield f"target/debug/.fingerprint/{crate}/invoked.timestamp", "text"
    yield f"target/debug/deps/lib{crate}.rlib", "archive"
    yield f"target/debug/deps/lib{crate}.rmeta", "metadata-of-rust"
    yield f"target/debug/deps/{crate}.d", "text"
    for number in range(60):
        yield f"target/debug/incremental/{crate}/s-{token & 0xFFF:x}/{number:04x}.o", "relocatable"


def _documents(rng: random.Random, token: int) -> Iterator[File]:
    for number in range(40):
        ending, kind = rng.choice((("md", "markdown"), ("png", "picture"), ("json", "json"), ("txt", "text")))
        yield f"docs/{token:x}/{_word(rng)}-{number}.{ending}", kind


class Content:
    """Bytes of each kind, cut from pools; the beginning of each is that of the real thing."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        fixed = random.Random(7)
        words = [fixed.choice(WORDS) for _ in range(POOL // 32)]
        prose = " ".join(words * 4).encode()
        code = "\n".join(
            f"  const {a} = ({b}, {c}) => {{ return {b}.{d}({c}[{n}]); }};"
            for n, (a, b, c, d) in enumerate(zip(words, words[1:], words[2:], words[3:], strict=False))
        ).encode()
        script = "\n".join(
            f"    def {a}(self, {b}):\n        return self.{c}[{n}]"
            for n, (a, b, c) in enumerate(zip(words, words[1:], words[2:], strict=False))
        ).encode()
        noise = fixed.randbytes(POOL)
        self._pools: dict[str, tuple[str, bytes, bytes]] = {
            "text": ("", b"", prose),
            "markdown": ("# {} {}\n\n", b"", prose),
            "javascript": ('"use strict";\nvar {0} = require("./{1}");\nexports.{2} = {0};\n', b"", code),
            "types": ('import {{ {0} }} from "./{1}";\nexport declare function {2}(a: {0}): void;\n', b"", code),
            "map": ('{{"version":3,"file":"{0}.js","sources":["{0}.ts"],"names":["{1}"],"mappings":"', b"", prose),
            "program": ('#!/usr/bin/env node\nconst {0} = require("../lib/{1}");\n', b"", code),
            "hook": ("#!/bin/sh\n# {} {} {}\n", b"", prose),
            "python": ("from __future__ import annotations\nimport {0}\nfrom .{1} import {2}\n\n", b"", script),
            "json": ('{{"{0}": {{"{1}": "{2}", "', b"", prose),
            "env": ("NODE_ENV=development\nPORT=3000\n# {}\n", b"", prose),
            "ref": ("[core]\n\tbare = false\n# {}\n", b"", prose),
            "metadata": ("Metadata-Version: 2.1\nName: {0}-{1}\nVersion: 1.2.3\nSummary: {2}\n\n", b"", prose),
            "bytecode": ("", b"\xa7\r\r\n\0\0\0\0\x86\x0c\xd4e\x9a\x1b\0\0\xe3\0\0\0\0", noise),
            "object": ("", b"x\x01", noise),
            "index": ("", b"DIRC\0\0\0\x02\0\0", noise),
            "picture": ("", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\0", noise),
            "archive": ("", b"!<arch>\n/               0           0     0     0       3014      `\n", noise),
            "metadata-of-rust": ("", b"rust\0\0\0\x08", noise),
            "relocatable": ("", _elf(1), noise),
            "library": ("", _elf(3), noise),
        }

    def of(self, kind: str) -> bytes:
        """The bytes of one file of this kind; one in six is of 2 KiB and more."""
        rng = self._rng
        if kind == "manifest":
            return self._manifest()
        large = rng.random() < LARGE_SHARE
        size = min(LARGEST, int(2048 * 2.718 ** rng.expovariate(1.05))) if large else rng.randrange(60, 2000)
        text, start, pool = self._pools[kind]
        begin = start or text.format(*(rng.choice(WORDS) for _ in range(3))).encode()
        if kind == "object":
            return zlib.compress(pool[: size // 2], 1)[:2] + pool[size : 2 * size]
        at = rng.randrange(len(pool) - size)
        return (begin + pool[at : at + size])[:size]

    def _manifest(self) -> bytes:
        rng = self._rng
        needs = ",\n    ".join(f'"{_word(rng)}-{_word(rng)}": "^{rng.randrange(9)}.0.0"' for _ in range(6))
        return (
            f'{{\n  "name": "{_word(rng)}-{rng.getrandbits(40):x}",\n  "version": "{rng.randrange(9)}.4.0",\n'
            f'  "description": "{_word(rng)} {_word(rng)}",\n  "main": "index.js",\n  "license": "MIT",\n'
            f'  "scripts": {{"test": "{_word(rng)}", "build": "{_word(rng)}"}},\n'
            f'  "dependencies": {{\n    {needs}\n  }}\n}}\n'
        ).encode()


def _elf(kind: int) -> bytes:
    """The header of an ELF file for x86-64 without sections: 1 is an object file, 3 a shared library."""
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    return header + kind.to_bytes(2, "little") + b"\x3e\0\1\0\0\0" + bytes(28) + b"\x40\0" + bytes(10)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
