"""The package under a real systemd: it starts with the machine, is kept alive, does its work in its sandbox, and goes.

A Debian is booted (`booted`), with the package in its image as whoever prepares a machine puts it there. The service is
the unit as shipped, `--host` and all: what "the host" is was mounted for the test.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from clearance.model.record import Record
from clearance.prove.ledger.read import records_of
from clearance.tasks.enforce.install import unit_text
from tests import debian, real_tools
from tests.act.snapshot import snapshot
from tests.e2e.enforce.booted import PACKAGES, TOOLS, Booted
from tests.e2e.enforce.machine import CLOSED
from tests.enforcing import PERSON, ROOT
from tests.packaging.built import package
from tests.real_tools import Unavailable

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces, mounts, fanotify"),
]

UNIT: Final = "clearance.service"
DIRECTIVE: Final = "/etc/clearance/directive.d/10-agents.yaml"
BARRED: Final = """
apiVersion: clearance/v1
kind: Directive
metadata: {id: D-1, title: Two agents and a setting, owner: security@example.com, review: 2035-10-10, timezone: UTC}
contact: https://intranet.example.com/ai-tools
rules:
  - {id: no-agents, match: {tool: [claude-code, codex, gemini-cli]}, effect: block, reason: none is cleared here}
  - {id: quiet, match: {tool: qwen-code}, effect: allow-with-settings, settings: {usage-statistics: 'off'}}
default: {effect: allow}
"""

NAMES: Final = """
import socket, struct
at = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
at.bind(("127.0.0.53", 53))
while True:
    asked, who = at.recvfrom(4096)
    end = 12
    while asked[end]:
        end += asked[end] + 1
    kind, = struct.unpack(">H", asked[end + 1:end + 3])
    found = b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes((192, 0, 2, 7)) if kind == 1 else b""
    counts = struct.pack(">HHHH", 1, bool(found), 0, 0)
    at.sendto(asked[:2] + b"\\x81\\x80" + counts + asked[12:end + 5] + found, who)
"""
"""Every name has the address 192.0.2.7."""

CONNECTED: Final = "/run/connected"
PORT: Final = 8999
SINK: Final = f"""
import socket
held, said = [], open("{CONNECTED}", "ab", 0)
listening = socket.create_server(("127.0.0.1", {PORT}))
while True:
    held.append(listening.accept()[0])
    said.write(b"c")
