"""Ways to start a barred tool so that no file of its own is executed, and what comes of each; run on a stage.

Prints one JSON object: by case, what `Stage.case` says. `killed` cases are to be ended before they end by themselves;
`unseen` ones are limits, and `free` ones are no start of a tool at all.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests import real_tools
from tests.agent.tracker.stage import Stage, copied, prepare, table

TOOLS: Final = ("gemini-cli", "aider", "claude-code")
BLOCKER: Final = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"
PYTHON: Final = os.path.realpath(sys.executable)
LIBRARY: Final = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
Cases = dict[str, Callable[[], dict[str, Any]]]


class Scene:
    """The tools on the stage, and everything made of them that the cases start."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.node = os.path.realpath(shutil.which("node") or "node")
        gemini = copied(real_tools.fetch("gemini-cli"), "gemini")
        self.package = gemini / "lib/node_modules/@google/gemini-cli"
        self.prefix = gemini
        self.js = self.package / "bundle/gemini.js"
        self.aider = copied(real_tools.fetch("aider"), "aider")
        self.site = next(self.aider.glob("lib/python*/site-packages"))
        self.claude = root / "claude"
        shutil.copy(real_tools.programs("claude-code")[0], self.claude)
        with open("/proc/self/maps", encoding="utf-8") as maps:
            self.loader = next(line.split()[-1] for line in maps if "/ld-" in line)

    def write(self, name: str, text: str | bytes, mode: int = 0o644) -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return str(path)

    def bare(self, name: str) -> Path:
        """The bundle alone, without the package's metadata, under another name."""
        folder = self.root / name
        shutil.copytree(self.js.parent, folder)
        (folder / "gemini.js").rename(folder / "notes.mjs")
        return folder / "notes.mjs"


