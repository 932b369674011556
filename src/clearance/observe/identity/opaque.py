"""Markers in bytes whose structure is not known, with YARA-X: texts in ASCII and in UTF-16, wherever they lie.

Quick identity and the parts of a program use the automaton of `rules.py`, which is faster on small pieces and is built
in a fiftieth of the time. Where no structure says what is text and in which encoding, each marker must be sought both
ways; that is what YARA's `ascii wide` is for, and its conditions say how many of a marker's strings are needed. The
library is loaded and its rules are compiled on the first use in a process.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from clearance.observe.identity.rules import Known
from clearance.observe.identity.tally import Tally
from clearance.observe.reader import Reader

if TYPE_CHECKING:
    import yara_x

PIECE: Final = 8_388_608
OVERLAP: Final = 1024
SECONDS: Final = 20


@lru_cache(maxsize=2)
def compiled(tools: tuple[Known, ...]) -> yara_x.Rules:
    """The markers in source text and constants, one rule a marker."""
    import yara_x

    return yara_x.compile(source(tools))


def source(tools: tuple[Known, ...]) -> str:
    """The rules as YARA text: `rule r<number of tool>_<number of marker>`, its strings in the marker's order."""
    lines: list[str] = []
    for place, known in enumerate(tools):
        for number, marker in enumerate(known.identity.markers if known.identity else ()):
            if marker.where not in ("code", "data"):
                continue
            strings = " ".join(f"$s{at} = {_quoted(text)} ascii wide" for at, text in enumerate(marker.any))
            lines.append(f"rule r{place}_{number} {{ strings: {strings} condition: {marker.least} of them }}")
    return "\n".join(lines)


def search(reader: Reader, tally: Tally, most: int) -> None:
    """Adds the markers found in the first `most` bytes of a file, as support only: where they stand is not known."""
    import yara_x

    tools = tally.rules.tools
    scanner = yara_x.Scanner(compiled(tools))
    scanner.set_timeout(SECONDS)
    at = 0
    while at < min(reader.size, most) and not tally.certain():
        data = reader.read(at, PIECE + OVERLAP)
        if not data:
            return
        at += PIECE
        try:
            matching = scanner.scan(data).matching_rules
        except yara_x.TimeoutError:
            return
        for rule in matching:
            place, number = rule.identifier[1:].split("_")
            known = tools[int(place)]
            if known.identity is not None:
                tally.add_marker(known.id, known.identity.markers[int(number)], "anywhere")


def _quoted(text: str) -> str:
    """A YARA text string: bytes that are not plain ASCII as escapes."""
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in (34, 92) else f"\\x{byte:02x}" for byte in text.encode()
    )
    return f'"{plain}"'