"""
"""Takes every connection, says so, and never answers."""

BUN, RUST, NODE = (f"{TOOLS}/{real_tools.BY_NAME[name].programs[0]}" for name in ("claude-code", "codex", "gemini-cli"))
RELAY: Final = f"http://127.0.0.1:{PORT}"
COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "claude-code": (BUN, "-p", "hello"),
    "codex": (
        RUST, "exec", "--skip-git-repo-check", "-c", 'model_provider="x"', "-c",
        f'model_providers.x={{name="x",base_url="{RELAY}/v1",env_key="RELAY_KEY"}}', "hello",
    ),
    "gemini-cli": ("/usr/bin/node", NODE, "--version"),
}  # fmt: skip
VARIABLES: Final = {
    "HOME": "/home/ana", "ANTHROPIC_BASE_URL": RELAY, "ANTHROPIC_API_KEY": "none", "RELAY_KEY": "none",
    "GEMINI_CLI_NO_RELAUNCH": "true",
}  # fmt: skip
VERSION: Final = real_tools.BY_NAME["gemini-cli"].version
VERSION_OF_RUST: Final = real_tools.BY_NAME["codex"].version


KNOCK: Final = "import socket; socket.create_connection(('127.0.0.1', 7001)).close()"
TRIGGERS: Final = (
    ("socket", "[Socket]\nListenStream=127.0.0.1:7001\n", f'python3 -c "{KNOCK}"'),
    ("path", "[Path]\nPathExists=/run/pulled\n", "touch /run/pulled"),
    ("timer", "[Timer]\nOnCalendar=yearly\nPersistent=yes\nAccuracySec=1ms\n", "true"),
)
"""Units that start another: the kind, what is in it, and what pulls it."""

VIEWS: Final = {
    "private-places": ("PrivateTmp=yes", "PrivateDevices=yes", "ProtectSystem=strict", "ProtectHome=read-only"),
    "dynamic-user": ("DynamicUser=yes",),
    "own-users": ("PrivateUsers=yes", "PrivateNetwork=yes"),
    "own-root": ("RootDirectory=/opt/root", "BindReadOnlyPaths=/opt/agents /home", "MountAPIVFS=yes"),
}
"""What makes units see other mounts than everybody else."""


def unit(program: str) -> str:
    return f"[Service]\nExecStart=/usr/bin/python3 {program}\n[Install]\nWantedBy=multi-user.target\n"


IMAGE: Final = """
useradd --create-home --uid 1000 --shell /bin/bash ana
systemctl enable --quiet sink names 2>/dev/null
dpkg --force-unsafe-io --install /root/clearance.deb
"""


class Machine(Booted):
    """A booted machine with the package."""

    def __init__(self, directive: str = BARRED, mode: str = "observe") -> None:
        tools = [real_tools.fetch(name) for name in COMMANDS]
        node = shutil.which("node")
        if node is None:
            raise Unavailable("node is not installed")
        files: dict[str, str | Path] = {
            "/root/clearance.deb": package(),
            # The agent needs a newer one than Debian has.
            "/usr/bin/node": Path(node).resolve(),
            DIRECTIVE: directive,
            "/etc/resolv.conf": "nameserver 127.0.0.53\n",
            # Else a module of PAM that is not installed says it.
            "/etc/systemd/system/user@.service.d/here.conf": "[Service]\nEnvironment=XDG_RUNTIME_DIR=/run/user/%i\n",
            "/opt/names.py": NAMES,
            "/opt/sink.py": SINK,
            "/etc/systemd/system/names.service": unit("/opt/names.py"),
            "/etc/systemd/system/sink.service": unit("/opt/sink.py"),
        }
        self._units = 0
        super().__init__(files=files, tools=tools, image=f"{IMAGE}clearance enforce mode {mode}\n")

    def records(self) -> list[Record]:
        """What the ledger holds."""
        try:
            return list(records_of(str(self.path("/var/lib/clearance/ledger"))))
        except OSError:
            return []

    def status(self) -> dict[str, Any]:
        """The status document."""
        found: dict[str, Any] = json.loads(self.run("clearance", "enforce", "status", "--json").stdout)
        return found

    def active(self) -> bool:
        """Whether systemd was told that the service is ready."""
        return self.shows(UNIT, "ActiveState", "SubState") == {"ActiveState": "active", "SubState": "running"}

    def service(self) -> int:
        """The number, in there, of the service's main process."""
        return int(self.shows(UNIT, "MainPID")["MainPID"])

    def connections(self) -> int:
        """How often the sink was connected to."""
        try:
            return self.path(CONNECTED).stat().st_size
        except OSError:
            return 0

    def started(self, tool: str, *how: str, command: Sequence[str] = ()) -> str:
        """Let systemd start a tool as Ana, by its command or by another one; the unit."""
        self._units += 1
        name = f"try-{self._units}"
        words = [f"--setenv={key}={value}" for key, value in VARIABLES.items()]
        self.run(
            "systemd-run", f"--unit={name}", "--uid=ana", *how, "--property=WorkingDirectory=/home/ana",
            "--property=RemainAfterExit=yes", *words, "--", *(command or COMMANDS[tool]),
        )  # fmt: skip
        return f"{name}.service"

    def worked(self, tool: str, name: str, before: int) -> bool:
        """Whether a started tool came to its work."""
        if tool == "gemini-cli":
            wrote = ("--output=cat", f"--unit={name}", "--identifier=node")
            return VERSION in self.run("journalctl", "--quiet", *wrote, code=None).stdout
        return self.connections() > before

    def ended(self, name: str) -> tuple[str, str]:
        """How a unit failed: the result, and what its process ended with. It is waited for."""
        self.until(lambda: self.shows(name, "ActiveState")["ActiveState"] == "failed", f"{name} does not fail")
        found = self.shows(name, "Result", "ExecMainStatus")
        return found["Result"], found["ExecMainStatus"]

    def tells(self, fits: Callable[[Record], bool], after: int = 0) -> Record:
        """The first record after a number that fits; it is waited for."""
        found: list[Record] = []

        def told() -> bool:
            found.extend(one for one in self.records() if one.n > after and fits(one))
            return bool(found)

        self.until(told, "the ledger does not tell of it")
        return found[0]

    def newest(self) -> int:
        """The number of the newest record."""
        return max((one.n for one in self.records()), default=0)

    def in_force(self, *programs: str) -> None:
        """Wait until programs are refused. The first look at one can take longer than anybody waits for."""
        for program in programs:
            self.until(partial(self._refused, program), "the directive never is in force")

    def _refused(self, program: str) -> bool:
        return self.run(program, "--version", code=None).returncode == 126

    def holds(self) -> dict[str, tuple[Any, ...]]:
        """Every name on it with kind, mode, owner and content, but for what other programs keep of their own."""
        found: dict[str, tuple[Any, ...]] = {}
        for top in ("/etc", "/usr", "/home", "/root", "/var/lib"):
            seen = snapshot(str(self.path(top))).items()
            found |= {os.path.normpath(f"{top}/{name}"): what for name, what in seen}
        others = ("/var/lib/dpkg/", "/var/lib/systemd/")
        return {name: what for name, what in found.items() if not name.startswith(others)}

    def mode(self, mode: str) -> None:
        """Raise or lower the host's mode."""
        self.run("clearance", "enforce", "mode", mode)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    try:
        with Machine() as here:
            yield here
    except Unavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def observing(machine: Machine) -> Machine:
    machine.until(machine.active, "the service does not start")
    machine.mode("observe")
    return machine


