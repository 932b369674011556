"""Which tool a program is, or how much it looks like an agent that nobody knows: what the scan asks.

What quick identity tells stands: deep begins with the very same survey and reads on only where that left something
open and the file gave a reason to (a marker, a word of those who talk to models, a form that packs programs, or its
size). It reads the parts in full, looks into archives, compressed files and the tables of single-file programs, and
searches what has no structure for texts in ASCII and UTF-16. Each of these is bounded; hostile bytes give less, never
an error other than the medium's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from clearance.model.tool import Where
from clearance.observe.identity import opaque, quick, unpack
from clearance.observe.identity.program import HEAD_BYTES, Part, Program, describe, package_json
from clearance.observe.identity.rules import Rules
from clearance.observe.identity.structure import bun
from clearance.observe.identity.tally import Piece, Tally
from clearance.observe.identity.traits import NO_PROGRAM, weigh
from clearance.observe.identity.types import Identification, Package, Traits
from clearance.observe.reader import BudgetReader, BytesReader, Reader

WHOLE_BYTES: Final = 67_108_864
OPAQUE_BYTES: Final = 134_217_728
UNPACKED_BYTES: Final = 536_870_912
BEGINNING: Final = 33_554_432
PEEK: Final = 1_048_576
PIECE: Final = 1_048_576
OVERLAP: Final = 256
MOST_MODULES: Final = 4096
SMALLEST_MODULE: Final = 16
DEPTH: Final = 2
LARGE: Final = 4_194_304
LARGE_PACKED: Final = 1_048_576
SMALL: Final = 32_768
LOWEST: Final = 0.3
NATIVE: Final = frozenset({"elf", "pe", "macho"})
STARTED: Final = NATIVE | {"script", "zip"}
PACKED: Final = frozenset({"zip", "asar", "data"})


def identify(reader: Reader, rules: Rules, package: Package | None = None) -> Identification | Traits | None:
    """The tool that the file is a program of; else the traits of an agent that it shows; else None.

    `package` is its nearest package metadata; a package that the catalog knows as a vendor's SDK is no agent. Traits
    that score less than `LOWEST` are not given at all.
    """
    search = _Search(Tally(rules))
    if package is not None:
        search.tally.add_package(package)
    search.start(reader)
    return search.verdict(package)


def identify_in(reader: Reader, rules: Rules, package: Package | None) -> Identification | Traits | None:
    """As `identify`, for a file that lies in a package: that counts where it is a tool's or where the content alone
    shows something, and takes nothing away from what that shows.
    """
    search = _Search(Tally(rules))
    if package is None or rules.tool_of_package(package.ecosystem, package.name) is None:
        search.start(reader)
        alone = search.verdict(None)
        return alone if alone is None or package is None else search.verdict(package) or alone
    search.tally.add_package(package)
    search.start(reader)
    found = search.verdict(package)
    if found is None and (package.program or f"{package.ecosystem}:{package.name}" in rules.libraries):
        return identify(reader, rules)
    # A name that is no proof by itself counts only beside some other: where there is none, it changed nothing.
    return found


class _Search:
    """One file and what is packed in it. `left` is how much may still be unpacked, over all archives in archives."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.left = UNPACKED_BYTES
        self.size = 0
        self.started = self.native = False
        self.packed: Traits | None = None

    def start(self, reader: Reader) -> None:
        """Adds what the file shows."""
        self.size = reader.size
        self.started, self.native = self.look(reader, DEPTH)

    def verdict(self, package: Package | None) -> Identification | Traits | None:
        """The answer, of a file in this package."""
        if (found := self.tally.verdict()) is not None:
            return found
        library = package is not None and f"{package.ecosystem}:{package.name}" in self.tally.rules.libraries
        started = self.started or (package is not None and package.program)
        traits = self._weighed(started, self.size, library, self.native)
        if self.packed is not None and self.packed.score > traits.score:
            traits = Traits(min(self.packed.score, NO_PROGRAM), self.packed.traits) if library else self.packed
        return traits if traits.score >= LOWEST and len(traits.traits) > 1 else None

    def _weighed(self, started: bool, size: int, library: bool, native: bool) -> Traits:
        counts = {signal: len(seen) for signal, seen in self.tally.signals.items()}
        hosts = counts.pop("host", 0)
        return weigh(counts, hosts=hosts, started=started, small=size <= SMALL, library=library, native=native)

    def look(self, reader: Reader, depth: int) -> tuple[bool, bool]:
        """Adds what the file shows. Whether its form says that it is started as a program, and that it is compiled."""
        tally = self.tally
        head = reader.read(0, HEAD_BYTES)
        program = describe(reader, head)
        quick.survey(BudgetReader(reader, quick.MOST_BYTES), program, tally)
        native = program.kind in NATIVE and not program.single
        started = program.single or (program.runs and program.kind in STARTED)
        if tally.settled():
            return started, native
        if program.kind in PACKED:
            if depth > 0:
                self._inside(reader, program, head, depth - 1)
            return started, native
        if program.bundle is not None:
            program = program._replace(parts=program.parts + _sources(reader, program.bundle))
        if program.single and not program.parts:
            for script in unpack.pyinstaller_scripts(reader):
                tally.add(Piece("code", "pyinstaller-code", script.data))
        if _worth_it(program, tally):
            _whole(reader, program, tally)
            if program.kind in NATIVE and tally.found and not tally.certain():
                opaque.search(reader, tally, OPAQUE_BYTES)
        return started, native

    def _inside(self, reader: Reader, program: Program, head: bytes, depth: int) -> None:
        if program.kind == "zip":
            whole = any(piece.kind in ("archive-main", "archive-entry") for piece in program.pieces)
            for member in unpack.members(reader):
                if not self._allows(len(member.data)):
                    return
                self._member(member, depth, whole)
                if self.tally.settled():
                    return
        elif program.kind == "data" and is_tar(head):
            self._archived(reader, depth)
        elif program.kind == "data":
            self._unpacked(reader, head, depth)

    def _unpacked(self, reader: Reader, head: bytes, depth: int) -> None:
        """A compressed file: its beginning as a file of its own; of a large program, the rest as it comes."""
        pieces = unpack.stream(reader, head)
        wanted = BEGINNING if reader.size >= LARGE_PACKED else PEEK
        beginning: list[bytes] = []
        size = 0
        for piece in pieces:
            beginning.append(piece)
            size += len(piece)
            if size >= wanted or not self._allows(len(piece)):
                break
        start = b"".join(beginning)
        beyond = partial(unpack.gunzipped, reader) if head.startswith(b"\x1f\x8b") else None
        if is_tar(start):
            self._archived(BytesReader(start), depth, beyond)
        elif beyond is not None and start.startswith(unpack.COMPILED):
            self.look(beyond(), depth)
        elif start:
            self.look(BytesReader(start), depth)
            self._rest(pieces, "code" if start.startswith(b"#!") else "data")

    def _rest(self, pieces: Iterator[bytes], where: Where) -> None:
        tally = self.tally
        for piece in pieces:
            if tally.settled() or not self._allows(len(piece)):
                return
            tally.add(Piece(where, "unpacked", piece))
            leader = tally.leader()
            if leader is None or tally.version(leader[0]) is None:
                tally.forget()

    def _archived(self, packed: Reader, depth: int, beyond: Callable[[], Reader] | None = None) -> None:
        for member in unpack.tar(packed, beyond):
            if not self._allows(len(member.data)):
                return
            if member.name.endswith("package.json"):
                if (found := package_json(member.data, member.name)) is not None:
                    self.tally.add_package(found, own=True)
            else:
                self._member(member, depth)
            if self.tally.settled():
                return

    def _member(self, member: unpack.Member, depth: int, whole: bool = False) -> None:
        """What one member shows. Unless the archive is one program as a `whole`, it is weighed by itself: a library has
        all that agents have, in a hundred files.
        """
        reader: Reader = BytesReader(member.data)
        if member.whole is not None and self._allows(unpack.STREAM_BYTES // 2):
            reader = member.whole()
        if whole:
            self.look(reader, depth)
            return
        others, self.tally.signals = self.tally.signals, {}
        started, native = self.look(reader, depth)
        traits = self._weighed(started, reader.size, member.borrowed, native)
        if self.packed is None or traits.score > self.packed.score:
            self.packed = traits
        self.tally.signals = others

    def _allows(self, size: int) -> bool:
        self.left -= size
        return self.left > 0


def is_tar(head: bytes) -> bool:
    """Whether bytes are the beginning of a tar archive."""
    return head[257:262] == b"ustar"


def _worth_it(program: Program, tally: Tally) -> bool:
    """Whether something gives reason to read it all."""
    if tally.certain():
        leader = tally.leader()
        return leader is not None and tally.version(leader[0]) is None
    if not program.runs:
        return bool(tally.found)
    return bool(tally.found or tally.signals or program.single) or any(part.size > LARGE for part in program.parts)


def _whole(reader: Reader, program: Program, tally: Tally) -> None:
    """The parts from their beginning to their end; once more for the version of a tool that was told late."""
    parts = [part for part in program.parts if not quick.covered(part)]
    if not tally.certain():
        for part, data in _pieces(reader, parts):
            tally.add(Piece(part.where, part.kind, data))
            tally.forget()
            if tally.certain():
                break
    leader = tally.leader()
    rules = tally.rules.versions.get(leader[0], ()) if leader else ()
    if leader is None or tally.version(leader[0]) is not None or not rules:
        return
    for part, data in _pieces(reader, parts):
        if any(tally.add_version(leader[0], rule, Piece(part.where, part.kind, data)) for rule in rules):
            return


def _pieces(reader: Reader, parts: Iterable[Part]) -> Iterator[tuple[Part, bytes]]:
    left = WHOLE_BYTES
    for part in parts:
        at = 0
        while at < part.size and left > 0:
            data = reader.read(part.offset + at, min(PIECE + OVERLAP, part.size - at))
            if not data:
                break
            yield part, data
            left -= len(data)
            at += PIECE


def _sources(reader: Reader, bundle: bun.Bundle) -> tuple[Part, ...]:
    """The modules of a Bun program as parts."""
    return tuple(
        Part("code", "bun-module", module.offset, module.size)
        for module in bun.modules(reader, bundle, SMALLEST_MODULE)[:MOST_MODULES]
    )
