"""Command lines of every runtime: any words at all."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from clearance.agent.tracker.commands import PARSERS, VARIABLES, Command, command
from clearance.agent.tracker.commands.command import MANY, fewer, options, quoted
from clearance.observe.identity.runtimes import Runtime

WORD = st.one_of(
    st.sampled_from(
        [
            "-",
            "--",
            "-e",
            "-c",
            "-m",
            "-mrunpy",
            "-r",
            "run",
            "x",
            "-W",
            "--import",
            "--cwd",
            "-jar",
            "eval",
            "=",
            "--=",
        ]
    ),
    st.text(max_size=12),
    st.text(alphabet="-cmWXe'\"`=", max_size=8),
)


def test_every_runtime_has_a_parser() -> None:
    assert set(PARSERS) == set(get_args(Runtime))


@given(st.sampled_from(sorted(PARSERS)), st.lists(WORD, max_size=14), st.dictionaries(st.sampled_from(VARIABLES), WORD))
def test_any_words_are_taken(runtime: Runtime, words: list[str], environment: dict[str, str]) -> None:
    found = command(runtime, words, environment)
    assert isinstance(found, Command)
    assert sum(len(names) for names in (found.script, found.modules, found.mentioned, found.imports)) < 250


def test_options_and_their_values() -> None:
    words = ["-a", "--b=1", "--c_d", "2", "word", "-", "--e", "--", "-f"]
    assert list(options(words, frozenset({"--c-d"}))) == [
        ("-a", ""), ("--b", "1"), ("--c-d", "2"), ("", "word"), ("", "-"), ("--e", ""), ("", "-f"),
    ]  # fmt: skip


def test_of_very_many_words_the_idle_ones_are_left_out() -> None:
    words = ["--on", "x"] * MANY
    assert fewer(words[:MANY], lambda word: True) == words[:MANY]
    assert set(fewer(words, lambda word: word.startswith("--"))) == {"x"}


def test_what_stands_in_quotes() -> None:
    assert quoted("""a('bb', "c'd") `ee` 'f'""") == ("bb", "c'd", "ee")
    assert len(quoted("'xx' " * 10 + " ".join(f"'n{n}'" for n in range(200)))) == 48
