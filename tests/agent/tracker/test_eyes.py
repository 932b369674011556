"""What scripts are, with invented tools."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearance.agent.tracker.commands import Command
from clearance.agent.tracker.eyes import Eyes
from clearance.agent.tracker.place import Place
from clearance.agent.tracker.scripts import Started
from clearance.observe.identity.runtimes import Runtime
from tests.agent.tracker.child import sleeping
from tests.observe.identity.made import RULES, SOURCE

HINT = b"#!/usr/bin/env node\n// process.env.ACME_HOME is read by openai programs\nvar ACME_TOKEN_FILE = import('y');\n"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with sleeping(cwd=tmp_path) as child:
        one = Place(child.pid)
        yield one
        one.close()


def look(place: Place, runtime: Runtime, command: Command) -> tuple[list[str | None], int]:
    eyes = Eyes(RULES)
    found, strangers = eyes.scripts(place, Started(runtime, f"{place.folder}/bin/python", (), {}, command))
    for stranger in strangers:
        os.close(stranger.opened.fd)
    eyes.forget()
    return [one.file.tool for one in found], len(strangers)


def write(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_a_script_by_its_content(place: Place, tmp_path: Path) -> None:
    write(tmp_path / "notes.txt", SOURCE)
    assert look(place, "node", Command(script=("notes.txt",))) == (["acme"], 0)
    assert look(place, "shell", Command(script=("notes.txt",))) == (["acme"], 0)


def test_a_script_by_the_package_that_names_it(place: Place, tmp_path: Path) -> None:
    write(tmp_path / "p/package.json", json.dumps({"name": "@acme/coder", "version": "9.9.9", "bin": "./run.js"}))
    write(tmp_path / "p/run.js", "import './main.js'")
    write(tmp_path / "p/other.js", "1")
    assert look(place, "node", Command(script=("p/run.js",))) == (["acme"], 0)
    assert look(place, "node", Command(script=("p/other.js",))) == ([None][:0], 1)


def test_what_a_small_script_loads_some_steps_deep(place: Place, tmp_path: Path) -> None:
    write(tmp_path / "d/tool.mjs", SOURCE)
    write(tmp_path / "d/two.mjs", "import './tool.mjs'")
    write(tmp_path / "one.cjs", "require('./d/two.mjs')")
    long = " " * 1_100
    write(tmp_path / "zero.cjs", "require('./one.cjs')" + long)
    assert look(place, "node", Command(script=("one.cjs",))) == (["acme"], 2)
    assert look(place, "node", Command(script=("zero.cjs",))) == (["acme"], 3)
    write(tmp_path / "d/two.mjs", "import './tool.mjs'" + long)
    assert look(place, "node", Command(script=("zero.cjs",))) == (["acme"], 3)
    write(tmp_path / "one.cjs", "require('./d/two.mjs')" + long)
    assert look(place, "node", Command(script=("zero.cjs",))) == ([], 3)
    assert look(place, "node", Command(script=("one.cjs",))) == (["acme"], 2)


@pytest.mark.parametrize("where", ["{}{}", "{1}{0}"])
def test_a_script_that_was_made_longer(place: Place, tmp_path: Path, where: str) -> None:
    write(tmp_path / "tool.mjs", SOURCE)
    write(tmp_path / "one.cjs", where.format("require('./tool.mjs')\n", "// nothing\n" * 9_000))
    assert look(place, "node", Command(script=("one.cjs",))) == (["acme"], 1)


def test_what_is_loaded_counts_where_it_is_beyond_doubt(place: Place, tmp_path: Path) -> None:
    write(tmp_path / "about.mjs", HINT)
    write(tmp_path / "one.mjs", "import './about.mjs'")
    assert look(place, "node", Command(script=("about.mjs",))) == (["acme"], 0)
    assert look(place, "node", Command(script=("one.mjs",))) == ([], 2)


def test_scripts_that_load_each_other_end(place: Place, tmp_path: Path) -> None:
    write(tmp_path / "a.js", "require('./b.js')")
    write(tmp_path / "b.js", "require('./a.js')")
    assert look(place, "node", Command(script=("a.js",))) == ([], 2)


def test_modules_that_a_python_script_loads(place: Place, tmp_path: Path) -> None:
    write(tmp_path / "tool/__main__.py", SOURCE.replace(b"import", b"#"))
    write(tmp_path / "s.py", "import runpy\nrunpy.run_module('tool')\n")
    assert look(place, "python", Command(script=("s.py",))) == (["acme"], 1)
    write(tmp_path / "s.py", "import json, os\nfrom tool import x\n")
    assert look(place, "python", Command(script=("s.py",))) == ([], 1)


def test_modules_called_like_python_s_own_and_those_beside(place: Place, tmp_path: Path) -> None:
    write(tmp_path / "tool/__main__.py", SOURCE.replace(b"import", b"#"))
    write(tmp_path / "json.py", "import runpy\nrunpy.run_module('tool')\n")
    write(tmp_path / "s.py", "import os, json\n")
    assert look(place, "python", Command(script=("s.py",))) == (["acme"], 2)
    write(tmp_path / "p/tool/__main__.py", SOURCE.replace(b"import", b"#"))
    write(tmp_path / "p/go.py", "import runpy\nrunpy.run_module('tool')\n")
    write(tmp_path / "p/s.py", "from .go import *\n")
    assert look(place, "python", Command(script=("p/s.py",))) == (["acme"], 2)


def test_a_package_of_a_registry(place: Place) -> None:
    found, _ = Eyes(RULES).scripts(
        place, Started("deno", "", (), {}, Command(script=("npm:@acme/coder@3.2.1/x", "none")))
    )
    assert [(one.file.tool, one.file.version) for one in found] == [("acme", "3.2.1")]
    assert look(place, "deno", Command(script=("npm:left-pad",))) == ([], 0)


def test_a_runtime_runs_what_it_can(place: Place, tmp_path: Path) -> None:
    """The tool is one of npm: Python that names its script reads it."""
    write(tmp_path / "tool.mjs", SOURCE)
    write(tmp_path / "read.py", "print(len(open('tool.mjs').read()))")
    assert look(place, "python", Command(script=("read.py",))) == ([], 1)
    assert look(place, "python", Command(mentioned=("./tool.mjs",))) == ([], 0)


def test_text_that_comes_through_a_pipe(tmp_path: Path) -> None:
    write(tmp_path / "tool.mjs", SOURCE)
    waiting = "import sys, time; sys.stdout.write('x'); sys.stdout.flush(); time.sleep(600)"
    for text in (SOURCE, b"import './tool.mjs'"):
        with sleeping(("-c", waiting), cwd=tmp_path) as child:
            place = Place(child.pid)
            assert look(place, "node", Command(stdin=True)) == ([], 0)
            assert child.stdin is not None
            child.stdin.write(text)
            child.stdin.flush()
            for command in (Command(stdin=True), Command(script=("/dev/fd/0",))):
                assert look(place, "node", command) == (["acme"], 0)
            place.close()
