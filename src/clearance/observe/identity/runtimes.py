"""Which runtime a program is: one that does what a script tells it. Told by what it is built of, never by its name.

What a runtime offers to its extension modules cannot be stripped from it. One that offers nothing, because it was
linked for good, is told by the settings that it reads. A runtime with a program packed into it is that program. Pure
over a `Reader`; hostile bytes give None.
"""

from __future__ import annotations

from typing import Final, Literal

from clearance.observe.identity.program import HEAD_BYTES, Program, describe
from clearance.observe.identity.structure.dynamic import Dynamic, parse
from clearance.observe.reader import Reader

Runtime = Literal["node", "bun", "deno", "electron", "python", "java", "shell", "loader", "packed-bun"]
"""`electron` is Node only where its environment says so; `packed-bun` is a program of its own unless told to be Bun."""

MAIN: Final[tuple[tuple[Runtime, tuple[bytes, ...]], ...]] = (
    ("python", (b"Py_BytesMain", b"Py_Main", b"Py_RunMain", b"_Py_UnixMain")),
    ("node", (b"_ZN4node5StartEiPPc",)),
    ("java", (b"JLI_Launch",)),
)
"""What a runtime's program does nothing but call. Programs that only have a runtime in them (editors, debuggers) do
not."""

SCREEN: Final = (b"libgtk-3.so", b"libnss3.so", b"libX11.so", b"libxcb.so")
READS: Final[tuple[tuple[Runtime, tuple[bytes, ...]], ...]] = (
    ("deno", (b"DENO_DIR", b"DENO_NO_UPDATE_CHECK")),
    ("bun", (b"BUN_INSTALL", b"BUN_BE_BUN")),
    ("node", (b"NODE_OPTIONS", b"NODE_REPL_HISTORY", b"node:internal")),
    ("python", (b"PYTHONSTARTUP", b"pyvenv.cfg", b"PYTHONINSPECT")),
)
"""Texts in the constants of a runtime that was linked for good."""

SHELL: Final = (b"CDPATH", b"OPTIND", b"getopts", b"unalias", b"PS4")
PIECE: Final = 1 << 20
OVERLAP: Final = 64
MOST: Final = 48 << 20
"""Bytes of constants that are searched in a program that offers what a runtime does, without saying which."""

LARGE: Final = 4 << 20
"""Bytes. No runtime of those that are told by their constants alone is smaller, but shells are."""


def runtime(reader: Reader, *, constants: bool = True) -> Runtime | None:
    """The runtime that a program is; None for any other file. OSError where the medium fails.

    Without `constants` only what a few small reads tell: most runtimes, and nothing that may be a tool.
    """
    head = reader.read(0, HEAD_BYTES)
    dynamic = parse(reader, head)
    if dynamic is not None and _is_loader(dynamic):
        return "loader"
    if not constants and (dynamic is None or _called(dynamic) is None):
        return None
    program = describe(reader, head)
    if program.kind != "elf" or not program.runs:
        return None
    if program.bundle is not None:
        return "packed-bun" if constants else None
    if program.single:
        return None
    if dynamic is not None:
        found = _called(dynamic)
        if found is not None and (constants or found != "electron"):
            return found
        if constants and dynamic.offers(b"napi_create_function"):
            return _reads(reader, program, READS[:3], MOST) or "node"
    if not constants:
        return None
    if reader.size >= LARGE:
        # Programs that were linked for good, and nothing else, have no loader.
        static = dynamic is None or not dynamic.interpreted
        return _reads(reader, program, READS[1:], MOST) if static else None
    return _reads(reader, program, (("shell", SHELL),), PIECE)


def packs_bun(reader: Reader) -> bool:
    """Whether a program was made with Bun, so that it can be told to be Bun."""
    return describe(reader, reader.read(0, HEAD_BYTES)).bundle is not None


def _is_loader(dynamic: Dynamic) -> bool:
    if dynamic.interpreted:
        return False
    if dynamic.name.startswith(b"ld") and dynamic.offers(b"_rtld_global"):
        return True
    # musl's C library is its loader.
    return dynamic.offers(b"__libc_start_main") and dynamic.offers(b"dlopen") and not dynamic.needed


def _called(dynamic: Dynamic) -> Runtime | None:
    asked = dynamic.asks(*(symbol for _, symbols in MAIN for symbol in symbols))
    for name, symbols in MAIN:
        if not asked.isdisjoint(symbols) or any(dynamic.offers(symbol) for symbol in symbols):
            if name == "node" and any(one.startswith(library) for one in dynamic.needed for library in SCREEN):
                return "electron"
            return name
    return None


def _reads(
    reader: Reader, program: Program, of: tuple[tuple[Runtime, tuple[bytes, ...]], ...], most: int
) -> Runtime | None:
    """The first runtime all of whose texts stand in the constants."""
    missing = {name: set(texts) for name, texts in of}
    left = most
    for part in program.parts:
        if part.where != "data":
            continue
        for at in range(0, part.size, PIECE):
            if left <= 0:
                return None
            data = reader.read(part.offset + at, min(PIECE + OVERLAP, part.size - at))
            left -= len(data)
            for texts in missing.values():
                texts -= {text for text in texts if text in data}
            for name, texts in missing.items():
                if not texts:
                    return name
    return None
