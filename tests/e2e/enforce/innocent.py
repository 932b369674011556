"""What looks like a barred agent's start and is none: its files read, packed, checked, named; others called like it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.e2e.enforce.evasions import PACKAGE, project
from tests.e2e.enforce.scene import BUN, PYTHON, PYTHONIC, Scene
from tests.enforcing import HOME, PERSON, Started

MINI: Final = f"{PYTHONIC.program}/run/mini.py"
SCRIPT: Final = f"{PACKAGE}/bundle/gemini.js"


@dataclass(frozen=True)
class Innocent:
    """Something that people do, and that is to end well."""

    name: str
    run: Callable[[Scene], Started]


INNOCENT: Final[list[Innocent]] = []


def innocent(name: str) -> Callable[[Callable[[Scene], Started]], Callable[[Scene], Started]]:
    """Register one."""

    def register(run: Callable[[Scene], Started]) -> Callable[[Scene], Started]:
        INNOCENT.append(Innocent(name, run))
        return run

    return register


def do(scene: Scene, *command: str, **how: Any) -> Started:
    """Run a command as a person."""
    return scene.room.run(*command, uid=PERSON, **({"folder": HOME} | how))


for _name, _script in {
    "grep": f"grep -rl GEMINI_CLI {PACKAGE} | wc -l",
    "tar and gzip": f"tar -C {PACKAGE} -cz . | tar -tz | wc -l",
    "cp and diff": f"cp -r {PACKAGE} copy && diff -r {PACKAGE} copy",
    "an editor": f"sed -n 1,3p {SCRIPT}",
    "looking at a program": f"sha256sum {BUN.program} && readelf -h {BUN.program}",
    "git": (
        f"mkdir r && cd r && git init -q . && cp {SCRIPT} . && git add -A && "
        "git -c user.name=x -c user.email=x@example.com commit -qm x"
    ),
    "node counts what comes through a pipe": (
        f"cat {SCRIPT} | node -e 'let n = 0; process.stdin.on(\"data\", one => n += one.length)'"
    ),
    "python counts what comes through a pipe": f"cat {MINI} | {PYTHON} -c 'import sys; print(len(sys.stdin.read()))'",
    "python takes a text apart": f"cat {MINI} | {PYTHON} -m tokenize | wc -l",
}.items():
    innocent(_name)(lambda scene, script=_script: do(scene, "sh", "-ec", script))  # type: ignore[misc]

for _name, _command in {
    "node checks a script": ("node", "--check", SCRIPT),
    "node reads a script": ("node", "-e", f"require('fs').readFileSync('{SCRIPT}')"),
    "node reads a script that a word names": ("node", "-e", "require('fs').readFileSync(process.argv[1])", SCRIPT),
    "python reads a bundle": (PYTHON, "-c", f"exec('x = 1'); print(len(open('{SCRIPT}').read()))"),
    "python parses a script": (PYTHON, "-c", f"import ast; ast.parse(open('{MINI}').read())"),
    "python compiles a script": (PYTHON, "-c", f"import py_compile; py_compile.compile('{MINI}', '{HOME}/x')"),
    "python lists packages": (PYTHON, "-m", "pip", "show", "mini-swe-agent"),
}.items():

    @innocent(_name)
    def _(scene: Scene, command: tuple[str, ...] = _command) -> Started:
        return do(scene, *command, PYTHONPATH=PYTHONIC.variables["PYTHONPATH"])


@innocent("node in the folder of the package")
def _(scene: Scene) -> Started:
    text = "console.log(require('./package.json').version, require('fs').statSync('./bundle/gemini.js').size)"
    return do(scene, "node", "-e", text, folder=PACKAGE)


@innocent("somebody's own script of that name")
def _(scene: Scene) -> Started:
    return do(scene, scene.room.write(f"{scene.folder()}/claude", "#!/bin/sh\necho 'claude code'\n", 0o755))


@innocent("somebody's own module of that name")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    scene.room.write(f"{folder}/minisweagent/__init__.py", "x = 1\n")
    scene.room.write(f"{folder}/test_it.py", "from minisweagent import x\nassert x == 1\n")
    return do(scene, PYTHON, "test_it.py", folder=folder)


@innocent("an indexer")
def _(scene: Scene) -> Started:
    text = (
        f"import fs from 'node:fs'; const at = '{PACKAGE}/bundle';\n"
        "const names = fs.readdirSync(at).filter(name => name.endsWith('.js'));\n"
        "for (const name of names.slice(0, 20)) fs.readFileSync(`${at}/${name}`);\n"
    )
    return do(scene, "node", scene.write(text, ".mjs"), SCRIPT)


@innocent("npm ls where it is a dependency")
def _(scene: Scene) -> Started:
    return do(scene, "npm", "ls", folder=wanting(scene), npm_config_update_notifier="false")


@innocent("a build that asks for its version")
def _(scene: Scene) -> Started:
    folder = wanting(scene)
    text = (
        "import fs from 'node:fs'; import {createRequire} from 'node:module';\n"
        "const own = createRequire(import.meta.url);\n"
        "JSON.parse(fs.readFileSync(own.resolve('@google/gemini-cli/package.json')));\n"
    )
    scene.room.write(f"{folder}/build.mjs", text)
    return do(scene, "npm", "run", "build", folder=folder, npm_config_update_notifier="false")


def wanting(scene: Scene) -> str:
    """A project that has the agent as a dependency."""
    folder = project(scene)
    wants = {"name": "x", "scripts": {"build": "node build.mjs"}, "dependencies": {"@google/gemini-cli": "*"}}
    scene.room.write(f"{folder}/package.json", json.dumps(wants))
    return folder