@pytest.fixture
def blocking(machine: Machine) -> Machine:
    machine.until(machine.active, "the service does not start")
    machine.mode("block")
    machine.in_force(BUN, RUST)
    return machine


def test_it_starts_with_the_machine_and_says_so(machine: Machine) -> None:
    machine.until(machine.active, "the service does not start")
    found = machine.shows(UNIT, "Type", "StatusText", "NRestarts", "Result", "UnitFileState", "WatchdogTimestamp")
    assert found.pop("WatchdogTimestamp"), "it says that it is alive"
    assert re.fullmatch(r"guarding [1-9]\d* file systems", found.pop("StatusText"))
    assert found == {"Type": "notify", "NRestarts": "0", "Result": "success", "UnitFileState": "enabled"}
    said = machine.run("systemctl", "status", "--no-pager", UNIT).stdout
    assert 'Status: "guarding' in said
    assert machine.status()["mode"] == "observe"
    assert machine.run("systemctl", "is-system-running").stdout == "running\n"


def test_its_sandbox_is_on_and_its_mounts_are_those_of_everybody(machine: Machine) -> None:
    machine.until(machine.active, "the service does not start")
    group = machine.path(f"/sys/fs/cgroup{machine.shows(UNIT, 'ControlGroup')['ControlGroup']}/cgroup.procs")
    processes = group.read_text().split()
    assert len(processes) > 5
    mounts = os.readlink(f"/proc/{machine.pid}/ns/mnt")
    for process in processes:
        assert os.readlink(f"/proc/{process}/ns/mnt") == mounts
        status = Path(f"/proc/{process}/status").read_text()
        assert "NoNewPrivs:\t1\n" in status
        assert "Seccomp:\t2\n" in status
        bound = int(status.split("CapBnd:\t")[1].split()[0], 16)
        assert not bound & (1 << 16 | 1 << 22 | 1 << 25), "neither modules nor a restart nor the clock"


@pytest.mark.parametrize("tool", COMMANDS)
def test_what_systemd_starts_runs_where_the_host_observes_and_is_recorded(observing: Machine, tool: str) -> None:
    before, newest = observing.connections(), observing.newest()
    name = observing.started(tool)
    observing.until(lambda: observing.worked(tool, name, before), "it does not do its work")
    observing.run("systemctl", "stop", name)
    record = observing.tells(lambda one: one.subject.get("tool") == tool, newest)
    assert (record.outcome.done, record.subject["user"]) == ("would-block", "ana")


@pytest.mark.parametrize("how", [(), ("--on-active=1ms", "--timer-property=AccuracySec=1ms")], ids=["run", "timer"])
@pytest.mark.parametrize("tool", COMMANDS)
def test_what_systemd_starts_is_stopped_where_the_host_blocks(blocking: Machine, tool: str, how: Sequence[str]) -> None:
    before, newest = blocking.connections(), blocking.newest()
    name = blocking.started(tool, *how)
    ended = blocking.ended(name)
    record = blocking.tells(lambda one: one.subject.get("tool") == tool, newest)
    if tool == "gemini-cli":
        assert (*ended, record.outcome.done) == ("signal", str(int(signal.SIGKILL)), "killed")
    else:
        assert (*ended, record.outcome.done) == ("exit-code", "203", "blocked")
    assert not blocking.worked(tool, name, before)
    blocking.run("systemctl", "reset-failed", name)


