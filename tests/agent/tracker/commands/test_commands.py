"""What runtimes run by their arguments, and any words at all."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.agent.tracker.commands import PARSERS, VARIABLES, Command, command
from clearance.observe.identity.runtimes import Runtime

FIELDS = ("loaded", "script", "modules", "imports", "mentioned", "stdin", "folder", "program")

NODE = [
    ("node cli.js --help", {"script": ("cli.js",)}),
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
    ("node inspect cli.js", {"script": ("inspect", "cli.js")}),
]
PYTHON = [
    ("python -m aider --model x", {"modules": ("aider",)}),
    ("python -maider", {"modules": ("aider",)}),
    ("python -Im aider", {"modules": ("aider",)}),
    ("python -X dev -W ignore -u x.py -m y", {"script": ("x.py",)}),
    ("python -Xdev -Wd -OO x.py", {"script": ("x.py",)}),
    ("python -", {"stdin": True}),
    ("python -i", {"stdin": True}),
    ("python3.11", {"stdin": True}),
    ("python --version", {}),
    ("python --check-hash-based-pycs always x.pyz", {"script": ("x.pyz",)}),
    ("python -m runpy aider", {"modules": ("runpy", "aider"), "script": ("aider",)}),
    ("python -m cProfile -o out -m aider", {"modules": ("cProfile", "aider"), "script": ("out",)}),
    ("python -m pdb cli.py", {"modules": ("pdb",), "script": ("cli.py",)}),
    ("python -m", {"modules": ("",)}),
]
OTHERS = [
    ("bun", "bun cli.ts x", {"script": ("cli.ts", "x")}),
    ("bun", "bun run --cwd /p cli.ts", {"folder": "/p", "script": ("cli.ts",)}),
    ("bun", "bun --preload ./a.ts run cli.ts", {"loaded": ("./a.ts",), "script": ("cli.ts",)}),
    ("bun", "bun run -", {"stdin": True}),
    ("bun", "bun x tool", {}),
    ("bun", "bun install tool", {}),
    ("packed-bun", "tool cli.js", {}),
    ("deno", "deno run -A --config d.json cli.ts", {"script": ("cli.ts",)}),
    ("deno", "deno run -A npm:@acme/coder@1.2.3", {"script": ("npm:@acme/coder@1.2.3",)}),
    ("deno", "deno cli.ts", {"script": ("cli.ts",)}),
    ("deno", "deno install x", {}),
    ("deno", "deno run -", {"stdin": True}),
    ("electron", "code .", {}),
    ("java", "java -Xmx1g -cp a:b -jar x.jar y", {"script": ("x.jar",)}),
    ("java", "jar tf x.jar", {}),
    ("shell", "bash -x -o pipefail run.sh a", {"script": ("run.sh",)}),
    ("shell", "bash -lc something", {}),
    ("shell", "sh", {"stdin": True}),
    ("shell", "bash -s a", {"stdin": True}),
    ("loader", "ld.so --library-path /l --argv0=x /bin/tool a", {"program": ("/bin/tool", "a")}),
    ("loader", "ld.so --inhibit-cache tool", {"program": ("tool",)}),
    ("loader", "ld.so --list tool", {}),
]  # fmt: skip
CASES = [("node", *case) for case in NODE] + [("python", *case) for case in PYTHON] + OTHERS


@pytest.mark.parametrize(("runtime", "line", "expected"), CASES, ids=[line for _, line, _ in CASES])
def test_what_is_run(runtime: Runtime, line: str, expected: dict[str, object]) -> None:
    found = command(runtime, line.split(), {})
    assert {name: getattr(found, name) for name in FIELDS if getattr(found, name)} == expected


def test_program_text_names_what_it_loads() -> None:
    assert command("node", ["node", "-e", "import('/opt/x/cli.js'); require(\"tool\")"], {}).mentioned == (
        "/opt/x/cli.js", "tool",
    )  # fmt: skip
    assert command("node", ["node", "-p", "require('./a.js')"], {}).mentioned == ("./a.js",)
    assert command("bun", ["bun", "-e", "await import('./a.ts')"], {}).mentioned == ("./a.ts",)
    assert command("deno", ["deno", "eval", "await import('npm:tool')"], {}).mentioned == ("npm:tool",)
    found = command(
        "python", ["python", "-c", "import os, aider.main as a; from x.y import z\nexec(open('/t.py'))"], {}
    )
    assert found.imports == ("aider.main", "x.y")
    assert found.mentioned == ("/t.py",)
    assert command("python", ["python", "-c", "__import__('runpy').run_module('aider')"], {}).modules[1:] == ("aider",)


def test_the_environment_says_what_is_run_too() -> None:
    assert command("node", ["node", "x.js"], {"NODE_OPTIONS": "--require ./t.js --no-warnings"}).loaded == ("./t.js",)
    assert command("packed-bun", ["tool", "x.ts"], {"BUN_BE_BUN": "1"}).script == ("x.ts",)
    assert command("electron", ["code", "x.js"], {"ELECTRON_RUN_AS_NODE": "1"}).script == ("x.js",)
    assert command("python", ["python", "-sE", "-m", "x"], {"PYTHONSAFEPATH": "1"}).flags == {"s", "E", "P"}


def test_every_runtime_has_a_parser() -> None:
    assert set(PARSERS) == set(get_args(Runtime))


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


@given(st.sampled_from(sorted(PARSERS)), st.lists(WORD, max_size=14), st.dictionaries(st.sampled_from(VARIABLES), WORD))
def test_any_words_are_taken(runtime: Runtime, words: list[str], environment: dict[str, str]) -> None:
    found = command(runtime, words, environment)
    assert isinstance(found, Command)
    assert sum(len(getattr(found, name)) for name in ("script", "modules", "mentioned")) < 200


def test_a_command_line_of_two_megabytes_is_taken() -> None:
    words = ["node", *["-r", "x" * 100] * 20_000, "cli.js"]
    assert command("node", words, {}).script == ("cli.js",)
    words = ["python", *["-u", "-OO"] * 100_000, "-m", "tool"]
    assert command("python", words, {}).modules == ("tool",)
    text = "'" * 1_000_000 + "import " * 200_000
    for runtime in ("node", "python", "bun", "deno"):
        command(runtime, [runtime, "-e" if runtime != "python" else "-c", text], {})
