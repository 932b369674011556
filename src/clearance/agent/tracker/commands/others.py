"""What shells, Java and the dynamic loader run."""

from __future__ import annotations

from typing import Final

from clearance.agent.tracker.commands.command import NOTHING, Command, Environment, Words, options

SHELL_VALUED: Final = frozenset({"--rcfile", "--init-file", "-o", "+o", "-O", "+O"})
JAVA_VALUED: Final = frozenset(
    {"-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules", "--source"}
)
LOADER_VALUED: Final = frozenset(
    {
        "--library-path", "--preload", "--audit", "--argv0", "--inhibit-rpath", "--glibc-hwcaps-prepend",
        "--glibc-hwcaps-mask",
    }
)  # fmt: skip
LOADER_ENDS: Final = frozenset({"--list", "--verify", "--list-tunables", "--list-diagnostics", "--help", "--version"})


def shell(argv: Words, environment: Environment) -> Command:
    """What a shell runs: a script. What its text starts are processes of their own."""
    rest = iter(argv[1:])
    for word in rest:
        if word in SHELL_VALUED:
            next(rest, None)
        elif word == "--":
            following = next(rest, "")
            return Command(script=(following,)) if following else Command(stdin=True)
        elif word.startswith(("-", "+")) and len(word) > 1:
            if not word.startswith("--") and "c" in word:
                return NOTHING
            if not word.startswith("--") and "s" in word:
                return Command(stdin=True)
        elif word == "-":
            continue
        else:
            return Command(script=(word,))
    return Command(stdin=True)


def java(argv: Words, environment: Environment) -> Command:
    """The archive that Java runs; classes by name are not looked up."""
    for name, value in options(argv[1:], JAVA_VALUED | {"-jar"}):
        if name == "-jar":
            return Command(script=(value,))
        if not name:
            return Command(script=(value,)) if value.endswith(".java") else NOTHING
    return NOTHING


def loader(argv: Words, environment: Environment) -> Command:
    """The program that the dynamic loader was started with."""
    words = list(argv[1:])
    while words:
        word = words[0]
        if not word.startswith("--") or word == "--":
            return Command(program=tuple(words[word == "--" :]))
        name, given, _ = word.partition("=")
        if name in LOADER_ENDS:
            return NOTHING
        del words[: 2 if name in LOADER_VALUED and not given else 1]
    return NOTHING