@pytest.mark.parametrize("how", ["--wait", "--scope", "--pty", "--user"])
@pytest.mark.parametrize("tool", ["codex", "gemini-cli"])
def test_who_waits_for_what_systemd_starts_is_told_that_it_did_not_work(blocking: Machine, tool: str, how: str) -> None:
    before, newest = blocking.connections(), blocking.newest()
    words = ["systemd-run", how, "--uid=ana", *(f"--setenv={key}={value}" for key, value in VARIABLES.items())]
    if how == "--user":
        blocking.run("systemctl", "start", "user@1000")
        words[1:3] = ["--user", "--scope"]
        words[:0] = ["env", "XDG_RUNTIME_DIR=/run/user/1000"]
    words += ["--", *COMMANDS[tool]]
    if how == "--pty":
        words = ["script", "--quiet", "--return", "--command", shlex.join(words), "/dev/null"]
    assert blocking.run(*words, uid=PERSON if how == "--user" else ROOT, code=None).returncode != 0
    record = blocking.tells(lambda one: one.subject.get("tool") == tool, newest)
    assert record.outcome.done == ("killed" if tool == "gemini-cli" else "blocked")
    assert blocking.connections() == before


@pytest.mark.parametrize(("kind", "text", "pull"), TRIGGERS, ids=[kind for kind, _, _ in TRIGGERS])
@pytest.mark.parametrize("tool", ["codex", "gemini-cli"])
def test_what_another_unit_starts_is_stopped(blocking: Machine, tool: str, kind: str, text: str, pull: str) -> None:
    before, newest, name = blocking.connections(), blocking.newest(), f"pulled-{tool}"
    variables = "".join(f'Environment="{key}={value}"\n' for key, value in VARIABLES.items())
    service = f"[Service]\nUser=ana\nWorkingDirectory=/home/ana\n{variables}ExecStart={shlex.join(COMMANDS[tool])}\n"
    blocking.path(f"/run/systemd/system/{name}.service").write_text(service)
    blocking.path(f"/run/systemd/system/{name}.{kind}").write_text(text)
    # What would have begun while the machine was off.
    blocking.run("sh", "-c", f"cd /var/lib/systemd; mkdir -p timers; touch -d '3 years ago' timers/stamp-{name}.timer")
    blocking.run("systemctl", "daemon-reload")
    try:
        blocking.run("systemctl", "start", f"{name}.{kind}")
        blocking.run("sh", "-c", pull)
        record = blocking.tells(lambda one: one.subject.get("tool") == tool, newest)
        assert record.outcome.done == ("killed" if tool == "gemini-cli" else "blocked")
        assert not blocking.worked(tool, f"{name}.service", before)
    finally:
        blocking.run("systemctl", "stop", f"{name}.{kind}", f"{name}.service")
        blocking.run("sh", "-c", f"rm -f /run/pulled /run/systemd/system/{name}.*; systemctl daemon-reload")
        blocking.run("systemctl", "reset-failed")


@pytest.mark.parametrize("properties", VIEWS.values(), ids=VIEWS)
def test_a_unit_that_sees_other_mounts_starts_nothing_that_is_barred(
    blocking: Machine, properties: Sequence[str]
) -> None:
    newest = blocking.newest()
    blocking.run("mkdir", "--parents", "/opt/root")
    name = blocking.started("codex", *(f"--property={one}" for one in properties))
    assert blocking.ended(name) == ("exit-code", "203")
    assert blocking.tells(lambda one: one.subject.get("tool") == "codex", newest).outcome.done == "blocked"
    blocking.run("systemctl", "reset-failed", name)


@pytest.mark.parametrize("tool", ["codex", "gemini-cli"])
def test_what_lies_where_only_its_unit_sees_it_is_ended(blocking: Machine, tool: str) -> None:
    """On a file system that was mounted for the unit, the guard is not asked."""
    newest = blocking.newest()
    what, start = RUST, ["/mnt/notes", *COMMANDS["codex"][1:]]
    if tool == "gemini-cli":
        what, start = str(Path(NODE).parents[1]), ["node", "/mnt/notes/bundle/gemini.js", "--version"]
    script = f"cp --recursive {what} /mnt/notes; exec {shlex.join(start)}"
    name = blocking.started(tool, "--property=TemporaryFileSystem=/mnt:mode=1777", command=("/bin/sh", "-c", script))
    assert blocking.ended(name) == ("signal", str(int(signal.SIGKILL)))
    record = blocking.tells(lambda one: str(one.subject.get("path")).startswith("/mnt/notes"), newest)
    assert (record.outcome.done, record.subject["tool"]) == ("killed", tool)
    blocking.run("systemctl", "reset-failed", name)


