"""What a person is told when a tool was not started, was started with a warning, or will not start from some day on.

Pure: a Decision and a few facts give a text. Guarantees: nothing of what others wrote (names, reasons, messages,
commands) can move a cursor, change a colour, begin a line or turn the reading direction; no line is wider than the
reader's terminal, but for a command or an address that does not fit, which is never cut; the first line says what
happened and the last where to read more.
"""

from __future__ import annotations

import re
import unicodedata
from collections import OrderedDict
from typing import Any, Final, Literal

from msgspec import Struct

from clearance.act.messages import messages
from clearance.act.reader import Reader
from clearance.model.decision import Decision

Happening = Literal["blocked", "stopped", "refused", "warned", "coming"]
"""`stopped`: it had begun to run. `refused`: a connection. `coming`: it runs, until a rule begins that ends that."""

WHY: Final = "clearance enforce why"
COLLECTS: Final = "clearance explain --collects"

NARROWEST: Final = 40
WIDEST: Final = 120
LONGEST: Final = 400
"""Characters of one foreign string."""

_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d)(?::\d\d)?(.*))?")
_WORDS: Final = re.compile(r"\s+")
_STACK: Final = re.compile("(?<=[\u0300-\u036f]{4})[\u0300-\u036f]+")
"""Marks beyond the fourth on one letter, which would overwrite other lines."""
_HIDDEN: Final = frozenset({0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810)})


class Occasion(Struct, frozen=True):
    """What happened. `name` is the tool's, empty for an agent that no entry knows; `target` the host of a connection.

    `own_words`: the rule has a message of its own, which `Decision.message` then is. `width` is the terminal's.
    """

    happening: Happening
    name: str = ""
    target: str = ""
    own_words: bool = False
    width: int = 80


class Notice(Struct, frozen=True):
    """The notice: its first line alone, the whole as lines for a terminal, and as plain sentences for a desktop."""

    title: str
    text: str
    body: str


def compose(decision: Decision, occasion: Occasion, reader: Reader) -> Notice:
    """The notice in the reader's language and characters."""
    words = messages(reader.language)
    title = _fill(words[occasion.happening], name=occasion.name or words["this-program"], target=occasion.target)
    said = _said(decision, occasion, words)
    pairs = _pairs(decision, words)
    foot = f"{_rule(decision, occasion.happening, words)} · {words['details']}: {WHY} · {words['recorded']}: {COLLECTS}"
    shown = [title, *said, *(part for pair in pairs for part in pair), foot]
    if not reader.unicode:
        title, *shown = [_writable(part, reader.encoding) for part in shown]
        said, foot = shown[: len(said)], shown[-1]
        flat = shown[len(said) : -1]
        pairs = list(zip(flat[::2], flat[1::2], strict=True))
    text = _boxed(title, said, pairs, foot, occasion.width, unicode=reader.unicode)
    body = "\n".join([*said, *(f"{label} {value}".rstrip() for label, value in pairs)])
    return Notice(title, text, body)


def _said(decision: Decision, occasion: Occasion, words: dict[str, Any]) -> list[str]:
    if occasion.happening == "coming" and decision.upcoming is not None:
        kind = {"block": "will-block", "allow-with-settings": "will-settings"}.get(
            decision.upcoming.effect, "will-warn"
        )
        return [_fill(words[kind], date=_date(decision.upcoming.from_, words))]
    if occasion.own_words and decision.message.strip():
        return [_clean(line) for line in decision.message.splitlines() if line.strip()][:12]
    key = "uncleared" + ("-since" if decision.since else "") + ("-why" if decision.reason.strip() else "")
    reason = _WORDS.sub(" ", decision.reason).strip().removesuffix(".")
    return [_fill(words[key], date=_date(decision.since or "", words), reason=reason)]


