"""What Python runs: a script, a module, text, the standard input; and what those modules run that run others."""

from __future__ import annotations

import re
import sys
from typing import Final

from clearance.agent.tracker.commands.command import MOST_WORDS, NOTHING, Command, Environment, Words, fewer, quoted

VALUED: Final = "WX"
ENDS: Final = "hV?"
RUNNERS: Final = frozenset(
    {
        "runpy",
        "pdb",
        "cProfile",
        "profile",
        "trace",
        "coverage",
        "debugpy",
        "pyinstrument",
        "memory_profiler",
        "kernprof",
    }
)
"""Modules that run what stands behind them."""

_IMPORTS: Final = re.compile(
    r"(?:^|[\n;:])[ \t]*(?:from[ \t]+(\w[\w.]{0,199})[ \t]+import|import[ \t]+([\w., \t]{1,400}))"
)
_NEAR: Final = re.compile(
    r"(?:^|[\n;:])[ \t]*from[ \t]+(\.{1,8})([\w.]{0,200})[ \t]+import[ \t]*(\([^)]{0,400}|[^\n;#]{1,400})"
)
_MODULE: Final = re.compile(r"""(?:run_module|import_module|__import__|resolve_name)\(\s*["']([\w.]{1,200})["':]""")
_CONTINUED: Final = re.compile(r"\\\r?\n[ \t]*")
_RUN: Final = re.compile(
    r"""\b(?:run_path\(|(?:SourceFileLoader|spec_from_file_location)\([^,\n]{1,200},)\s*["']([^"'\n]{1,1024})["']"""
)
_READ: Final = re.compile(r"""\b(?:open|Path|PosixPath|read_text)\(\s*["']([^"'\n]{1,1024})["']""")
_BY_NAME: Final = re.compile(
    r"""(?<!\.)\b(?:exec|eval|compile)\s{0,40}\(|\b(?:run_path|run_module|import_module|__import__|SourceFileLoader)\(\s*[^"'\s]"""
)
"""What runs a text that was read, or what a variable names."""

_BY_NAME_WORDS: Final = ("exec", "eval", "compile", "run_", "import_module", "__import__", "SourceFileLoader")
_PLACES: Final = re.compile(r"""\bsys\s*\.\s*path\b([^\n;]{1,2048})|\bsite\s*\.\s*addsitedir\(([^\n;)]{1,1024})""")
_INTERNED: Final = re.compile(rb"[\x5a\x7a\xda\xfa]([\x01-\xff])([A-Za-z_][\w.]{0,254})", re.DOTALL)
"""A short name in compiled text: its length, and itself (Python/marshal.c)."""

TALKS: Final = frozenset({"code", "asyncio"})
"""Modules that run what they read."""

_SWITCHES: Final = re.compile(r"-[bBdiOqtuv]{1,20}")
MOST_MODULES: Final = 32
MOST_COMPILED: Final = 96
TEXT: Final = 262_144


def parse(argv: Words, environment: Environment) -> Command:
    """What `python ARGUMENTS` runs."""
    flags: set[str] = set()
    if environment.get("PYTHONSAFEPATH"):
        flags.add("P")
    if environment.get("PYTHONNOUSERSITE"):
        flags.add("s")
    started = (environment["PYTHONSTARTUP"],) if environment.get("PYTHONSTARTUP") else ()
    words = list(fewer(argv[1:], lambda word: _SWITCHES.fullmatch(word) is not None))
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "-":
            return Command(stdin=True, mentioned=_prompted(started, flags), flags=frozenset(flags))
        if not word.startswith("-"):
            return Command(script=(word,), flags=frozenset(flags))
        if word.startswith("--"):
            if word == "--check-hash-based-pycs":
                at += 1
            elif word != "--":
                return NOTHING
            continue
        for place, letter in enumerate(word[1:], 2):
            value = word[place:]
            if letter in "cm":
                rest = words[at + (not value) :]
                value = value or (words[at] if at < len(words) else "")
                found = _given(value, rest) if letter == "c" else _module(value, rest)
                return found._replace(flags=frozenset(flags))
            if letter in VALUED:
                at += not value
                break
            if letter in ENDS:
                return NOTHING
            flags.add(letter)
    return Command(stdin=True, mentioned=_prompted(started, flags), flags=frozenset(flags))