def test_a_file_system_that_is_mounted_later_is_guarded(blocking: Machine) -> None:
    newest = blocking.newest()
    blocking.run("mount", "-t", "tmpfs", "later", "/srv")
    blocking.run("cp", RUST, "/srv/notes")
    blocking.in_force("/srv/notes")
    record = blocking.tells(lambda one: one.subject.get("path") == "/srv/notes", newest)
    assert record.subject["tool"] == "codex"


def test_who_is_stopped_reads_why_on_the_terminal(blocking: Machine) -> None:
    """Within DevicePolicy=, without privileges but a few, as another user."""
    told = "┌ Codex was not started"
    # Nobody was told before.
    blocking.run("rm", "-rf", "/var/lib/clearance/why")
    blocking.run("systemctl", "restart", UNIT)
    blocking.in_force(RUST)
    command = blocking.inside("script", "--quiet", "--command", f"{RUST} --version; cat", "/dev/null", uid=PERSON)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as terminal:
        assert terminal.stdout is not None
        shown = terminal.stdout
        os.set_blocking(shown.fileno(), False)
        typed = bytearray()

        def read() -> bool:
            typed.extend(shown.read() or b"")
            return told.encode() in typed

        try:
            blocking.until(read, "nothing is told")
        finally:
            terminal.kill()
    assert told in blocking.run("clearance", "enforce", "why", uid=PERSON).stdout


def test_names_of_what_is_barred_are_refused(observing: Machine) -> None:
    ask = ("getent", "hosts", "auth.openai.com")
    observing.until(
        lambda: observing.run(*ask, code=None, uid=PERSON).stdout.startswith("192.0.2.7 "), "the name is not told"
    )
    observing.mode("block")
    observing.until(lambda: observing.run(*ask, code=None, uid=PERSON).returncode == 2, "the name is not refused")
    assert observing.run("getent", "hosts", "www.example.org", uid=PERSON).stdout.startswith("192.0.2.7 ")
    failures = observing.status()["failures"]
    assert not {name for name in failures if name.startswith("network")}, failures


def test_a_setting_of_somebody_is_put_right(observing: Machine) -> None:
    place = "/home/ana/.qwen/settings.json"
    observing.run("mkdir", "--parents", "/home/ana/.qwen")
    observing.path(place).write_text('{"privacy": {"usageStatisticsEnabled": true}}\n')
    observing.run("chown", "--recursive", "ana:ana", "/home/ana/.qwen")
    observing.mode("block")
    observing.run("systemctl", "restart", UNIT)
    observing.until(lambda: "false" in observing.path(place).read_text(), "it is not put right")
    owner = observing.path(place).stat()
    assert (owner.st_uid, owner.st_gid) == (PERSON, PERSON)


@pytest.mark.parametrize("how", ["KILL", "TERM"])
def test_a_service_that_somebody_ends_is_started_again_and_the_ledger_tells(blocking: Machine, how: str) -> None:
    newest, restarts = blocking.newest(), int(blocking.shows(UNIT, "NRestarts")["NRestarts"])
    first = blocking.service()
    blocking.run("sh", "-c", f"kill -{how} {first}")
    blocking.until(lambda: restarted(blocking, restarts), "it is not started again")
    assert blocking.service() != first
    assert blocking.status()["mode"] == "block"
    blocking.tells(lambda one: one.subject.get("event") == "started", newest)
    since = [one.subject.get("event") for one in blocking.records() if one.n > newest]
    assert ("stopped" in since) is (how == "TERM")
    if how == "KILL":
        assert "without saying so" in blocking.run("clearance", "ledger", "gaps", code=None).stdout


def restarted(machine: Machine, before: int) -> bool:
    return int(machine.shows(UNIT, "NRestarts")["NRestarts"]) > before and machine.active()


