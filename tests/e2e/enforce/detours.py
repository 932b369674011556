"""Ways on which a runtime is led to a barred agent, or a program to start it, without its being named outright.

They add to those of `evasions.py`, in the same list.
"""

from __future__ import annotations

import base64
import json
import struct
from typing import Final

from tests.e2e.enforce.evasions import CONSOLE, LOADER, PACKAGE, WAYS, bundle, fresh, way
from tests.e2e.enforce.scene import BUN, LIBRARIES, NODE, PYTHON, PYTHONIC, RUST, Scene
from tests.enforcing import HOME, ROOT, WORK, Started

__all__ = ["WAYS"]

LONG: Final = 4_000
"""Lines of nothing, 44 KB."""


# The program's file is made to look otherwise, or has no name.

UNNAMED: Final = """
import os, sys
fd = os.open(sys.argv[1], os.O_TMPFILE | os.O_RDWR, 0o755)
with open(sys.argv[2], "rb") as source:
    while data := source.read(1 << 22):
        os.write(fd, data)
program = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)
os.close(fd)
os.execve(program, ["x", *sys.argv[3:]], dict(os.environ))
"""


@way("a file that never had a name", BUN, "blocked")
def _(scene: Scene) -> Started:
    return scene.run(BUN, PYTHON, "-c", UNNAMED, scene.folder(), BUN.program, *BUN.words)


@way("a file that may be started but not read", BUN, "blocked")
def _(scene: Scene) -> Started:
    path = fresh(scene, BUN)
    scene.room.must("chmod", "711", path)
    return scene.run(BUN, path, *BUN.words)


@way("as the interpreter of a script", BUN, "blocked")
def _(scene: Scene) -> Started:
    return scene.run(BUN, scene.write(f"#!{BUN.program} -p\nhello\n"))


def no_sections(data: bytearray) -> None:
    """An ELF file without its table of sections, which nobody needs to start it."""
    data[40:48] = bytes(8)
    data[58:64] = bytes(6)


def names_of_sections(data: bytearray) -> None:
    """An ELF file whose sections are all called alike."""
    (table,) = struct.unpack_from("<Q", data, 40)
    size, _, names = struct.unpack_from("<HHH", data, 58)
    start, length = struct.unpack_from("<QQ", data, table + names * size + 24)
    for at in range(start, start + length):
        data[at] = data[at] and ord("a")


def a_megabyte_more(data: bytearray) -> None:
    """A file with a tail."""
    data.extend(b"x" * (1 << 20))


for _name, _change in (
    ("without its table of sections", no_sections), ("its sections renamed", names_of_sections),
    ("a megabyte longer", a_megabyte_more),
):  # fmt: skip
    for _agent in (BUN, RUST):
        way(f"{_name}: {_agent.tool}", _agent, "blocked")(
            lambda scene, agent=_agent, change=_change: scene.run(  # type: ignore[misc]
                agent, scene.edit(scene.copy(agent.program), change), *agent.words
            )
        )

# Other programs start it.

THREAD: Final = "import os, sys, threading; threading.Thread(target=os.execv, args=(sys.argv[1], sys.argv[1:])).start()"
SPAWN: Final = "import os, sys; os.waitpid(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)"

for _name, _command in {
    "find -exec": ("find", BUN.program, "-exec", "{}", *BUN.words, ";"),
    "perl": ("perl", "-e", "exec @ARGV", BUN.program, *BUN.words),
    "awk": ("awk", 'BEGIN { system(ARGV[1] " -p hello") }', BUN.program),
    "an alias of git": ("git", "-c", f"alias.x=!{BUN.program} -p hello", "x"),
    "a terminal of its own": ("script", "-qc", f"{BUN.program} -p hello", "/dev/null"),
    "setarch": ("setarch", "-R", BUN.program, *BUN.words),
    "a thread": (PYTHON, "-c", THREAD, BUN.program, *BUN.words),
    "posix_spawn": (PYTHON, "-c", SPAWN, BUN.program, *BUN.words),
}.items():
    way(f"started by {_name}", BUN, "blocked")(lambda scene, command=_command: scene.run(BUN, *command))  # type: ignore[misc]


@way("started as somebody else", BUN, "blocked")
def _(scene: Scene) -> Started:
    command = ("setpriv", "--reuid", "1001", "--regid", "1001", "--clear-groups", BUN.program)
    return scene.run(BUN, *command, *BUN.words, uid=ROOT)


