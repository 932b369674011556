"""What Bun runs."""

from __future__ import annotations

import pytest

from clearance.agent.tracker.commands import command
from clearance.agent.tracker.commands.bun import in_settings
from tests.agent.tracker.commands.told import told

CASES = [
    ("bun cli.ts x", {"script": ("cli.ts", "x")}),
    ("bun run --cwd /p cli.ts", {"folder": "/p", "script": ("cli.ts",)}),
    ("bun --preload ./a.ts run cli.ts", {"loaded": ("./a.ts",), "script": ("cli.ts",)}),
    ("bun run -", {"stdin": True}),
    ("bun x tool", {}),
    ("bun install tool", {}),
    ("bun --bun cli.ts --cwd /q", {"script": ("cli.ts",)}),
]


@pytest.mark.parametrize(("line", "expected"), CASES, ids=[line for line, _ in CASES])
def test_what_is_run(line: str, expected: dict[str, object]) -> None:
    found = told("bun", line)
    assert found.pop("settings", ("bunfig.toml",)) == ("bunfig.toml",)
    assert found == expected


def test_a_file_of_settings() -> None:
    assert command("bun", ["bun", "--config", "x.toml", "a.js"], {}).settings == ("bunfig.toml", "x.toml")
    assert in_settings('preload = ["./a.js", 7]') == ("./a.js",)
    assert in_settings('preload = "./a.js"') == ("./a.js",)
    assert in_settings("preload = [") == in_settings("x = 1") == ()


def test_program_text_names_what_it_loads() -> None:
    assert command("bun", ["bun", "-e", "await import('./a.ts')"], {}).mentioned == ("./a.ts",)


def test_a_packed_program_is_bun_where_it_was_told_so() -> None:
    assert told("packed-bun", "tool cli.js") == {}
    assert command("packed-bun", ["tool", "x.ts"], {"BUN_BE_BUN": "1"}).script == ("x.ts",)
    assert command("bun", ["bun", "x.ts"], {"BUN_OPTIONS": "--preload ./y.ts"}).loaded == ("./y.ts",)


@pytest.mark.parametrize("word", ["x", "run", "install", "-"])
def test_words_behind_a_text_are_for_the_text(word: str) -> None:
    words = ["bun", "-e", "import('/opt/x/cli.js')", word, "--version"]
    assert command("bun", words, {}).mentioned == ("/opt/x/cli.js",)