def test_a_service_that_hangs_is_ended_and_started_again(blocking: Machine) -> None:
    with drop_in(blocking, "[Service]\nWatchdogSec=1\n"):
        first, restarts = blocking.service(), int(blocking.shows(UNIT, "NRestarts")["NRestarts"])
        results: set[str] = set()

        def again() -> bool:
            results.add(blocking.shows(UNIT, "Result")["Result"])
            return restarted(blocking, restarts)

        blocking.run("sh", "-c", f"kill -STOP {first}")
        assert blocking.run("/bin/ls", "/", uid=PERSON).stdout, "nobody waits for it"
        blocking.until(again, "it is not started again")
        assert results >= {"watchdog"}
        assert blocking.service() != first


@contextlib.contextmanager
def drop_in(machine: Machine, text: str) -> Iterator[None]:
    """The unit with other settings."""
    folder = f"/run/systemd/system/{UNIT}.d"
    machine.run("mkdir", "--parents", folder)
    try:
        machine.path(f"{folder}/test.conf").write_text(text)
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", UNIT)
        yield
    finally:
        machine.run("rm", "-r", folder)
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", UNIT)


def test_reload_puts_another_directive_in_force_and_fails_for_a_bad_one(blocking: Machine) -> None:
    first, before = blocking.service(), blocking.status()["policy"]["generation"]
    try:
        blocking.path(DIRECTIVE).write_text(BARRED.replace("none is cleared here", "not yet"))
        blocking.run("systemctl", "reload", UNIT)
        assert blocking.status()["policy"]["generation"] == before + 1
        blocking.path(DIRECTIVE).write_text("apiVersion: clearance/v1\nkind: Directive\nrules: 7\n")
        assert blocking.run("systemctl", "reload", UNIT, code=None).returncode != 0
        assert blocking.status()["policy"]["generation"] == before + 1
        assert (blocking.active(), blocking.service()) == (True, first)
    finally:
        blocking.path(DIRECTIVE).write_text(BARRED)
        blocking.run("systemctl", "reload", UNIT)


def test_without_a_good_directive_everything_starts_and_a_mended_one_is_in_force(blocking: Machine) -> None:
    wrong = f"{DIRECTIVE}:7:"
    blocking.run("systemctl", "stop", UNIT)
    blocking.run("sh", "-c", "rm -r /var/lib/clearance/accepted*")
    blocking.path(DIRECTIVE).write_text(BARRED.replace("effect: block", "effect: blok"))
    try:
        blocking.run("systemctl", "start", UNIT)
        status = blocking.status()
        assert (status["policy"]["generation"], status["failures"]["directive-refused"]) == (0, 1)
        assert status["refused"].startswith(wrong)
        assert "no directive is in force" in blocking.run("clearance", "enforce", "status").stdout
        assert wrong in blocking.run("clearance", "doctor", code=2).stderr
        assert wrong in blocking.run("journalctl", "--quiet", f"--unit={UNIT}", "--lines=50").stdout
        assert VERSION_OF_RUST in blocking.run(RUST, "--version", uid=PERSON).stdout
        assert blocking.run("systemctl", "reload", UNIT, code=None).returncode != 0
        assert blocking.shows(UNIT, "NRestarts") == {"NRestarts": "0"}
    finally:
        blocking.path(DIRECTIVE).write_text(BARRED)
    blocking.in_force(RUST)
    status = blocking.status()
    assert (status["policy"]["generation"], status["refused"]) == (1, "")
    blocking.run("systemctl", "reload", UNIT)


