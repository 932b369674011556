"""Which tool a program is, from at most 1 MiB of it: what the exec guard asks with an open file and a deadline.

Structure first: names and entry in a few small reads, then windows into the parts that structure points at, until the
tool is certain and its version known. Never fails on hostile bytes (only the medium's OSError passes); what is read,
kept and searched is bounded whatever the file says of itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from clearance.observe.identity.program import HEAD_BYTES, Part, Program, describe
from clearance.observe.identity.rules import Rules
from clearance.observe.identity.structure import bun
from clearance.observe.identity.tally import Piece, Tally
from clearance.observe.identity.types import Identification, Package
from clearance.observe.reader import BudgetReader, Reader

MOST_BYTES: Final = 1_048_576
STEP: Final = 16_384
LAST: Final = 8_192
SCRIPT_FIRST: Final = 32_768
SCRIPT_LAST: Final = 163_840
NEAR: Final = 196_608
DATA_FIRST: Final = 131_072
SPREAD: Final = 72
SPREAD_STEP: Final = 8_192
SPREAD_FROM: Final = 2_097_152
SMALL: Final = 4_194_304
EVEN: Final = frozenset({"script", "bun-code", "sea-code"})
MOST_RELATED: Final = 24
RELATED_BYTES: Final = 131_072
TINY: Final = 256
MOST_TINY_ROWS: Final = 2048
MOST_TINY: Final = 64
IMPORT: Final = re.compile(rb"""import[^"';]{0,1500}+["']((?:/\$bunfs|B:/~BUN)/root/[^"']{1,200})["']""")


def identify(reader: Reader, rules: Rules, package: Package | None = None) -> Identification | None:
    """The tool that the file is a program of, or None. `package` is its nearest package metadata, if there is one."""
    limited = BudgetReader(reader, MOST_BYTES)
    tally = Tally(rules, weighs=False)
    if package is not None:
        tally.add_package(package)
    program = describe(limited, limited.read(0, HEAD_BYTES))
    survey(limited, program, tally)
    return tally.verdict()


def identify_in(reader: Reader, rules: Rules, package: Package | None) -> Identification | None:
    """As `identify`, for a file that lies in a package, which takes nothing away from what the content alone shows."""
    if package is None or rules.tool_of_package(package.ecosystem, package.name) is None:
        return identify(reader, rules)
    found = identify(reader, rules, package)
    # A name that is no proof by itself counts only beside some other: where there is none, it changed nothing.
    return identify(reader, rules) if found is None and package.program else found


def survey(reader: Reader, program: Program, tally: Tally) -> None:
    """Adds what the structure names and windows into its parts, until the tally is settled or nothing is left."""
    for found in program.packages:
        tally.add_package(found, own=True)
    for piece in program.pieces:
        tally.add(piece)
    for part in program.parts[:2]:
        for piece in _ends(reader, part):
            tally.add(piece)
            if tally.settled() and not tally.contested():
                return
            if part.where == "data" and tally.certain():
                break
    if _near(reader, program, tally):
        return
    if program.bundle is not None:
        for piece in _related(reader, program.bundle, tally):
            tally.add(piece)
            if tally.settled():
                return
    if not tally.certain() and (tally.found or any(part.size > SMALL for part in program.parts)):
        for piece in _spread(reader, program):
            tally.add(piece)
            if tally.certain():
                break
        _near(reader, program, tally)


def _ends(reader: Reader, part: Part) -> Iterator[Piece]:
    """The beginning of a part and its end: of bundles more of the end, where their own code stands after all else."""
    if part.where == "data":
        first, last = DATA_FIRST, 0
    elif part.kind == "script":
        first, last = SCRIPT_FIRST, SCRIPT_LAST
    else:
        first, last = STEP, LAST
    first = min(first, part.size)
    last = min(last, part.size - first) & ~1
    for start in range(0, first, STEP):
        yield Piece(part.where, part.kind, reader.read(part.offset + start, min(STEP, first - start)))
    for end in range(part.size, part.size - last, -STEP):
        start = max(end - STEP, part.size - last)
        yield Piece(part.where, part.kind, reader.read(part.offset + start, end - start))


def covered(part: Part) -> bool:
    """Whether the beginning and the end that a survey reads are all there is of a part."""
    if part.where == "data":
        return part.size <= DATA_FIRST
    return part.size <= (SCRIPT_FIRST + SCRIPT_LAST if part.kind == "script" else STEP + LAST)


def _near(reader: Reader, program: Program, tally: Tally) -> bool:
    """Looks for the version of a tool that is told already where its releases had it. True if that settles it."""
    leader = tally.leader()
    if leader is None or tally.version(leader[0]) is not None:
        return tally.settled()
    for rule in tally.rules.versions.get(leader[0], ()):
        for part in program.parts:
            if part.where != rule.where or part.size <= STEP:
                continue
            for share in rule.near:
                start = max(0, int(part.size * share) - NEAR // 2) & ~1
                data = reader.read(part.offset + start, min(NEAR, part.size - start))
                if tally.add_version(leader[0], rule, Piece(part.where, part.kind, data)):
                    return tally.settled()
    return False


def _related(reader: Reader, bundle: bun.Bundle, tally: Tally) -> Iterator[Piece]:
    """Modules that the entry imports, the last one first: a short entry ends by starting the program itself. Where they
    cannot be told by name, the tiniest modules of all, which hold the constants that the bundler shares.
    """
    entry = next((piece.data for piece in tally.pieces if piece.kind == "bun-code"), b"")
    wanted = list(dict.fromkeys(reversed(IMPORT.findall(entry))))[:MOST_RELATED]
    modules = bun.lookup(reader, bundle, wanted) if wanted else ()
    if not modules:
        if bundle.rows <= MOST_TINY_ROWS:
            tiny = bun.modules(reader, bundle, 16, TINY)[:MOST_TINY]
            yield Piece("code", "bun-module", b"\n".join(reader.read(one.offset, one.size) for one in tiny))
        return
    left = RELATED_BYTES
    for module in modules:
        if left <= 0:
            return
        data = reader.read(module.offset, min(module.size, STEP, left))
        left -= len(data)
        yield Piece("code", "bun-module", data)
        if module.size > STEP:
            last = min(LAST, module.size - STEP)
            yield Piece("code", "bun-module", reader.read(module.offset + module.size - last, last))


def _spread(reader: Reader, program: Program) -> Iterator[Piece]:
    """Windows in the parts that are too large to be known by their ends: at even distances in source text; ever wider
    apart among constants and packed files, where texts come first.
    """
    large = [part for part in program.parts if part.size > (SPREAD_FROM if part.where == "data" else STEP)]
    for part in large[:2]:
        count = min(SPREAD // len(large[:2]), part.size // SPREAD_STEP)
        for number in range(count):
            share = (number / count) ** (1 if part.kind in EVEN else 3)
            start = int(part.size * share) & ~1
            yield Piece(part.where, part.kind, reader.read(part.offset + start, SPREAD_STEP))