def _given(source: str, rest: Words) -> Command:
    """What a text runs, and the words behind it that it may."""
    found = text(source)
    if not by_name(source):
        return found
    return found._replace(mentioned=(*found.mentioned, *(word for word in rest[:MOST_WORDS] if "/" in word)))


def _prompted(started: tuple[str, ...], flags: set[str]) -> tuple[str, ...]:
    """What is run before a prompt, where Python is told to heed the environment."""
    return () if flags & {"E", "I"} else tuple(one if "/" in one else f"./{one}" for one in started)


def _module(name: str, rest: Words) -> Command:
    modules = [name]
    script: list[str] = []
    if name.partition(".")[0] in RUNNERS:
        for number, word in enumerate(rest[:MOST_WORDS]):
            if word == "-m" and number + 1 < len(rest):
                modules.append(rest[number + 1])
                break
            if not word.startswith("-"):
                script.append(word)
    if name == "runpy":
        modules += script[:1]
    if name == "timeit":
        return text("\n".join(rest[:MOST_WORDS]))._replace(modules=tuple(modules))
    if name in TALKS:
        return Command(modules=tuple(modules), stdin=True)
    return Command(script=tuple(script), modules=tuple(modules))


def text(source: str) -> Command:
    """What a program's text imports or runs by name; what stands in quotes in it."""
    named = quoted(source) if by_name(source) else ()
    mentioned = dict.fromkeys((*paths(source), *(one for one in named if "/" in one or one.endswith(".py"))))
    return Command(
        modules=runs(source), imports=imports(source), mentioned=tuple(mentioned), places=places(source)
    )  # fmt: skip


def near(source: str) -> tuple[tuple[int, str], ...]:
    """What a text imports from its own package: how many folders above, and the module's name there."""
    found: dict[tuple[int, str], None] = {}
    for dots, module, names in _NEAR.findall(_CONTINUED.sub(" ", source[:TEXT])) if "from" in source else ():
        for name in (module,) if module else names.lstrip("(").split(","):
            if words := name.split():
                found[len(dots) - 1, words[0]] = None
    return tuple(found)[:MOST_MODULES]


def by_name(source: str) -> bool:
    """Whether a text runs what it read, or what a variable names."""
    return any(word in source for word in _BY_NAME_WORDS) and _BY_NAME.search(source[:TEXT]) is not None


def imports(source: str) -> tuple[str, ...]:
    """The modules that a program's text imports, Python's own last: something else may be called like one of them."""
    found: dict[str, None] = {}
    for match in _IMPORTS.finditer(_CONTINUED.sub(" ", source[:TEXT])):
        for name in (match[1] or match[2]).split(","):
            if words := name.split():
                found[words[0]] = None
    return tuple(sorted(found, key=is_own))[:MOST_MODULES]


def is_own(name: str) -> bool:
    """Whether a module of this name is one of Python's own."""
    return name.partition(".")[0] in sys.stdlib_module_names


def runs(source: str) -> tuple[str, ...]:
    """The modules that a program's text names to have them run or loaded."""
    return tuple(dict.fromkeys(_MODULE.findall(source[:TEXT])))[:MOST_MODULES]


def paths(source: str) -> tuple[str, ...]:
    """The files that a program's text runs: by name, or what it reads where it runs something that it read."""
    source = source[:TEXT]
    by_place = _RUN.findall(source) if "run_path" in source or "SourceFile" in source or "spec_from" in source else ()
    found = (*by_place, *(_READ.findall(source) if by_name(source) else ()))
    return tuple(dict.fromkeys(found))[:MOST_MODULES]


def places(source: str) -> tuple[str, ...]:
    """The folders and archives that a program's text looks for modules in."""
    matches = _PLACES.finditer(source[:TEXT]) if "path" in source or "addsitedir" in source else ()
    found = (one for match in matches for one in quoted(match[1] or match[2]))
    return tuple(dict.fromkeys(found))[:MOST_MODULES]


def compiled(data: bytes) -> tuple[str, ...]:
    """What stands as a name in compiled text: the modules that it imports among others."""
    found = dict.fromkeys(
        match[2][: match[1][0]].decode("ascii") for match in _INTERNED.finditer(data) if len(match[2]) >= match[1][0]
    )
    return tuple(name for name in found if not is_own(name))[:MOST_COMPILED]
