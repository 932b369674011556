"""Which files a runtime reads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from clearance.agent.tracker.commands import Command
from clearance.agent.tracker.place import Place
from clearance.agent.tracker.scripts import MOST_FILES, Started, targets
from clearance.observe.identity.runtimes import Runtime
from tests.agent.tracker.child import sleeping


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    for name, text in {
        "cli.js": "x",
        "sub/index.mjs": "x",
        "py/__main__.py": "x",
        "node_modules/plain/index.js": "x",
        "node_modules/plain/lib/a.js": "x",
        "node_modules/@s/p/package.json": '{"exports": {".": {"import": "./m.mjs"}}, "main": "other.js"}',
        "node_modules/@s/p/m.mjs": "x",
        "node_modules/odd/package.json": '{"main": 7, "exports": [1]}',
        "lib/python3.11/site-packages/mod/__main__.py": "x",
        "deep/down/x": "x",
        "package.json": '{"imports": {"#in": {"node": "./cli.js"}, "#all/*": "./sub/*.mjs"}}',
        "node_modules/map/package.json": '{"exports": {"./go": [{"x": {"default": "./a.js"}}], "./f/*": "./f/*.js"}}',
        "node_modules/map/a.js": "x",
        "node_modules/map/f/b.js": "x",
        ".env": "NODE_OPTIONS=--import=./cli.js",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with sleeping(cwd=tmp_path) as child:
        one = Place(child.pid)
        yield one
        one.close()


def run(place: Place, runtime: Runtime, command: Command, **environment: str) -> list[str]:
    found = []
    for target in targets(place, Started(runtime, f"{place.folder}/bin/python", (), environment, command)):
        if target.opened is None:
            found.append(f"npm:{target.package}")
        else:
            found.append(os.path.relpath(target.opened.path, place.folder))
            os.close(target.opened.fd)
    return found


def test_the_first_word_that_leads_to_a_file_is_the_script(place: Place) -> None:
    assert run(place, "node", Command(script=("none", "cli", "sub"))) == ["cli.js"]
    assert run(place, "node", Command(script=("sub",))) == ["sub/index.mjs"]
    assert run(place, "python", Command(script=("py",))) == ["py/__main__.py"]
    assert run(place, "python", Command(script=("cli",))) == []
    assert run(place, "bun", Command(script=("x",), folder="deep/down")) == ["deep/down/x"]


def test_packages_near_by_and_above(place: Place) -> None:
    names = ("@s/p", "plain", "plain/lib/a.js", "odd", "none", "@s", "node:fs", "")
    expected = ["node_modules/@s/p/m.mjs", "node_modules/plain/index.js", "node_modules/plain/lib/a.js"]
    assert run(place, "node", Command(loaded=names)) == expected
    assert run(place, "node", Command(loaded=("plain",), folder="deep/down")) == expected[1:2]
    assert run(place, "node", Command(mentioned=("./cli.js", f"file://{place.folder}/cli.js"))) == ["cli.js"] * 2
    near = f"{place.folder}/node_modules"
    assert run(place, "node", Command(loaded=("plain",), folder="/"), NODE_PATH=near) == expected[1:2]


def test_a_package_of_a_registry_is_a_name(place: Place) -> None:
    assert run(place, "deno", Command(script=("npm:@a/b@1.2",))) == ["npm:@a/b@1.2"]


def test_modules_are_found_by_the_interpreter_s_prefix(place: Place) -> None:
    assert run(place, "python", Command(modules=("mod", "none"))) == ["lib/python3.11/site-packages/mod/__main__.py"]


def test_the_standard_input_where_it_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "in.js").write_text("x")
    with sleeping(("-c", "import time; print('x', flush=True); time.sleep(60)")) as child:
        place = Place(child.pid)
        assert run(place, "node", Command(stdin=True)) == []
        place.close()


def test_how_many_files_are_followed_is_bounded(place: Place) -> None:
    assert len(run(place, "node", Command(loaded=("./cli.js",) * 500))) == MOST_FILES


def test_names_that_a_manifest_gives(place: Place) -> None:
    names = ("#in", "#all/index", "#none", "map/go", "map/f/b", "map/none")
    expected = ["cli.js", "sub/index.mjs", "node_modules/map/a.js", "node_modules/map/f/b.js"]
    assert run(place, "node", Command(loaded=names)) == expected
    assert run(place, "node", Command(loaded=("#in",), folder="deep/down")) == ["cli.js"]


def test_text_in_an_address_is_followed_some_steps(place: Place) -> None:
    assert run(place, "node", Command(loaded=("data:text/javascript,import './cli.js'",))) == ["cli.js"]
    address = "import './cli.js'"
    for _ in range(9):
        address = f'import "data:text/javascript,{quote(address)}"'
    assert run(place, "node", Command(loaded=(f"data:text/javascript,{quote(address)}",))) == []


def test_a_file_of_variables(place: Place) -> None:
    assert run(place, "node", Command(settings=(".env", "none"))) == ["cli.js"]


def test_paths_that_are_addresses(place: Place) -> None:
    here = place.folder
    names = (f"file:{here}/cli.js", f"FILE://localhost{here}/cli.js?a", "./c%6Ci.js?b#c", "file:cli.js", "./%25")
    assert run(place, "node", Command(loaded=names)) == ["cli.js"] * 3


def test_python_modules_of_that_very_place(place: Place) -> None:
    assert run(place, "python", Command(imports=("json", "py"))) == []
    assert run(place, "python", Command(modules=("py",))) == ["py/__main__.py"]