def test_stop_ends_it_and_restart_brings_it_back(blocking: Machine) -> None:
    newest = blocking.newest()
    blocking.run("systemctl", "stop", UNIT)
    assert blocking.shows(UNIT, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert not blocking.path("/run/clearance").exists()
    assert VERSION_OF_RUST in blocking.run(RUST, "--version", uid=PERSON).stdout
    blocking.tells(lambda one: one.subject.get("event") == "stopped", newest)
    blocking.run("systemctl", "start", UNIT)
    first = blocking.service()
    blocking.run("systemctl", "restart", UNIT)
    assert blocking.active()
    assert blocking.service() != first
    blocking.in_force(RUST)


@pytest.mark.parametrize("folder", ["/srv/a b", "/srv/50%", "/srv/a b/$HOME/50%n", "/srv/$HOME"])
def test_the_unit_that_is_written_starts_the_program_wherever_it_lies(machine: Machine, folder: str) -> None:
    command = f"{folder}/clearance"
    machine.run("mkdir", "--parents", folder)
    machine.path(command).write_text('#!/bin/sh\necho "$@" >> /run/told\n')
    machine.path(command).chmod(0o755)
    text = re.sub(r"(?m)^(Type|ConditionPath\w+|Restart|WatchdogSec)=.*\n", "", unit_text(command).decode())
    machine.path("/run/systemd/system/elsewhere.service").write_text(f"{text}[Service]\nType=oneshot\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("rm", "--force", "/run/told")
    machine.run("systemctl", "start", "elsewhere")
    assert machine.path("/run/told").read_text() == "enforce run --host\n"


def test_removing_the_package_leaves_no_unit_and_installing_it_starts_it(blocking: Machine) -> None:
    groups = set(blocking.path("/sys/fs/cgroup").iterdir())
    assert any(one.name.startswith("clearance-cut-") for one in groups)
    blocking.run("dpkg", "--remove", "clearance")
    assert blocking.shows(UNIT, "LoadState", "ActiveState") == {"LoadState": "not-found", "ActiveState": "inactive"}
    listed = blocking.run("systemctl", "list-units", "--all", "--no-legend", "--no-pager", "clearance*").stdout
    files = blocking.run("systemctl", "list-unit-files", "--no-legend", "--no-pager", "clearance*", code=None).stdout
    assert (listed, files) == ("", "")
    assert not [one for one in blocking.path("/sys/fs/cgroup").iterdir() if one.name.startswith("clearance")]
    assert VERSION_OF_RUST in blocking.run(RUST, "--version", uid=PERSON).stdout
    assert blocking.records(), "the records stay"
    blocking.run("dpkg", "--force-unsafe-io", "--install", "/root/clearance.deb")
    assert blocking.active(), "installing it waits until it is ready"
    assert blocking.status()["mode"] == "observe"
    first = blocking.service()
    blocking.run("dpkg", "--force-unsafe-io", "--install", "/root/clearance.deb")
    assert blocking.active()
    assert blocking.service() != first, "the new version runs"


def test_purged_it_leaves_everything_as_it_was_before(machine: Machine) -> None:
    """Once more after it was in force, with a setting put right."""
    purge = ("dpkg", "--force-unsafe-io", "--purge", "clearance")
    machine.run(*purge)
    settings = "/home/ana/.qwen/settings.json"
    machine.run("mkdir", "--parents", os.path.dirname(settings))
    machine.path(settings).write_text('{"privacy": {"usageStatisticsEnabled": true}}\n')
    machine.run("chown", "--recursive", "ana:ana", os.path.dirname(settings))
    before = machine.holds()
    machine.run("mkdir", "--parents", os.path.dirname(DIRECTIVE))
    machine.path(DIRECTIVE).write_text(BARRED)
    machine.run("dpkg", "--force-unsafe-io", "--install", "/root/clearance.deb")
    machine.until(machine.active, "the service does not start")
    machine.mode("block")
    machine.in_force(RUST)
    machine.until(lambda: "false" in machine.path(settings).read_text(), "the setting is not put right")
    machine.run(*purge)
    after = machine.holds()
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == set()


def test_a_machine_boots_and_halts_with_everything_barred_and_nothing_let_through_in_doubt() -> None:
    try:
        here = Machine(CLOSED, "block")
    except Unavailable as error:
        pytest.skip(str(error))
    with here:
        here.until(here.active, "the service does not start")
        here.in_force(RUST)
        assert here.run("systemctl", "is-system-running").stdout == "running\n"
        here.run("systemctl", "daemon-reexec")
        here.run("systemctl", "restart", "systemd-journald", "names")
        for uid in (ROOT, PERSON):
            here.run("sh", "-c", "ls / && apt -v && dpkg --version", uid=uid)
        here.run("su", "ana", "-c", "id --user")
        here.run("systemctl", "poweroff", code=None)
        assert here.halted(), "it does not halt"


def test_a_machine_whose_test_is_killed_leaves_nothing() -> None:
    try:
        debian.fetch(*PACKAGES)
    except Unavailable as error:
        pytest.skip(str(error))
    root = Path(__file__).resolve().parents[3]
    one = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.enforce.booted"], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert one.stdout is not None
    pid, group, place = one.stdout.readline().split()
    held = os.pidfd_open(int(pid))
    one.kill()
    one.wait()
    one.stdout.close()
    assert select.select([held], [], [], 60)[0], "its first process ended"
    os.close(held)
    until = time.monotonic() + 60
    while (Path(group).exists() or Path(place).exists()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(group).exists()
    assert not Path(place).exists()
