"""What Node runs."""

from __future__ import annotations

import pytest

from clearance.agent.tracker.commands import command
from clearance.agent.tracker.commands.node import in_options, in_settings
from tests.agent.tracker.commands.told import told

CASES = [
    ("node cli.js", {"script": ("cli.js",)}),
    ("node --max-old-space-size=8192 --expose-gc /a/cli.js -e x", {"script": ("/a/cli.js",)}),
    ("node -r ./hook.js --import tsx cli.ts", {"loaded": ("./hook.js", "tsx"), "script": ("cli.ts",)}),
    ("node --require=./a.js -C dev b.js", {"loaded": ("./a.js",), "script": ("b.js",)}),
    ("node --title x -- -odd.js", {"script": ("-odd.js",)}),
    ("node --not-known-here value cli.js", {"script": ("value", "cli.js")}),
    ("node --experimental_loader ./l.mjs x.js", {"loaded": ("./l.mjs",), "script": ("x.js",)}),
    ("node -", {"stdin": True}),
    ("node", {"stdin": True}),
    ("node -i", {"stdin": True}),
    ("node --version", {}),
    ("node -r ./a.js --check cli.js", {"loaded": ("./a.js",)}),
    ("node inspect cli.js", {"script": ("inspect", "cli.js")}),
]


@pytest.mark.parametrize(("line", "expected"), CASES, ids=[line for line, _ in CASES])
def test_what_is_run(line: str, expected: dict[str, object]) -> None:
    assert told("node", line) == expected


def test_program_text_names_what_it_loads() -> None:
    words = ["node", "-e", "import('/opt/x/cli.js'); require(\"tool\")", "/not/run.js"]
    assert command("node", words, {}).mentioned == ("/opt/x/cli.js", "tool")
    assert command("node", words, {}).script == ()
    assert command("node", ["node", "-p", "require('./a.js')"], {}).mentioned == ("./a.js",)
    assert command("node", ["node", "--eval=require('./a.js')"], {}).mentioned == ("./a.js",)


@pytest.mark.parametrize("tail", [["--", "--version"], ["x", "--version"], ["x", "-h", "-r", "y"]])
def test_words_behind_a_text_are_for_the_text(tail: list[str]) -> None:
    assert command("node", ["node", "-e", "import('/opt/x/cli.js')", *tail], {}).mentioned == ("/opt/x/cli.js",)
    assert command("node", ["node", "-e", "import('/opt/x/cli.js')", "--version"], {}).mentioned == ()


def test_the_environment_says_what_is_run_too() -> None:
    assert command("node", ["node", "x.js"], {"NODE_OPTIONS": "--require ./t.js --no-warnings"}).loaded == ("./t.js",)
    assert command("electron", ["code", "x.js"], {"ELECTRON_RUN_AS_NODE": "1"}).script == ("x.js",)
    assert told("electron", "code .") == {}


def test_a_text_that_loads_what_a_word_behind_names() -> None:
    words = ["node", "-e", "import(process.argv[1])", "/a.js", "b"]
    assert command("node", words, {}).mentioned == ("/a.js",)
    assert command("node", ["node", "-e", "fs.readFileSync('/a.js'); fs.statSync(x)", "/b.js"], {}).mentioned == ()


def test_a_file_of_variables() -> None:
    assert command("node", ["node", "--env-file=.env", "x.js"], {}).settings == (".env",)
    text = 'A=1\n# NODE_OPTIONS=--import=no\n export NODE_OPTIONS = "--import=./a.js -r b" # x\nNODE_OPTIONS=-r c\n'
    assert in_settings(text) == ("./a.js", "b", "c")


def test_quotes_hold_the_words_of_the_environment_together() -> None:
    assert in_options(r'--import="/a b/c.js" --require /d\ e "--import=/f"') == ("/a b/c.js", "/d e", "/f")
    assert in_options('--import="/a') == ("/a",)


def test_what_stands_in_for_the_prompt() -> None:
    assert command("node", ["node", "-i"], {"NODE_REPL_EXTERNAL_MODULE": "/a.js"}).loaded == ("/a.js",)


def test_a_command_line_of_megabytes_is_taken() -> None:
    words = ["node", *["-r", "x" * 100] * 20_000, "cli.js"]
    assert command("node", words, {}).script == ("cli.js",)
    words = ["node", *["--no-warnings", "--expose-gc"] * 50_000, "cli.js"]
    assert command("node", words, {}).script == ("cli.js",)
