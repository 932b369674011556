"""What a runtime was told to run, as its arguments say it: no file has been looked at yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

MOST_WORDS: Final = 8
"""Words of which the first that leads to a file is taken for the script: an option that is not known here may have a
value that looks like one."""

MANY: Final = 4096
MOST_MENTIONED: Final = 48
_QUOTED: Final = re.compile(
    r"""(?:"((?:[^"\n\\]|\\.){2,8192})"|'((?:[^'\n\\]|\\.){2,8192})'|`((?:[^`\n\\$]|\\.){2,8192})`)"""
)
_ESCAPE: Final = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|([\\\"'`/ ]))")


class Command(NamedTuple):
    """What is run. Names are as written: paths count from the process's folder, or from `folder`.

    `loaded` are run each, before all else: paths, or names of packages. Of `script` the first that leads to a file is
    run. `modules` are Python's that are run, `imports` those that program text loads. `mentioned` are names in program
    text given as an argument; they are looked at only where they lead to something. `settings` are files of variables
    that say what is run too, `places` what modules are looked for in first. `stdin`: what is run is read from the
    standard input. `program` is the command line of a program that is loaded by hand. `flags` are letters that
    change where modules are looked for.
    """

    loaded: tuple[str, ...] = ()
    script: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    stdin: bool = False
    folder: str = ""
    program: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()


NOTHING: Final = Command()

Words = Sequence[str]
Environment = Mapping[str, str]


def quoted(text: str) -> tuple[str, ...]:
    """What stands in quotes in a program's text, each once, in order."""
    found: dict[str, None] = {}
    for match in _QUOTED.finditer(text[:262_144]):
        found[unescaped(match[1] or match[2] or match[3])] = None
        if len(found) >= MOST_MENTIONED:
            break
    return tuple(found)


def unescaped(text: str) -> str:
    """A text in quotes as the program means it, in what its characters may be written with."""
    return _ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(escape: re.Match[str]) -> str:
    code = int(escape[1] or escape[2] or escape[3] or "0", 16)
    return chr(code) if 0 < code < 0x110000 else escape[4] or ""


def fewer(words: Words, plain: Callable[[str], bool]) -> Words:
    """The words, or, where there are very many, those of them that say something: an option without a value says
    nothing the second time. Only options that a runtime knows do not end it, so that many are always the same few.
    """
    if len(words) <= MANY:
        return words
    idle = {word for word in set(words) if len(word) > 2 and plain(word)}
    return [word for word in words if word not in idle]


def options(words: Words, valued: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Options with their values (empty for none), and other words as `("", word)`; after `--` every word is one.

    A value stands behind `=`, or is the next word where the option is one of `valued`.
    """
    rest = iter(fewer(words, lambda word: word.startswith("--") and "=" not in word and word not in valued))
    for word in rest:
        if word == "--":
            yield from (("", one) for one in rest)
            return
        if not word.startswith("-") or word == "-":
            yield "", word
            continue
        name, given, value = word.partition("=")
        if name.startswith("--"):
            name = name.replace("_", "-")
        if not given and name in valued:
            value = next(rest, "")
        yield name, value
