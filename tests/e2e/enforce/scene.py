"""Four kinds of real agents in a room, with what shows that one of them does its work.

A native Bun program, a native program, a bundle of JavaScript, and a Python package with what it needs. The two native
ones are told to send to a sink in the room: a connection is their work. The others are asked for their version or help,
which takes them far longer than they are to be left. They run as an ordinary user with an empty home.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests import real_tools
from tests.enforcing import HOME, PERSON, WORK, Room, Started
from tests.real_tools import Unavailable, cache, fetching

PORT: Final = 8999
RELAY: Final = f"http://127.0.0.1:{PORT}"
CONNECTED: Final = "/mnt/connected"
SINK: Final = f"""
import socket
held, said = [], open({CONNECTED!r}, "ab", 0)
listening = socket.create_server(("127.0.0.1", {PORT}), backlog=4096)
said.write(b"r")
while True:
    held.append(listening.accept()[0])
    said.write(b"c")
"""
"""Takes every connection, says so, and never answers."""

PYTHON: Final = "/usr/bin/python3"
"""An interpreter that an ordinary user can start, and that does not lie on the guarded file system."""

NEEDED: Final = ("typer", "rich", "pyyaml", "python-dotenv", "platformdirs", "prompt_toolkit", "jinja2", "requests")
LIBRARIES: Final = "/mnt/libraries"
LONGEST: Final = 20.0
"""Seconds after which a program that was let run has not done its work."""


@dataclass(frozen=True)
class Agent:
    """A real tool: what is started, how, and what it writes when it works (empty: it connects to the sink)."""

    tool: str
    program: str
    words: tuple[str, ...]
    writes: str = ""
    variables: dict[str, str] = field(default_factory=dict)


def _native(name: str) -> str:
    return f"{WORK}/{name}/{real_tools.BY_NAME[name].programs[0]}"


BUN: Final = Agent(
    "claude-code", _native("claude-code"), ("-p", "hello"),
    variables={"ANTHROPIC_BASE_URL": RELAY, "ANTHROPIC_API_KEY": "none"},
)  # fmt: skip
RUST: Final = Agent(
    "codex", _native("codex"),
    (
        "exec", "--skip-git-repo-check", "-c", 'model_provider="x"', "-c",
        f'model_providers.x={{name="x",base_url="{RELAY}/v1",env_key="RELAY_KEY"}}', "hello",
    ),
    variables={"RELAY_KEY": "none"},
)  # fmt: skip
NODE: Final = Agent(
    "gemini-cli", _native("gemini-cli"), ("--version",), real_tools.BY_NAME["gemini-cli"].version,
    {"GEMINI_CLI_NO_RELAUNCH": "true"},
)  # fmt: skip
PYTHONIC: Final = Agent(
    "mini-swe-agent", f"{WORK}/mini-swe-agent/lib/python3.11/site-packages/minisweagent", ("--help",),
    "This is mini-swe-agent", {"PYTHONPATH": f"{LIBRARIES}:{WORK}/mini-swe-agent/lib/python3.11/site-packages"},
)  # fmt: skip
INSTALLED: Final = ("claude-code", "codex", "gemini-cli", "mini-swe-agent")


def libraries() -> Path:
    """What the Python agent needs to run, installed once."""
    folder = cache() / "real-tools" / "mini-swe-agent-needs"
    if not folder.is_dir():
        with_name = folder.with_name(f".{folder.name}-{os.getpid()}")
        try:
            fetching(
                "PyPI", sys.executable, "-m", "pip", "install", "--quiet", "--only-binary=:all:",
                "--disable-pip-version-check", "--python-version", "3.11", "--target", str(with_name), *NEEDED,
            )  # fmt: skip
            with_name.rename(folder)
        finally:
            shutil.rmtree(with_name, ignore_errors=True)
    return folder


class Scene:
    """A room in which the agents lie on the guarded file system, installed as their package managers do it."""

    def __init__(self) -> None:
        prefixes = {name: real_tools.fetch(name) for name in INSTALLED}
        if not os.path.exists(PYTHON) or shutil.which("node") is None:
            raise Unavailable("needs node and Debian's Python")
        self.room = Room(shared={LIBRARIES: libraries()})
        self._names = itertools.count()
        for name, prefix in prefixes.items():
            self.room.must("cp", "-a", str(prefix), f"{WORK}/{name}")
        # As umask would have left them.
        self.room.must("chmod", "-R", "a+rX", WORK)
        self.room.start(PYTHON, "-c", SINK)
        while not self.room.path(CONNECTED).exists() or not self.connections():
            time.sleep(0.02)

    def close(self) -> None:
        """End the room."""
        self.room.close()

    def tidy(self) -> None:
        """Remove what was made, and what the agents left in the home."""
        self.room.shell(f"rm -rf {WORK}/made-* {HOME}/..?* {HOME}/.[!.]* {HOME}/*")

    def connections(self) -> int:
        """Connections to the sink so far, and one more."""
        return self.room.path(CONNECTED).stat().st_size

    def place(self, ending: str = "") -> str:
        """A path on the guarded file system that nothing has yet."""
        return f"{WORK}/made-{next(self._names)}{ending}"

    def folder(self) -> str:
        """A new folder that everybody may write."""
        path = self.place()
        self.room.path(path).mkdir()
        self.room.path(path).chmod(0o1777)
        return path

    def copy(self, source: str, ending: str = "") -> str:
        """A copy of a file or folder under a name that says nothing."""
        path = self.place(ending)
        self.room.must("cp", "-r", "--preserve=mode", source, path)
        return path

    def write(self, text: str | bytes, ending: str = "", mode: int = 0o755) -> str:
        """A new file."""
        return self.room.write(self.place(ending), text, mode)

    def edit(self, path: str, change: Callable[[bytearray], object]) -> str:
        """Change a file in place."""
        with self.room.path(path).open("r+b") as file:
            data = bytearray(file.read())
            change(data)
            file.seek(0)
            file.truncate()
            file.write(data)
        return path

    def run(self, agent: Agent, *command: str, uid: int = PERSON, **how: Any) -> Started:
        """Run a command that starts an agent, until it ends or the agent has done its work."""
        before = self.connections()
        seconds = how.pop("seconds", LONGEST)
        number = self.room.start(*command, uid=uid, **({"folder": HOME} | agent.variables | how))
        if agent.writes:
            return self.room.wait(number, seconds)
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.connections() == before:
            if self.room.ended(number, 0.02):
                return self.room.wait(number)
        return self.room.wait(number, 0.001)