@way("a recipe of make", BUN, "blocked")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    scene.room.write(f"{folder}/Makefile", f"all:\n\t@{BUN.program} -p hello\n")
    return scene.run(BUN, "make", "-C", folder)


@way("a hook of git", NODE, "killed")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    scene.room.write(f"{folder}/hooks/pre-commit", f"#!/bin/sh\nexec node {bundle(scene)} --version\n", 0o755)
    scene.room.must("chown", "-R", "1000", folder)
    script = (
        "git init -q . && git -c user.name=x -c user.email=x@example.com -c core.hooksPath=hooks commit --allow-empty "
        "-qm x"
    )
    return scene.run(NODE, "sh", "-c", script, folder=folder)


@way("a script with the package behind it", NODE, "killed")
def _(scene: Scene) -> Started:
    path = scene.place(".run")
    script = 'd=$(mktemp -d); tail -n +4 "$0" | tar xz -C $d; node $d/bundle/gemini.js --version; exit'
    scene.room.must("sh", "-c", f"printf '#!/bin/sh\\n%s\\n\\n' '{script}' > {path}; tar -C {PACKAGE} -cz . >> {path}")
    scene.room.must("chmod", "755", path)
    return scene.run(NODE, path)


ANSWERING: Final = """
import os, socket, sys
listening = socket.create_server(("127.0.0.1", 0))
if os.fork() == 0:
    end = listening.accept()[0]
    os.dup2(end.fileno(), 1)
    os.dup2(end.fileno(), 2)
    os.execvp("node", ["node", sys.argv[1], "--version"])
end = socket.create_connection(listening.getsockname())
listening.close()
while data := end.recv(4096):
    print(data.decode())
"""


@way("by a server, for a connection", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, PYTHON, "-c", ANSWERING, bundle(scene))


# Node is led to it by what it reads before.


def leads(scene: Scene, text: str = "import '{}';\n", ending: str = ".mjs") -> str:
    """A script that leads to the agent."""
    return scene.write(text.replace("{}", bundle(scene)), ending)


def through(scene: Scene, text: str) -> Started:
    """Run a script that leads to the agent."""
    return scene.run(NODE, "node", leads(scene, text), *NODE.words)


@way("NODE_OPTIONS, a name in quotes", NODE, "killed")
def _(scene: Scene) -> Started:
    folder = f"{scene.folder()}/a b"
    scene.room.must("cp", "-r", PACKAGE, folder)
    return scene.run(NODE, "node", "-", *NODE.words, NODE_OPTIONS=f'--import="{folder}/bundle/gemini.js"')


