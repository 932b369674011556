from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from clearance.observe.host import HostView
from clearance.observe.probe import Home
from clearance.observe.processes import container_roots, running, script_of


@pytest.mark.parametrize(
    ("argv", "script"),
    [
        (["node", "cli.js", "-p", "prompt"], "/srv/cli.js"),
        (["node", "--require", "./x.js", "/opt/a.js"], "/opt/a.js"),
        (["/usr/bin/python3.11", "-u", "../app.py"], "/app.py"),
        (["python3", "-m", "aider"], ""),
        (["python3", "-c", "print(1)"], ""),
        (["node", "-e", "1"], ""),
        (["bun", "run", "x.ts"], "/srv/x.ts"),
        (["node"], ""),
        (["bash", "x.sh"], ""),
        (["nodemon", "x.js"], ""),
    ],
)
def test_the_script_of_an_interpreter(argv: list[str], script: str) -> None:
    assert script_of(argv[0], argv, "/srv") == script


def test_a_process_is_seen_without_its_arguments_and_secrets(tmp_path: Path) -> None:
    script = tmp_path / "agent.py"
    script.write_text("import sys; print('up', flush=True); sys.stdin.read()")
    environ = dict(os.environ) | {"T_BASE_URL": "https://relay.example", "T_SECRET": "hunter2"}
    command = [sys.executable, str(script), "a prompt of mine"]
    with subprocess.Popen(command, stdin=-1, stdout=-1, env=environ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        now = running({"T_BASE_URL"})
        process.communicate()
    (seen,) = [p for p in now.processes if p.pid == process.pid]
    assert seen.script == str(script)
    assert seen.variables == (("T_BASE_URL", "https://relay.example"),)
    assert "hunter2" not in str(now)
    assert "a prompt of mine" not in str(now)


def test_a_listening_socket_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = [one for one in running(set()).listeners if one.port == port]
    assert [(one.address, one.pid) for one in found] == [("127.0.0.1", os.getpid())]


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="another root needs root")
def test_a_process_in_another_root(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/hostname").write_text("box\n")
    (tmp_path / "home/ana").mkdir(parents=True)
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.chroot(tmp_path)
        os.write(tell, b"x")
        signal.pause()
    try:
        os.read(told, 1)
        assert ("box", pid) in container_roots()
        (seen,) = [one for one in running(set()).processes if one.pid == pid]
        assert seen.container == "box"
        view = HostView(f"/proc/{pid}/root/")
        assert (view.live, view.name, view.homes) == (False, "box", (Home("ana", "/home/ana"),))
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(told)
        os.close(tell)


def test_roots_of_containers_are_told_once() -> None:
    roots = container_roots()
    assert len({pid for _, pid in roots}) == len(roots)
