"""Ways to start a barred agent all the same, each as somebody would try it, with what is to come of it.

A way is run twice: in a room without enforcement, where the agent must do its work (else the way shows nothing), and
in one with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from tests.e2e.enforce.scene import BUN, LIBRARIES, NODE, PYTHON, PYTHONIC, RUST, Agent, Scene
from tests.enforcing import HOME, PERSON, ROOT, WORK, Started

Outcome = Literal["blocked", "killed", "through"]
"""`blocked`: nothing of it ran. `killed`: it had begun, and did not come to its work. `through`: a limit."""

LOADER: Final = "/lib64/ld-linux-x86-64.so.2"
PACKAGE: Final = f"{WORK}/gemini-cli/lib/node_modules/@google/gemini-cli"
CONSOLE: Final = "import sys\nfrom minisweagent.run.mini import app\nif __name__ == '__main__':\n    sys.exit(app())\n"


@dataclass(frozen=True)
class Way:
    """One way. `limit` are words of the line in docs/limitations.md that says that it gets through."""

    name: str
    agent: Agent
    outcome: Outcome
    run: Callable[[Scene], Started]
    limit: str = ""
    bare: bool = True
    """Whether the agent does its work when nothing is enforced."""


WAYS: Final[list[Way]] = []


def way(
    name: str, agent: Agent, outcome: Outcome, *, limit: str = "", bare: bool = True
) -> Callable[[Callable[[Scene], Started]], Callable[[Scene], Started]]:
    """Register a way."""

    def register(run: Callable[[Scene], Started]) -> Callable[[Scene], Started]:
        WAYS.append(Way(name, agent, outcome, run, limit, bare))
        return run

    return register


def each(name: str, outcome: Outcome, run: Callable[[Scene, Agent, str], Started], *agents: Agent) -> None:
    """Register a way for the programs of several agents. `run` gets a fresh copy of the program."""
    for agent in agents:

        def once(scene: Scene, agent: Agent = agent) -> Started:
            return run(scene, agent, fresh(scene, agent))

        WAYS.append(Way(f"{name}: {agent.tool}", agent, outcome, once))


def fresh(scene: Scene, agent: Agent) -> str:
    """A copy of the agent's program that can be started by its name; without its package's metadata."""
    if agent is NODE:
        return f"{scene.copy(f'{PACKAGE}/bundle')}/gemini.js"
    if agent is PYTHONIC:
        return scene.write(f"#!{PYTHON}\n{CONSOLE}")
    return scene.copy(agent.program)


# Started by a name.


def _started(scene: Scene, agent: Agent, program: str) -> Started:
    return scene.run(agent, program, *agent.words)


def _as_root(scene: Scene, agent: Agent, program: str) -> Started:
    return scene.run(agent, program, *agent.words, uid=ROOT)


def _moved(scene: Scene, agent: Agent, program: str) -> Started:
    path = f"{program}.mjs" if agent is NODE else scene.place(".txt")
    scene.room.must("mv", program, path)
    return scene.run(agent, path, *agent.words)


def _hardlinked(scene: Scene, agent: Agent, program: str) -> Started:
    path = f"{program}.mjs"
    scene.room.must("ln", program, path)
    return scene.run(agent, path, *agent.words)


def _symlinked(scene: Scene, agent: Agent, program: str) -> Started:
    path = scene.place()
    scene.room.must("ln", "-s", program, path)
    return scene.run(agent, path, *agent.words)


for _name, _run in (
    ("copied", _started), ("copied, started by root", _as_root), ("renamed", _moved), ("hardlinked", _hardlinked),
    ("symlinked", _symlinked),
):  # fmt: skip
    each(_name, "blocked", _run, BUN, RUST)
    # Alone, the script that starts the bundle is nothing: it is told by what it loads.
    each(_name, "killed", _run, NODE, PYTHONIC)


@way("as installed: Bun", BUN, "blocked")
def _(scene: Scene) -> Started:
    # The package's own script, which is not run here, puts the program in the launcher's place.
    scene.room.must(
        "ln", "-f", BUN.program, f"{WORK}/claude-code/lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe"
    )
    return scene.run(BUN, f"{WORK}/claude-code/bin/claude", *BUN.words)


@way("as installed: a launcher that starts a native program", RUST, "killed")
def _(scene: Scene) -> Started:
    return scene.run(RUST, f"{WORK}/codex/bin/codex", *RUST.words)


@way("as installed: node", NODE, "blocked")
def _(scene: Scene) -> Started:
    return scene.run(NODE, f"{WORK}/gemini-cli/bin/gemini", *NODE.words)


@way("patched by one byte: Bun", BUN, "blocked")
def _(scene: Scene) -> Started:
    # A byte of the padding in the ELF header: the program is another one to every list of digests.
    program = scene.edit(scene.copy(BUN.program), lambda data: data.__setitem__(15, 7))
    return scene.run(BUN, program, *BUN.words)


@way("patched by one byte: Rust", RUST, "blocked")
def _(scene: Scene) -> Started:
    program = scene.edit(scene.copy(RUST.program), lambda data: data.__setitem__(15, 7))
    return scene.run(RUST, program, *RUST.words)


@way("patched by one byte: node", NODE, "killed")
def _(scene: Scene) -> Started:
    program = scene.edit(fresh(scene, NODE), lambda data: data.extend(b"\n"))
    return scene.run(NODE, program, *NODE.words)


@way("stripped: Rust", RUST, "blocked")
def _(scene: Scene) -> Started:
    program = scene.copy(RUST.program)
    scene.room.must("strip", program)
    return scene.run(RUST, program, *RUST.words)


@way("without its build notes: Bun", BUN, "blocked", bare=False)
def _(scene: Scene) -> Started:
    program = scene.copy(BUN.program)
    scene.room.must("objcopy", "--remove-section=.note.bun", "--remove-section=.comment", program)
    return scene.run(BUN, program, *BUN.words)


@way("moved to /dev/shm", BUN, "blocked")
def _(scene: Scene) -> Started:
    scene.room.must("cp", BUN.program, "/dev/shm/c")
    try:
        return scene.run(BUN, "/dev/shm/c", *BUN.words)
    finally:
        scene.room.must("rm", "/dev/shm/c")


@way("another file system, from a guarded folder", BUN, "killed")
def _(scene: Scene) -> Started:
    scene.room.must("cp", BUN.program, "/tmp/c")
    try:
        return scene.run(BUN, "/tmp/c", *BUN.words, folder=WORK)
    finally:
        scene.room.must("rm", "/tmp/c")


@way("written and run within a second: a package", NODE, "killed")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    script = f"tar -C {PACKAGE} -c . | tar -x; exec node bundle/gemini.js --version"
    return scene.run(NODE, "/bin/sh", "-c", script, folder=folder)


@way("written and run within a second: a program", RUST, "blocked")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    return scene.run(RUST, "/bin/sh", "-c", f'cat {RUST.program} > x; chmod +x x; exec ./x "$@"', "x", *RUST.words,
                     folder=folder)  # fmt: skip


@way("written over a program that was allowed", RUST, "blocked")
def _(scene: Scene) -> Started:
    path = scene.copy("/bin/true")
    scene.room.must("chmod", "777", path)
    scene.room.must(path)
    return scene.run(RUST, "/bin/sh", "-c", f'cat {RUST.program} > {path}; exec {path} "$@"', "x", *RUST.words)


@way("written over it, with its time put back", RUST, "blocked")
def _(scene: Scene) -> Started:
    path = scene.copy("/bin/true")
    scene.room.must("chmod", "777", path)
    scene.room.must(path)
    script = f'cat {RUST.program} > {path}; touch -r /bin/true {path}; exec {path} "$@"'
    return scene.run(RUST, "/bin/sh", "-c", script, "x", *RUST.words)


MAPPED: Final = """
import mmap, os, sys
source, target = sys.argv[1:3]
data = open(source, "rb").read()
fd = os.open(target, os.O_RDWR)
os.ftruncate(fd, len(data))
os.close(os.open(target, os.O_RDONLY))
memory = mmap.mmap(fd, len(data))
os.close(fd)
memory[:] = data
memory.close()
os.execv(target, [target, *sys.argv[3:]])
"""


@way("written through memory over a program that was allowed", RUST, "blocked")
def _(scene: Scene) -> Started:
    path = scene.copy("/bin/true")
    scene.room.must("chmod", "777", path)
    scene.room.must(path)
    return scene.run(RUST, PYTHON, "-c", MAPPED, RUST.program, path, *RUST.words)


@way("written through memory over a program that the kernel lets start", RUST, "blocked")
def _(scene: Scene) -> Started:
    path = scene.copy("/bin/true")
    scene.room.must("truncate", "-s", str(scene.room.path(RUST.program).stat().st_size), path)
    for _ in range(3):
        scene.room.must(path)
    return scene.run(RUST, PYTHON, "-c", MAPPED, RUST.program, path, *RUST.words, uid=ROOT)


# Other names for the same place.


@way("bind mount", BUN, "blocked")
def _(scene: Scene) -> Started:
    script = 'mount --bind "$0" /opt && exec /opt/claude "$@"'
    folder = BUN.program.rpartition("/")[0]
    return scene.run(BUN, "unshare", "-m", "sh", "-c", script, folder, *BUN.words, uid=ROOT)


@way("other mount namespace", BUN, "blocked")
def _(scene: Scene) -> Started:
    return scene.run(BUN, "unshare", "-m", BUN.program, *BUN.words, uid=ROOT)


@way("other mount, PID and user namespace", BUN, "blocked")
def _(scene: Scene) -> Started:
    return scene.run(BUN, "unshare", "-Urmpf", BUN.program, *BUN.words)


@way("a file system of one's own in another mount namespace", BUN, "killed")
def _(scene: Scene) -> Started:
    script = f'mount -t tmpfs x /opt && cp {BUN.program} /opt/x && exec /opt/x "$@"'
    return scene.run(BUN, "unshare", "-Urm", "sh", "-c", script, "x", *BUN.words, folder=WORK)


@way("overlay", BUN, "blocked")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    script = (
        f"mkdir {folder}/upper {folder}/work {folder}/all && mount -t overlay x -o "
        f"lowerdir={BUN.program.rpartition('/')[0]},upperdir={folder}/upper,workdir={folder}/work {folder}/all && "
        f'exec {folder}/all/claude "$@"'
    )
    return scene.run(BUN, "unshare", "-m", "sh", "-c", script, "x", *BUN.words, uid=ROOT)


@way("chroot", BUN, "blocked")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    script = (
        f"cd {folder} && mkdir lib lib64 usr tmp proc && mount --bind /usr usr && mount --bind /usr/lib lib && "
        f'mount --bind /usr/lib64 lib64 && mount --bind /proc proc && cp {BUN.program} x && exec chroot . /x "$@"'
    )
    return scene.run(BUN, "unshare", "-m", "sh", "-c", script, "x", *BUN.words, uid=ROOT)


@way("chroot, a script", NODE, "killed")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    script = (
        f"cd {folder} && mkdir lib lib64 usr proc tool && mount --bind /usr usr && mount --bind /usr/lib lib && "
        f"mount --bind /usr/lib64 lib64 && mount --bind /proc proc && cp -r {PACKAGE}/. tool && "
        "exec chroot . /usr/bin/node /tool/bundle/gemini.js --version"
    )
    return scene.run(NODE, "unshare", "-m", "sh", "-c", script, uid=ROOT)


# No file of its own is executed.

FROM_MEMORY: Final = """
import os, sys
fd = os.memfd_create("x", os.MFD_CLOEXEC)
with open(sys.argv[1], "rb") as source:
    while data := source.read(1 << 22):
        os.write(fd, data)