@way("NODE_OPTIONS in a file of variables", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(
        NODE, "node", f"--env-file={leads(scene, 'NODE_OPTIONS=--import={}', '.env')}", "-", *NODE.words
    )  # fmt: skip


MUCH: Final = """
import os, sys
variables = {f"X{number}": "x" * 120_000 for number in range(42)} | dict(os.environ)
os.execvpe("node", ["node", "-", "--version"], variables | {"NODE_OPTIONS": sys.argv[1]})
"""


@way("NODE_OPTIONS behind five megabytes of variables", NODE, "killed")
def _(scene: Scene) -> Started:
    script = 'ulimit -s unlimited; exec "$@"'
    return scene.run(NODE, "bash", "-c", script, "x", PYTHON, "-c", MUCH, f"--import={bundle(scene)}")


@way("instead of the prompt", NODE, "killed")
def _(scene: Scene) -> Started:
    text = "import('{}'); setTimeout(() => 0, 3000)\n"
    return scene.run(
        NODE, "node", "-i", "-", *NODE.words, NODE_REPL_EXTERNAL_MODULE=leads(scene, text, ".cjs")
    )  # fmt: skip


@way("a text in an address", NODE, "killed")
def _(scene: Scene) -> Started:
    text = f"data:text/javascript,import('file://{bundle(scene)}')"
    return scene.run(NODE, "node", "--import", text, "-", *NODE.words)


@way("a text in an address, encoded", NODE, "killed")
def _(scene: Scene) -> Started:
    text = base64.b64encode(f"import 'file://{bundle(scene)}'".encode()).decode()
    return scene.run(NODE, "node", "-e", f"import('data:text/javascript;base64,{text}')", "x", *NODE.words)


@way("a name in other letters", NODE, "killed")
def _(scene: Scene) -> Started:
    path = bundle(scene).replace("gemini", r"g\x65m\u0069ni")
    return scene.run(NODE, "node", "-e", f"import('{path}')", "x", *NODE.words)


@way("node -e, its name a word behind", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "node", "-e", "import(process.argv[1])", bundle(scene), *NODE.words)


@way("a name of the package's own", NODE, "killed")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    scene.room.must("cp", "-r", PACKAGE, f"{folder}/p")
    scene.room.write(f"{folder}/package.json", json.dumps({"imports": {"#x": "./p/bundle/gemini.js"}}))
    scene.room.write(f"{folder}/start.mjs", "await import('#x')\n")
    return scene.run(NODE, "node", "start.mjs", *NODE.words, folder=folder)


@way("a name that a package exports", NODE, "killed")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    scene.room.must("sh", "-c", f"mkdir {folder}/node_modules; cp -r {PACKAGE} {folder}/node_modules/helper")
    exports = {"type": "module", "exports": {"./go": {"default": "./bundle/gemini.js"}}}
    scene.room.write(f"{folder}/node_modules/helper/package.json", json.dumps(exports))
    scene.room.write(f"{folder}/start.mjs", "await import('helper/go')\n")
    return scene.run(NODE, "node", "start.mjs", *NODE.words, folder=folder)


for _name, _text in {
    "a script in between, made longer": "// nothing\n" * LONG + "import '{}';\n",
    "a script in between, by a name with a question behind": "import '{}?x#y';\n",
    "a script in between, by an address of this machine": "import 'FILE://localhost{}';\n",
    "a script in between, with comments": "await import/**/(// x\n'{}');\n",
    "a script in between, by another name for it": "const load = p => import(p);\nawait load('{}');\n",
    "a script in between, by a variable": "const where = '{}';\nawait import(where);\n",
    "a script in between, by an address": "await import(new URL('{}', import.meta.url));\n",
    "a script in between, by a worker": (
        "import {Worker} from 'node:worker_threads';\nnew Worker('{}', {argv: ['--version'], execArgv: []});\n"
    ),
    "a script in between, by a require of its own": (
        "import {createRequire} from 'node:module';\nconst own = createRequire(import.meta.url);\n"
        "await import(own.resolve('{}'));\n"
    ),
}.items():
    way(_name, NODE, "killed")(lambda scene, text=_text: through(scene, text))  # type: ignore[misc]


@way("by the process's own folder", NODE, "killed")
def _(scene: Scene) -> Started:
    folder = bundle(scene).rpartition("/")[0]
    return scene.run(NODE, "node", "/proc/self/cwd/gemini.js", *NODE.words, folder=folder)


@way("by a folder that the process has open", NODE, "killed")
def _(scene: Scene) -> Started:
    script = f"exec 7< {bundle(scene).rpartition('/')[0]}; exec node /proc/self/fd/7/gemini.js --version"
    return scene.run(NODE, "bash", "-c", script)


@way("five scripts in between", NODE, "killed")
def _(scene: Scene) -> Started:
    path = bundle(scene)
    for _ in range(5):
        path = scene.write(f"import '{path}';\n", ".mjs")
    return scene.run(NODE, "node", path, *NODE.words)


@way("more scripts in between than are followed", NODE, "through", limit="three scripts deep")
def _(scene: Scene) -> Started:
    path = bundle(scene)
    for _ in range(4):
        path = scene.write("// nothing\n" * 100 + f"import '{path}';\n", ".mjs")
    return scene.run(NODE, "node", path, *NODE.words)


@way("node -e, its text encoded", NODE, "through", limit="puts its own path together")
def _(scene: Scene) -> Started:
    text = base64.b64encode(f"import('{bundle(scene)}')".encode()).decode()
    return scene.run(NODE, "node", "-e", f"eval(atob('{text}'))", "x", *NODE.words)


# Text through a pipe.


@way("a here-document", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "bash", "-c", f"node - --version <<'END'\nimport('{bundle(scene)}')\nEND\n")


@way("a FIFO", NODE, "killed")
def _(scene: Scene) -> Started:
    folder = bundle(scene).rpartition("/")[0]
    scene.room.must("chmod", "a+w", folder)
    script = "mkfifo f; cat gemini.js > f & exec node --input-type=module - --version < f"
    return scene.run(NODE, "sh", "-c", script, folder=folder)


@way("a FIFO, python", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    return scene.run(PYTHONIC, "bash", "-c", f"{PYTHON} <(cat {scene.write(CONSOLE)}) --help")


@way("text through a pipe that comes later", NODE, "through", limit="comes through a pipe later")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "bash", "-c", f"(sleep 3; echo \"import('{bundle(scene)}')\") | node - --version")


# Other interpreters, and other file systems.


@way("ld.so node cli.js", NODE, "killed")
def _(scene: Scene) -> Started:
    script = f'exec {LOADER} "$(readlink -f "$(command -v node)")" "$@"'
    return scene.run(NODE, "sh", "-c", script, "x", bundle(scene), *NODE.words)


@way("node without its table of sections", NODE, "killed")
def _(scene: Scene) -> Started:
    path = scene.place()
    scene.room.must("sh", "-c", f'cp "$(readlink -f "$(command -v node)")" {path}')
    return scene.run(NODE, scene.edit(path, no_sections), bundle(scene), *NODE.words)


@way("python without its table of sections", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    path = scene.edit(scene.copy("/usr/bin/python3.11"), no_sections)
    return scene.run(PYTHONIC, path, "-m", "minisweagent", *PYTHONIC.words, PYTHONHOME="/usr")


@way("other mount, PID and user namespace: node", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "unshare", "-Urmpf", "--mount-proc", "node", bundle(scene), *NODE.words)


@way("a file system of one's own: node", NODE, "killed")
def _(scene: Scene) -> Started:
    script = f"mount -t tmpfs x /opt && cp -r {PACKAGE}/. /opt && exec node /opt/bundle/gemini.js --version"
    return scene.run(NODE, "unshare", "-Urm", "sh", "-c", script, folder=WORK)


@way("a script on another file system, from a guarded folder", NODE, "killed")
def _(scene: Scene) -> Started:
    scene.room.must("cp", "-r", PACKAGE, "/tmp/c")
    try:
        return scene.run(NODE, "node", "/tmp/c/bundle/gemini.js", *NODE.words, folder=WORK)
    finally:
        scene.room.must("rm", "-r", "/tmp/c")


# Python is led to it.


@way("PYTHONSTARTUP", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    return scene.run(PYTHONIC, PYTHON, "-i", "-", *PYTHONIC.words, PYTHONSTARTUP=scene.write(CONSOLE, ".py"))


AT_ONCE: Final = "import sys; sys.argv = ['x', '--help']; from minisweagent.run.mini import app; app()\n"
OWN_SITE: Final = f"{HOME}/.local/lib/python3.11/site-packages"


@way("sitecustomize", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    scene.room.write(f"{folder}/sitecustomize.py", AT_ONCE)
    return scene.run(PYTHONIC, PYTHON, "-c", "", PYTHONPATH=f"{folder}:{PYTHONIC.variables['PYTHONPATH']}")


for _name in ("usercustomize.py", "a.pth"):

    @way(f"{_name} in one's own folder", PYTHONIC, "killed")
    def _(scene: Scene, name: str = _name) -> Started:
        scene.room.write(f"{OWN_SITE}/{name}", AT_ONCE)
        return scene.run(PYTHONIC, PYTHON, "-c", "")


for _name, _words in {"timeit": ("-n1", "-r1", AT_ONCE), "code": (), "asyncio": ()}.items():

    @way(f"python -m {_name}", PYTHONIC, "killed")
    def _(scene: Scene, name: str = _name, words: tuple[str, ...] = _words) -> Started:
        return scene.run(PYTHONIC, PYTHON, "-m", name, *words, stdin=scene.write(AT_ONCE))


def compiled(scene: Scene) -> str:
    """The package with its metadata, but without its text."""
    folder = scene.folder()
    scene.room.must("cp", "-r", f"{PYTHONIC.program}/..", f"{folder}/site")
    script = (
        f"cd {folder}/site; {PYTHON} -m compileall -q -b minisweagent; find minisweagent -name '*.py' -delete; "
        "find . -name __pycache__ -prune -exec rm -r {} +; chmod -R a+rX ."
    )
    scene.room.must("sh", "-c", script)
    return f"{LIBRARIES}:{folder}/site"


@way("compiled modules only", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    return scene.run(PYTHONIC, PYTHON, "-m", "minisweagent", *PYTHONIC.words, PYTHONPATH=compiled(scene))


@way("a compiled script", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    path = scene.write(CONSOLE, ".py")
    scene.room.must(PYTHON, "-c", f"import py_compile; py_compile.compile('{path}', '{path}c')")
    return scene.run(PYTHONIC, PYTHON, f"{path}c", *PYTHONIC.words)


def archived(scene: Scene) -> str:
    """The package in an archive."""
    path = scene.place()
    scene.room.must(PYTHON, "-c", f"import shutil; shutil.make_archive('{path}', 'zip', '{PYTHONIC.program}/..')")
    return f"{path}.zip"


@way("an archive on the search path", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    return scene.run(
        PYTHONIC, PYTHON, "-m", "minisweagent", *PYTHONIC.words, PYTHONPATH=f"{LIBRARIES}:{archived(scene)}"
    )  # fmt: skip


for _name in ("an archive", "a folder"):

    @way(f"{_name} that a script looks in", PYTHONIC, "killed")
    def _(scene: Scene, name: str = _name) -> Started:
        place = archived(scene) if name == "an archive" else PYTHONIC.program.rpartition("/")[0]
        script = scene.write(f"import sys\nsys.path.insert(0, '{place}')\n{CONSOLE}", ".py")
        return scene.run(PYTHONIC, PYTHON, script, *PYTHONIC.words, PYTHONPATH=LIBRARIES)


@way("a text that a script runs", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    text = scene.write(CONSOLE, ".txt")
    script = scene.write(f"from pathlib import Path\nexec(Path('{text}').read_text())\n", ".py")
    return scene.run(PYTHONIC, PYTHON, script, *PYTHONIC.words)


@way("a script in between, made longer: python", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    return scene.run(PYTHONIC, PYTHON, scene.write("# nothing\n" * LONG + CONSOLE, ".py"), *PYTHONIC.words)


WHOLE: Final = CONSOLE.replace("if __name__ == '__main__':\n    ", "")


@way("a module called like one of Python's", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    scene.room.write(f"{folder}/json.py", WHOLE)
    return scene.run(PYTHONIC, PYTHON, "-c", "import json", *PYTHONIC.words, folder=folder)


@way("a module beside it in a package", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    for name, text in {"__init__": "", "__main__": "from .go import *\n", "go": WHOLE}.items():
        scene.room.write(f"{folder}/tool/{name}.py", text)
    return scene.run(PYTHONIC, PYTHON, "-m", "tool", *PYTHONIC.words, folder=folder)


for _name, _text in {
    "on two lines": "import sys\nfrom \\\n  minisweagent.run.mini \\\n  import app\nsys.exit(app())\n",
    "by a name in quotes": "import pkgutil, sys\nsys.exit(pkgutil.resolve_name('minisweagent.run.mini:app')())\n",
    "in a process of its own": (
        "import multiprocessing, sys\ndef go():\n    sys.argv = ['x', '--help']\n"
        "    import minisweagent.run.mini as x\n"
        "    x.app()\nif __name__ == '__main__':\n    multiprocessing.set_start_method('spawn')\n"
        "    one = multiprocessing.Process(target=go)\n    one.start()\n    one.join()\n"
    ),
}.items():
    way(f"imported {_name}", PYTHONIC, "killed")(
        lambda scene, text=_text: scene.run(PYTHONIC, PYTHON, scene.write(text, ".py"), *PYTHONIC.words)  # type: ignore[misc]
    )


SPLIT: Final = """
import posix
if posix.fork():
    posix.wait()
    posix._exit(0)
posix.setsid()
import sys
sys.path[:0] = PLACES
sys.argv = ["x", "--help"]
from minisweagent.run.mini import app
app()
"""


@way("splits before it is looked at", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    text = SPLIT.replace("PLACES", repr(PYTHONIC.variables["PYTHONPATH"].split(":")))
    out = scene.write("", mode=0o666)
    return scene.run(PYTHONIC, "sh", "-c", f'{PYTHON} -IS -c "$0" > {out} 2>&1; sleep 1.5; cat {out}', text)


@way("a program that has Python inside", PYTHONIC, "through", limit="programs that have Python or Node inside")
def _(scene: Scene) -> Started:
    return scene.run(PYTHONIC, "gdb", "-batch", "-ex", f"python {AT_ONCE}")