def javascript(stage: Stage, scene: Scene) -> Cases:
    js, root, node = str(scene.js), scene.root, scene.node
    case = stage.case
    bare = scene.bare("bare")
    patched = bytearray(bare.read_bytes())
    patched[len(patched) // 2] ^= 1
    project = root / "project/node_modules/@google"
    project.mkdir(parents=True)
    (project / "gemini-cli").symlink_to(scene.package)
    link = root / "link.js"
    link.symlink_to(js)
    os.link(js, scene.js.parent / "hard.js")
    (root / "bin").mkdir()
    (root / "bin/g").symlink_to(js)
    own = scene.write("bin/x", Path(node).read_bytes(), 0o755)
    step = scene.write("step.mjs", f'import "{js}";\n')
    steps = scene.write("steps.cjs", 'const x = 1;\nimport("./step.mjs");\n')
    shell = scene.write("run.sh", f'#!/bin/sh\nexec node "{js}" --version\n', 0o755)
    title = scene.write("title.cjs", f'process.title="cat";{BLOCKER}')
    return {
        "cat cli.js | node": lambda: piped(stage, js),
        "node cli.js": lambda: case(["node", js]),
        "node cli.js from its folder": lambda: case(["node", "./gemini.js"], cwd=scene.js.parent),
        "the command's link": lambda: case([str(scene.prefix / "bin/gemini")]),
        "executed by its first line": lambda: case([str(root / "bin/g")]),
        "symlink": lambda: case(["node", str(link)]),
        "hardlink": lambda: case(["node", str(scene.js.parent / "hard.js")]),
        "bundle copied, renamed, without metadata": lambda: case(["node", str(bare)]),
        "patched by one byte": lambda: case(["node", scene.write("bare/patched.mjs", bytes(patched))]),
        "from another folder": lambda: case(["node", js], cwd="/"),
        "options with values before it": lambda: case(
            ["node", "--diagnostic-dir", "/tmp", "-C", "x", "--no-warnings", js]
        ),
        "node < cli.js": lambda: case(["node", "--input-type=module"], stdin=open(js, "rb")),
        "node - < cli.js": lambda: case(["node", "--input-type=module", "-"], stdin=open(js, "rb")),
        "node /dev/stdin < cli.js": lambda: case(["node", "/dev/stdin"], stdin=open(js, "rb")),
        "node -e import": lambda: case(["node", "-e", f"import('{js}')"]),
        "node -e by package": lambda: case(
            ["node", "-e", "import('@google/gemini-cli/bundle/gemini.js')"], cwd=root / "project"
        ),
        "node --import": lambda: case(["node", "--import", js, "-e", "0"]),
        "NODE_OPTIONS": lambda: case(["node", "-e", "0"], env=os.environ | {"NODE_OPTIONS": f"--import={js}"}),
        "a line in between": lambda: case(["node", step]),
        "two lines in between": lambda: case(["node", steps]),
        "node renamed": lambda: case([own, js]),
        "ld.so node cli.js": lambda: case([scene.loader, node, js]),
        "ld.so with options": lambda: case([scene.loader, "--library-path", "/lib", "--argv0", "ls", node, js]),
        "node from memory": lambda: stage.case([], started=lambda: from_memory(node, ["ls", js])),
        "shell script": lambda: by_grandchild(stage, [shell]),
        "shell function": lambda: by_grandchild(stage, ["bash", "-c", f"f() {{ node {js}; }}; f; :"]),
        "setsid nohup": lambda: by_grandchild(stage, ["setsid", "--wait", "nohup", "node", js]),
        "npx": lambda: by_grandchild(
            stage, ["npx", "--offline", "--no-install", "gemini"], cwd=scene.prefix / "lib", env=npx(root, scene)
        ),
        "a command line of a megabyte": lambda: case(["node", *["--no-warnings"] * 70_000, js]),
        "words that are no text": lambda: case(["node", "--diagnostic-dir=\udcff\udcfe", js, "\udcff"]),
        "bind mount": lambda: case(["node", str(mounted(scene, "bind") / "bundle/gemini.js")]),
        "its title changed": lambda: case(["node", "-r", title, js]),
    }  # fmt: skip


def elsewhere(stage: Stage, scene: Scene) -> Cases:
    case = stage.case
    mount = f"mount -t tmpfs x /mnt && cp -r {scene.package} /mnt/t && node /mnt/t/bundle/gemini.js"
    return {
        "overlay": lambda: case(["node", str(mounted(scene, "overlay") / "bundle/gemini.js")]),
        "chroot": lambda: case(["chroot", str(jail(scene)), "node", "/tmp/tool/bundle/gemini.js"]),
        "other mount namespace": lambda: by_grandchild(stage, ["unshare", "-m", "sh", "-c", mount]),
        "a program in another mount namespace": lambda: by_grandchild(
            stage, ["unshare", "-m", "sh", "-c", f"mount -t tmpfs x /mnt && cp {scene.claude} /mnt/t && /mnt/t"]
        ),
        "ld.so in another mount namespace": lambda: by_grandchild(
            stage,
            [
                "unshare",
                "-m",
                "sh",
                "-c",
                f"mount -t tmpfs x /mnt && cp {scene.claude} /mnt/t && {scene.loader} /mnt/t",
            ],
        ),
    }


def python(stage: Stage, scene: Scene) -> Cases:
    case = stage.case
    near = os.environ | {"PYTHONPATH": str(scene.site)}
    venv = scene.root / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to(PYTHON)
    (venv / "pyvenv.cfg").write_text(f"home = {os.path.dirname(PYTHON)}\n")
    (venv / LIBRARY).parent.mkdir(parents=True)
    shutil.copytree(scene.site, venv / LIBRARY)
    mine = str(venv / "bin/python")
    target = scene.root / "vendored"
    shutil.copytree(scene.site, target)
    console = f"#!{mine}\nimport sys\nfrom aider.main import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
    script = scene.write("notes", console, 0o755)
    step = scene.write("step.py", "import os\nimport runpy\nrunpy.run_module('aider', run_name='__main__')\n")
    linked = scene.root / "linked"
    (linked / "bin").mkdir(parents=True)
    (linked / "bin/python").symlink_to(PYTHON)
    (linked / "pyvenv.cfg").write_text(f"home = {os.path.dirname(PYTHON)}\n")
    (linked / LIBRARY).mkdir(parents=True)
    (linked / LIBRARY / "x.pth").write_text(f"{target}\n")
    return {
        "python -m, PYTHONPATH": lambda: case([PYTHON, "-m", "aider"], env=near),
        "python -m, in a venv": lambda: case([mine, "-m", "aider", "--version"]),
        "python -m, by PATH": lambda: case(
            ["python", "-Im", "aider"], env=os.environ | {"PATH": f"{venv}/bin:{os.environ['PATH']}"}, executable=mine
        ),
        "python -m, vendored": lambda: case([PYTHON, "-maider"], env=os.environ | {"PYTHONPATH": str(target)}),
        "python -m, from its folder": lambda: case([PYTHON, "-m", "aider"], cwd=target),
        "python -m, by a path file": lambda: case([str(linked / "bin/python"), "-m", "aider"]),
        "python -m runpy": lambda: case([mine, "-m", "runpy", "aider"]),
        "console script": lambda: case([PYTHON, str(scene.aider / "bin/aider")], env=near),
        "console script, copied": lambda: case([script]),
        "python < x.py": lambda: case([mine], stdin=open(script, "rb")),
        "python -c": lambda: case([mine, "-c", "from aider.main import main; main()"]),
        "python x.py in between": lambda: case([mine, step]),
    }


def programs(stage: Stage, scene: Scene) -> Cases:
    claude = str(scene.claude)
    case = stage.case

    def shared() -> dict[str, Any]:
        subprocess.run(["mount", "-t", "tmpfs", "shm", "/dev/shm"], check=True)
        shutil.copy(claude, "/dev/shm/c")
        return case(["/dev/shm/c"], cwd=scene.root)

    def deleted() -> dict[str, Any]:
        shutil.copy(claude, scene.root / "gone")
        return case(["/bin/sh", "-c", f"exec 9<{scene.root}/gone; rm {scene.root}/gone; exec /proc/self/fd/9"])

    return {
        "the guard let it through": lambda: case([claude]),
        "ld.so BIN": lambda: case([scene.loader, claude]),
        "from memory": lambda: stage.case([], started=lambda: from_memory(claude, ["ls"], scene.root)),
        "another file system, from a watched folder": shared,
        "deleted before it runs": deleted,
    }


def unseen(stage: Stage, scene: Scene) -> Cases:
    hidden = "import(['/tmp/stage','gemini/lib/node_modules/@google/gemini-cli/bundle','gemini.js'].join('/'))"
    return {
        "node -e, the path made up of parts": lambda: stage.case(["node", "-e", hidden + ".catch(() => {})"]),
    }  # fmt: skip


def free(stage: Stage, scene: Scene) -> Cases:
    js, case = str(scene.js), stage.case
    names = scene.write("names.cjs", f"const p = '{js}'; require('fs').existsSync(p);")
    return {
        "node with the path as an argument": lambda: case(["node", "-e", "0", "--", js]),
        "a script that names the path": lambda: case(["node", names, js]),
        "cat": lambda: case(["cat", js]),
        "python reads it": lambda: case([PYTHON, "-c", "import sys; open(sys.argv[1]).read()", js]),
        "bash -c with the name": lambda: case(["bash", "-c", f": gemini {js}"]),
        "npm --version": lambda: case(["npm", "--version"]),
        "python -m json.tool": lambda: case([PYTHON, "-m", "json.tool", "--help"]),
        "ld.so ls": lambda: case([scene.loader, "/bin/ls", js]),
    }  # fmt: skip


def from_memory(program: str, words: list[str], folder: Path | None = None) -> int:
    """Start a program that lies in no file system."""
    pid = os.fork()
    if pid == 0:
        try:
            os.chdir(folder or "/tmp/stage")
            fd = os.memfd_create("x", os.MFD_CLOEXEC)
            with open(program, "rb") as source:
                while data := source.read(1 << 22):
                    os.write(fd, data)
            null = os.open("/dev/null", os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(null, number)
            os.execve(fd, words, os.environ)
        finally:
            os._exit(99)
    return pid


def by_grandchild(stage: Stage, command: list[str], **how: Any) -> dict[str, Any]:
    """A case where what is ended is not what was started: it counts as ended by the signal if one was told killed."""
    found = stage.case(command, **how)
    if any(done == "killed" for _, done, *_ in found["seen"]):
        found["signal"] = 9
    return found


def piped(stage: Stage, js: str) -> dict[str, Any]:
    with subprocess.Popen(["cat", js], stdout=subprocess.PIPE) as cat:
        return stage.case(["node", "--input-type=module"], stdin=cat.stdout, cwd=os.path.dirname(js))


def npx(root: Path, scene: Scene) -> dict[str, str]:
    folder = scene.prefix / "lib/node_modules/.bin"
    folder.mkdir(exist_ok=True)
    if not (folder / "gemini").exists():
        (folder / "gemini").symlink_to("../@google/gemini-cli/bundle/gemini.js")
    (scene.prefix / "lib/package.json").write_text('{"name": "x", "private": true}')
    return os.environ | {"npm_config_cache": str(root / "npm"), "npm_config_update_notifier": "false"}


def mounted(scene: Scene, kind: str) -> Path:
    point = scene.root / f"mounted-{kind}"
    point.mkdir(exist_ok=True)
    if kind == "bind":
        subprocess.run(["mount", "--bind", str(scene.package), str(point)], check=True)
    else:
        (scene.root / "upper").mkdir()
        (scene.root / "work").mkdir()
        options = f"lowerdir={scene.package},upperdir={scene.root}/upper,workdir={scene.root}/work"
        subprocess.run(["mount", "-t", "overlay", "x", "-o", options, str(point)], check=True)
    return point


def jail(scene: Scene) -> Path:
    point = scene.root / "jail"
    point.mkdir()
    subprocess.run(["mount", "--bind", "/", str(point)], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "x", str(point / "tmp")], check=True)
    shutil.copytree(scene.package, point / "tmp/tool")
    return point


GROUPS: Final = {one.__name__: one for one in (javascript, elsewhere, python, programs, unseen, free)}


def main() -> None:
    """Run the groups that are named."""
    scene = Scene(prepare())
    watched = None if "host" in sys.argv[1:] else frozenset({os.stat(scene.root).st_dev})
    stage = Stage(table(TOOLS), watched)
    found: dict[str, dict[str, Any]] = {}
    for group in sys.argv[1:]:
        if group in GROUPS:
            found[group] = {name: run() for name, run in GROUPS[group](stage, scene).items()}
    stage.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