os.execve(fd, ["ls", *sys.argv[2:]], dict(os.environ))
"""


@way("ld.so BIN", BUN, "killed")
def _(scene: Scene) -> Started:
    return scene.run(BUN, LOADER, BUN.program, *BUN.words)


@way("ld.so with options", BUN, "killed")
def _(scene: Scene) -> Started:
    return scene.run(BUN, LOADER, "--inhibit-cache", "--argv0", "ls", fresh(scene, BUN), *BUN.words)


@way("a copy of ld.so", BUN, "killed")
def _(scene: Scene) -> Started:
    return scene.run(BUN, scene.copy(LOADER), fresh(scene, BUN), *BUN.words)


@way("memfd and fexecve: Bun", BUN, "killed")
def _(scene: Scene) -> Started:
    return scene.run(BUN, PYTHON, "-c", FROM_MEMORY, BUN.program, *BUN.words, folder=WORK)


@way("memfd and fexecve: Rust", RUST, "killed")
def _(scene: Scene) -> Started:
    return scene.run(RUST, PYTHON, "-c", FROM_MEMORY, RUST.program, *RUST.words, folder=WORK)


@way("deleted, then started by its descriptor", BUN, "blocked")
def _(scene: Scene) -> Started:
    path = fresh(scene, BUN)
    scene.room.must("chmod", "777", path)
    script = f'exec 9< {path}; rm -f {path}; exec /proc/self/fd/9 "$@"'
    return scene.run(BUN, "/bin/sh", "-c", script, "x", *BUN.words, uid=ROOT)


# Read by an interpreter.


def bundle(scene: Scene) -> str:
    """A package without a name that says anything."""
    return f"{scene.copy(PACKAGE)}/bundle/gemini.js"


@way("node cli.js", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "node", bundle(scene), *NODE.words)


@way("node cli.js, once more", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "node", f"{PACKAGE}/bundle/gemini.js", *NODE.words)


@way("node cli.js, the bundle alone and renamed", NODE, "killed")
def _(scene: Scene) -> Started:
    path = fresh(scene, NODE)
    scene.room.must("mv", path, f"{path[:-9]}notes.mjs")
    return scene.run(NODE, "node", f"{path[:-9]}notes.mjs", *NODE.words)


@way("node < cli.js", NODE, "killed")
def _(scene: Scene) -> Started:
    path = bundle(scene)
    command = ("node", "--input-type=module", "-", *NODE.words)
    return scene.run(NODE, *command, stdin=path, folder=path.rpartition("/")[0])


@way("node -e", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "node", "-e", f"import('{bundle(scene)}')", "x", *NODE.words)


@way("node -e, its words behind two dashes", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "node", "-e", f"import('{bundle(scene)}')", "--", "x", *NODE.words)


@way("node --import", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "node", "--import", bundle(scene), "-", *NODE.words)


@way("NODE_OPTIONS", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "node", "-", *NODE.words, NODE_OPTIONS=f"--import={bundle(scene)}")


@way("a script in between", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "node", scene.write(f'import "{bundle(scene)}";\n', ".mjs"), *NODE.words)


@way("a copy of node under another name", NODE, "killed")
def _(scene: Scene) -> Started:
    path = scene.place()
    scene.room.must("sh", "-c", f"cp $(readlink -f $(command -v node)) {path}")
    return scene.run(NODE, path, bundle(scene), *NODE.words)


@way("npx", NODE, "killed")
def _(scene: Scene) -> Started:
    scene.room.write(f"{WORK}/gemini-cli/lib/package.json", '{"name": "x", "private": true}')
    scene.room.shell(
        f"cd {WORK}/gemini-cli/lib/node_modules; mkdir -p .bin; ln -sf {PACKAGE}/bundle/gemini.js .bin/gemini"
    )
    return scene.run(
        NODE, "npx", "--offline", "--no-install", "gemini", *NODE.words, folder=f"{WORK}/gemini-cli/lib",
        npm_config_update_notifier="false",
    )  # fmt: skip


def project(scene: Scene) -> str:
    """A project with the agent in its node_modules."""
    folder = scene.folder()
    script = (
        f"cd {folder} && mkdir -p node_modules/.bin node_modules/@google && cp -r {PACKAGE} node_modules/@google/ && "
        "ln -s ../@google/gemini-cli/bundle/gemini.js node_modules/.bin/gemini && chmod -R a+rX ."
    )
    scene.room.must("sh", "-c", script)
    scene.room.write(f"{folder}/package.json", json.dumps({"name": "x", "scripts": {"ask": "gemini --version"}}))
    return folder


@way("local node_modules/.bin", NODE, "blocked")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "node_modules/.bin/gemini", *NODE.words, folder=project(scene))


@way("npm run", NODE, "killed")
def _(scene: Scene) -> Started:
    return scene.run(NODE, "npm", "run", "ask", folder=project(scene), npm_config_update_notifier="false")


@way("a script that imports the package by its name", NODE, "killed")
def _(scene: Scene) -> Started:
    folder = project(scene)
    scene.room.write(f"{folder}/x.mjs", "import '@google/gemini-cli/bundle/gemini.js';\n")
    return scene.run(NODE, "node", "x.mjs", *NODE.words, folder=folder)


@way("cat cli.js | node", NODE, "killed")
def _(scene: Scene) -> Started:
    path = bundle(scene)
    script = f"cat gemini.js | node --input-type=module - {' '.join(NODE.words)}"
    return scene.run(NODE, "/bin/sh", "-c", script, folder=path.rpartition("/")[0])


@way("node -e, the path put together", NODE, "through", limit="puts its own path together")
def _(scene: Scene) -> Started:
    folder, _, name = bundle(scene).rpartition("/")
    return scene.run(NODE, "node", "-e", f"import(['{folder}','{name}'].join('/'))", "x", *NODE.words)


@way("python -m", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    return scene.run(PYTHONIC, PYTHON, "-m", "minisweagent", *PYTHONIC.words)


@way("python < x.py", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    return scene.run(PYTHONIC, PYTHON, "-", *PYTHONIC.words, stdin=scene.write(CONSOLE))


@way("python -c", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    return scene.run(PYTHONIC, PYTHON, "-c", CONSOLE, *PYTHONIC.words)


@way("python x.py in between", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    step = scene.write("import runpy\nrunpy.run_module('minisweagent', run_name='__main__')\n", ".py")
    return scene.run(PYTHONIC, PYTHON, step, *PYTHONIC.words)


@way("copied without its metadata", PYTHONIC, "through", limit="was copied without its metadata")
def _(scene: Scene) -> Started:
    folder = scene.folder()
    scene.room.must("cp", "-r", PYTHONIC.program, folder)
    return scene.run(PYTHONIC, PYTHON, "-m", "minisweagent", *PYTHONIC.words, folder=folder, PYTHONPATH=LIBRARIES)


@way("a zip file", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    path = scene.place(".pyz")
    code = (
        "import sys, zipapp; "
        f"zipapp.create_archive('{PYTHONIC.program}/..', '{path}', main='minisweagent.run.mini:app')"
    )
    scene.room.must(PYTHON, "-c", code)
    return scene.run(PYTHONIC, PYTHON, path, *PYTHONIC.words, PYTHONPATH=LIBRARIES)


@way("a fresh virtual environment", PYTHONIC, "killed")
def _(scene: Scene) -> Started:
    """As `uvx` and `pipx run` make one: written, and used at once."""
    folder = scene.folder()
    site = "v/lib/python3.11/site-packages"
    script = (
        f"{PYTHON} -m venv --without-pip v && cp -r {WORK}/mini-swe-agent/lib/python3.11/site-packages/. {site} && "
        f"echo {LIBRARIES} > {site}/x.pth && printf '#!%s\\n%s' {folder}/v/bin/python \"$0\" > v/bin/mini && "
        'chmod +x v/bin/mini && exec v/bin/mini "$@"'
    )
    return scene.run(PYTHONIC, "/bin/sh", "-c", script, CONSOLE, *PYTHONIC.words, folder=folder, PYTHONPATH="")


# Started by others, in other ways.


@way("shell function", BUN, "blocked")
def _(scene: Scene) -> Started:
    return scene.run(BUN, "bash", "-c", f'work() {{ {BUN.program} "$@"; }}; work "$@"', "x", *BUN.words)


@way("another argv[0]", BUN, "blocked")
def _(scene: Scene) -> Started:
    return scene.run(BUN, "bash", "-c", f'exec -a ls {BUN.program} "$@"', "x", *BUN.words)


@way("through other programs", BUN, "blocked")
def _(scene: Scene) -> Started:
    return scene.run(BUN, "env", "nice", "timeout", "60", "xargs", "-a", "/dev/null", BUN.program, *BUN.words)


@way("setsid", BUN, "blocked")
def _(scene: Scene) -> Started:
    return scene.run(BUN, "setsid", "--wait", BUN.program, *BUN.words)


@way("nohup in the background", BUN, "blocked")
def _(scene: Scene) -> Started:
    return scene.run(BUN, "/bin/sh", "-c", f'nohup {BUN.program} "$@" & sleep 5', "x", *BUN.words, folder=HOME)


@way("its parent killed", NODE, "killed")
def _(scene: Scene) -> Started:
    path, out = bundle(scene), scene.write("", mode=0o666)
    scene.run(NODE, "bash", "-c", f"node {path} --version > {out} 2>&1 & disown; kill -9 $$")
    return scene.run(NODE, "/bin/sh", "-c", f"for i in $(seq 60); do sleep .1; test -s {out} && break; done; cat {out}")


@way("cron", BUN, "blocked")
def _(scene: Scene) -> Started:
    script = (
        "mount -t tmpfs x /run && mount -t tmpfs x /var/spool/cron && mount -t tmpfs x /etc/cron.d && "
        "mkdir -p /var/spool/cron/crontabs && printf '%s\\n' \"$0\" > /etc/cron.d/x && cron -f & sleep 75"
    )
    line = f"* * * * * nobody {_assigned(BUN)} {BUN.program} {' '.join(BUN.words)}"
    return scene.run(BUN, "unshare", "-m", "sh", "-c", script, line, uid=ROOT, seconds=100)


@way("at", BUN, "blocked")
def _(scene: Scene) -> Started:
    script = (
        "mount -t tmpfs x /run && mount -t tmpfs x /var/spool/cron && cd /var/spool/cron && mkdir atjobs atspool && "
        "touch atjobs/.SEQ && chown -R daemon:daemon . && chmod 1770 atjobs atspool && chmod 600 atjobs/.SEQ && "
        f"cd /tmp && echo '{BUN.program} {' '.join(BUN.words)}' | at now && atd -f -b 1 & sleep 20"
    )
    return scene.run(BUN, "unshare", "-m", "sh", "-c", script, uid=ROOT, seconds=30)


def _assigned(agent: Agent) -> str:
    return " ".join(f"{name}={value}" for name, value in agent.variables.items())


@way("started from the network of another namespace", BUN, "blocked", bare=False)
def _(scene: Scene) -> Started:
    return scene.run(BUN, "unshare", "-Urn", BUN.program, *BUN.words, uid=PERSON)