def _pairs(decision: Decision, words: dict[str, Any]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    if decision.replacement is not None:
        name, command = decision.replacement.name, decision.replacement.command
        key = "instead" if command else "instead-bare"
        pairs.append((_fill(words[key], name=name), _clean(command)))
    if decision.contact:
        pairs.append((words["contact"], _clean(decision.contact)))
    return pairs


def _rule(decision: Decision, happening: Happening, words: dict[str, Any]) -> str:
    directive = ", ".join(decision.policy.directives)
    rule = decision.upcoming.rule if happening == "coming" and decision.upcoming else decision.rule
    if rule is None:
        return _fill(words["default"], directive=directive)
    return _fill(words["rule" if directive else "rule-bare"], rule=rule, directive=directive)


def _fill(sentence: str, **values: str) -> str:
    # One pass, so that a value that looks like a placeholder is none.
    return re.sub(r"\{(\w+)\}", lambda match: _clean(values.get(match[1], "")), sentence)


def _date(text: str, words: dict[str, Any]) -> str:
    match = _DATE.fullmatch(text)
    if match is None or not "01" <= match[2] <= "12":
        return text
    said = _fill(words["date"], day=str(int(match[3])), month=words["months"][int(match[2]) - 1], year=match[1])
    return f"{said}, {match[4]}{match[5]}" if match[4] else said


def _clean(text: str) -> str:
    """Foreign text on one line, with whatever does not show written out."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - 1]}…"
    return text if text.isascii() and text.isprintable() else _STACK.sub("", "".join(map(_visible, text)))


def _visible(char: str) -> str:
    number = ord(char)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    if char.isprintable() and number not in _HIDDEN and not _selector(number):
        return char
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _selector(number: int) -> bool:
    return 0xFE00 <= number <= 0xFE0F or 0xE0000 <= number <= 0xE01EF


def _writable(text: str, encoding: str) -> str:
    """The text in characters that this set has; others are written out, and what stands for them is plain."""
    plain = text.replace("…", "...").replace("’", "'")
    if encoding == "ascii":
        plain = plain.replace(" · ", " - ")
    try:
        return plain.encode(encoding, "backslashreplace").decode(encoding)
    except (LookupError, UnicodeError):
        return plain.encode("ascii", "backslashreplace").decode("ascii")


def cells(text: str) -> int:
    """How many cells of a terminal the text takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken at spaces; wide scripts between any two characters."""
    lines, line, used = [], "", 0
    for part in _breakable(text):
        size = cells(part.rstrip())
        if line and used + size > width:
            lines.append(line.rstrip())
            line, used, part = "", 0, part.lstrip()
        line += part
        used += cells(part)
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _breakable(text: str) -> list[str]:
    return re.findall(
        r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef][。，：；、）？！]?|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]*\s*",
        text,
    )


def _boxed(title: str, said: list[str], pairs: list[tuple[str, str]], foot: str, width: int, *, unicode: bool) -> str:
    top, side, bottom = ("┌ ", "│ ", "└ ") if unicode else ("+ ", "| ", "+ ")
    room = min(max(width, NARROWEST), WIDEST) - 2
    lines = [line for sentence in said for line in _wrapped(sentence, room)]
    column = max((cells(label) for label, value in pairs if value), default=0) + 3
    for label, value in pairs:
        if value and column + cells(value) <= room:
            lines.append(f"{label}{' ' * (column - cells(label))}{value}")
        else:
            lines += [*_wrapped(label, room), *([f"  {value}"] if value else [])]
    first, *more = _wrapped(title, room)
    *feet, last = _foot(foot, room)
    body = [*more, *lines, *feet]
    return "\n".join([top + first, *(side + line for line in body), bottom + last]) + "\n"


def _foot(foot: str, room: int) -> list[str]:
    mark = " · " if " · " in foot else " - "
    lines: list[str] = []
    for part in foot.split(mark):
        if lines and cells(lines[-1]) + len(mark) + cells(part) <= room:
            lines[-1] += mark + part
        else:
            lines += _wrapped(part, room)
    return lines


class Once:
    """Whether somebody was told this already: the same user, tool and rule once within `window` seconds.

    At most `most` of them are remembered; the oldest is forgotten first, so that somebody is told twice rather than
    never.
    """

    def __init__(self, window: float = 600.0, most: int = 1024) -> None:
        self._window = window
        self._most = most
        self._told: OrderedDict[tuple[int, str | None, str | None], float] = OrderedDict()

    def first(self, uid: int, tool: str | None, rule: str | None, now: float) -> bool:
        """True the first time. `now` is of a clock that never goes back (seconds)."""
        key = (uid, tool, rule)
        told = self._told.get(key)
        if told is not None and now - told < self._window:
            return False
        self._told[key] = now
        self._told.move_to_end(key)
        while len(self._told) > self._most:
            self._told.popitem(last=False)
        return True

    def forget(self) -> None:
        """Everything may be told again: another directive holds."""
        self._told.clear()
