"""A tree of files shaped like a developer's home, made the same way each time: node_modules, .git, environments, build
folders and sources, with sizes as they are found there (one file in six has 2 KiB or more).

`python -m tests.bench.tree DIR [FILES]` makes one; one of a million files takes 5 GB and a few minutes.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

WORDS = (
    "import", "export", "function", "const", "return", "module", "require", "class", "extends", "value", "index",
    "options", "buffer", "stream", "parser", "result", "config", "default", "async", "await", "promise", "callback",
)  # fmt: skip
SIZES = (
    (0.18, 40, 200),
    (0.34, 200, 900),
    (0.315, 900, 2047),
    (0.115, 2048, 8000),
    (0.04, 8000, 60000),
    (0.01, 60000, 400000),
)
"""Share, smallest, largest, in bytes."""


def text(seed: int, length: int) -> bytes:
    """Source-like text."""
    rng = random.Random(seed)
    line = []
    size = 0
    while size < length:
        word = rng.choice(WORDS) + rng.choice((" ", "(", ") {\n", ";\n", ", ", " = ", "."))
        line.append(word)
        size += len(word)
    return "".join(line).encode()[:length]


class Shape:
    """One kind of folder: what its files are called, and whether their bytes are text."""

    def __init__(self, path: str, endings: tuple[str, ...], binary: bool = False) -> None:
        self.path = path
        self.endings = endings
        self.binary = binary


SHAPES = (
    Shape("src/app{a}/node_modules/pkg-{b}/lib", (".js", ".js", ".d.ts", ".js.map", ".mjs")),
    Shape("src/app{a}/node_modules/pkg-{b}/dist/esm", (".js", ".ts", ".cjs")),
    Shape("src/app{a}/node_modules/@scope{c}/pkg-{b}", (".js", ".json", ".md", "")),
    Shape("src/app{a}/.git/objects/{c:02x}", ("",), binary=True),
    Shape("src/app{a}/.venv/lib/python3.11/site-packages/mod{b}", (".py", ".pyi", ".py")),
    Shape("src/app{a}/.venv/lib/python3.11/site-packages/mod{b}/__pycache__", (".pyc",), binary=True),
    Shape("src/app{a}/target/debug/deps{c}", (".o", ".rlib", ".d", ".rmeta"), binary=True),
    Shape("src/app{a}/src/part{b}", (".py", ".ts", ".go", ".rs", ".css", ".html", ".md")),
)
WEIGHTS = (26, 20, 16, 8, 12, 6, 4, 8)


def make(root: Path, files: int, workers: int = 2) -> None:
    """Make the tree below `root`, unless it is there whole."""
    mark = root / ".whole"
    if mark.exists() and mark.read_text() == str(files):
        return
    root.mkdir(parents=True, exist_ok=True)
    share = files // workers
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        pool.starmap(_part, [(str(root), number, share) for number in range(workers)])
    mark.write_text(str(files))


def _part(root: str, number: int, files: int) -> None:
    rng = random.Random(number)
    source = [text(seed, 400_000) for seed in range(8)]
    noise = [random.Random(seed).randbytes(400_000) for seed in range(4)]
    for folder, shape, count in _folders(rng, number, files):
        path = f"{root}/{folder}"
        os.makedirs(path, exist_ok=True)
        if "/pkg-" in folder and not folder.endswith(("lib", "esm")):
            _write(f"{path}/package.json", b'{"name": "%s", "version": "1.2.3"}' % folder.rpartition("/")[2].encode())
        for n in range(count):
            size = _size(rng)
            pool = noise if shape.binary else source
            at = rng.randrange(0, 400_000 - size + 1)
            _write(f"{path}/f{n}{rng.choice(shape.endings)}", rng.choice(pool)[at : at + size])


def _folders(rng: random.Random, number: int, files: int) -> Iterator[tuple[str, Shape, int]]:
    made = 0
    serial = 0
    while made < files:
        serial += 1
        (shape,) = rng.choices(SHAPES, WEIGHTS)
        count = min(files - made, max(1, int(rng.expovariate(1 / 25))))
        app = number * 1000 + serial // 400
        yield (
            shape.path.format(a=app, b=serial, c=rng.randrange(256))
            + (f"/d{serial}" if "{b}" not in shape.path else ""),
            shape,
            count,
        )
        made += count


def _size(rng: random.Random) -> int:
    (band,) = rng.choices(SIZES, [share for share, _, _ in SIZES])
    return rng.randint(band[1], band[2])


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as out:
        out.write(data)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
