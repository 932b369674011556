"""The order of version strings, and ranges over it.

Tools number themselves in many ways (`2.1.329`, `1.0.0-beta.3`, `0.0.1790179256-g22a153`, `v0.9rc1`, `2026.11.21`), so
the order is total: any two strings compare, nothing is refused, and the answer is the same on every machine.

- What stands before the first number does not count (`v0.9`, `rust-v0.42.0`, `b4567`), nor does a build part (`+…`), a
  commit hash (`-g22a153`), or a zero at the end (`1.0` is `1.0.0`). A number and `:` or `!` in front is an epoch.
- Numbers compare as numbers. A word after the release makes it come before that release (`1.0.0-beta.3` < `1.0.0`),
  `dev` first, then in the order of the alphabet; `a`, `b` and `c` are `alpha`, `beta` and `rc`.
- A number after the release (`1.2-3`, as distributions count their packages) and `post` make it come after.
- What has no number at all comes before everything that has one.

A range is PEP 440-like: clauses with `<`, `<=`, `>`, `>=`, `==`, `!=`, `~=`, joined by commas, all of which must
hold; `==2.1.*` matches every `2.1`; a bare version means `==`. Unlike in PEP 440, `<2.0` holds for `2.0-beta.1`: it
is earlier.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from msgspec import Struct

from clearance.errors import Unreadable
from clearance.judge.comparison import Clause, split
from clearance.judge.glob import fold

Number = tuple[int, str]
Token = tuple[int, int, str]


class Version(Struct, frozen=True, order=True):
    """What a version string is compared by, field after field. Numbers are kept as digits with their count, so that
    one of any length compares without being computed."""

    numbered: bool
    epoch: Number
    release: tuple[Number, ...]
    suffix: tuple[Token, ...]


class Prefix(Struct, frozen=True):
    """Whether a version's release begins with these numbers, as `==2.1.*` asks; `negated` for `!=`."""

    epoch: Number
    release: tuple[Number, ...]
    negated: bool = False

    def holds(self, seen: Version) -> bool:
        """Whether what was seen begins so (or, negated, does not)."""
        padded = seen.release + (_ZERO,) * (len(self.release) - len(seen.release))
        begins = seen.numbered and seen.epoch == self.epoch and padded[: len(self.release)] == self.release
        return begins is not self.negated

    def test(self) -> Callable[[Version], bool]:
        """`holds`, as clauses give it."""
        return self.holds


Range = tuple[Clause[Version] | Prefix, ...]

_LONGEST: Final = 256
_EXAMPLE: Final = '">=1.2,<2" or "==2.1.*"'
_BUILD: Final = re.compile(r"\+.*|[-._]g[0-9a-f]{6,40}(?![0-9A-Za-z])", re.DOTALL)
_EPOCH: Final = re.compile(r"\s*([0-9]+)[!:]")
_RELEASE: Final = re.compile(r"[^0-9]*([0-9]+(?:\.[0-9]+)*)", re.DOTALL)
_TOKEN: Final = re.compile(r"[0-9]+|[^0-9._~\-\s]+")
_SAME: Final = {"a": "alpha", "b": "beta", "c": "rc", "pre": "rc", "preview": "rc"}
_AFTER: Final = ("post", "rev", "r", "p")
_DEV, _BEFORE, _END, _NUMBER, _WORD = range(5)
_ZERO: Final[Number] = (0, "")


@lru_cache(maxsize=4096)
def version(text: str) -> Version:
    """What this version string is compared by. Never raises; only the first 256 characters count."""
    epoch, numbers, rest = _parts(text)
    return Version(bool(numbers), epoch, _trimmed(numbers), _suffix(rest))


@lru_cache(maxsize=4096)
def version_range(text: str) -> Range:
    """The clauses of a range. `Unreadable` where it cannot be read."""
    found: list[Clause[Version] | Prefix] = []
    for op, operand in split(text, _EXAMPLE, "~="):
        wild = operand.endswith(".*") and op in ("==", "!=")
        stem = operand[:-2] if wild else operand
        if "*" in stem or not any("0" <= char <= "9" for char in stem):
            raise Unreadable(f'has "{operand}", which is no version', f"write for example {_EXAMPLE}")
        epoch, numbers, _rest = _parts(stem)
        if wild:
            found.append(Prefix(epoch, numbers, negated=op == "!="))
        elif op == "~=":
            if len(numbers) < 2:
                raise Unreadable(f'has "~={operand}", which needs two numbers', 'write for example "~=1.4"')
            found += [Clause(">=", version(stem)), Prefix(epoch, numbers[:-1])]
        else:
            found.append(Clause(op, version(stem)))
    return tuple(found)


def _parts(text: str) -> tuple[Number, tuple[Number, ...], str]:
    """The epoch, the numbers of the release as they stand, and what follows them."""
    rest = _BUILD.sub("", text[:_LONGEST])
    epoch = _ZERO
    if match := _EPOCH.match(rest):
        epoch = _number(match[1])
        rest = rest[match.end() :]
    match = _RELEASE.match(rest)
    if match is None:
        return epoch, (), rest
    return epoch, tuple(_number(digits) for digits in match[1].split(".")), rest[match.end() :]


def _number(digits: str) -> Number:
    significant = digits.lstrip("0")
    return len(significant), significant


def _trimmed(release: tuple[Number, ...]) -> tuple[Number, ...]:
    end = len(release)
    while end and release[end - 1] == _ZERO:
        end -= 1
    return release[:end]


def _suffix(text: str) -> tuple[Token, ...]:
    """What follows the release, each part with its rank; the end has one too: a longer suffix sorts either way."""
    tokens: list[Token] = []
    words = _TOKEN.findall(text)
    for index, raw in enumerate(words):
        word = fold(raw)
        if "0" <= word[0] <= "9":
            tokens.append((_NUMBER, *_number(word)))
        elif word == "dev":
            tokens.append((_DEV, 0, ""))
        elif word in _AFTER and not tokens:
            if index + 1 == len(words):
                tokens.append((_NUMBER, *_ZERO))
        else:
            tokens.append((_WORD if tokens else _BEFORE, 0, _SAME.get(word, word)))
    return (*tokens, (_END, 0, ""))


def edges(text: str) -> Iterator[tuple[str, str]]:
    """Versions at the edges of a range, with how a person would say it: on, just before and just after the edge."""
    for _op, operand in split(text, _EXAMPLE, "~="):
        stem = operand.removesuffix(".*")
        yield stem, f"version {stem}"
        yield f"{stem}.dev0", f"a version before {stem}"
        yield f"{stem}.1", f"a version after {stem}"
