"""A room with a wire to an internet of its own, and `clearance enforce run` with its network guard in it.

The internet is a network namespace below the room's first process, so that everything ends with the room. What the
service makes among the machine's control groups it makes below one that was made for the room and goes with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from clearance.act.linux.cgroups import mount_point
from clearance.model.record import Record
from tests.agent.network.house import missing as guard_missing
from tests.e2e.enforce import internet
from tests.enforcing import HOME, PATIENCE, PERSON, ROOT, Enforced, Room, Started

ROOT_FOLDER: Final = str(Path(__file__).parents[3])
FOLDER: Final = "/mnt/internet"
CERTIFICATE: Final = f"{FOLDER}/cert.pem"
PYTHON: Final = "/usr/bin/python3"
"""An interpreter that an ordinary user can start."""

OWN: Final = "203.0.113.200"
BY_FILE: Final = "written.vendor.example"
"""A barred name that /etc/hosts has an address for."""

CLIENT: Final = 8
"""Seconds that a client waits for a server."""

DIRECTIVE: Final = f"""
apiVersion: clearance/v1
kind: Directive
metadata: {{id: D-N, title: Some hosts, owner: security@example.com, review: 2035-10-10, timezone: UTC}}
contact: https://intranet.example.com/ai-tools
tools:
  - {{id: coder, name: Coder, kind: coding-agent, deployment: cloud, hosts: ["*.vendor.example"]}}
  - {{id: helper, name: Helper, kind: coding-agent, deployment: cloud, hosts: [shared.vendor.example]}}
endpoints:
  - {{host: relay.example.net, class: relay}}
  - {{host: "{internet.RELAY_ADDRESS}", class: relay}}
rules:
  - {{id: business, match: {{endpoint: "*.business.vendor.example"}}, effect: allow}}
  - {{id: relays, match: {{endpoint_class: relay}}, effect: block, reason: a relay sees everything}}
  - {{id: coder, match: {{tool: coder}}, effect: block, reason: it has not been cleared}}
  - {{id: codex, match: {{tool: codex}}, effect: block, reason: it has not been cleared}}
  - {{id: elsewhere, match: {{tool: claude-code, endpoint_class: [unknown]}}, effect: block, reason: a gateway of one's own}}
default: {{effect: allow}}
"""  # noqa: E501

WIRE: Final = f"""
until [ "$(readlink /proc/$1/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
set -e
ip link add house type veth peer name world netns $1
ip address add {OWN}/24 dev house
ip address add 2001:db8::200/64 dev house nodad
ip link set house up
ip route add default via {internet.RESOLVER}
"""
OUTSIDE: Final = "\n".join((
    "until ip link show world >/dev/null 2>&1; do sleep 0.01; done", "set -e",
    *(f"ip address add {one} dev world{' nodad' if ':' in one else ''}" for one in internet.ADDRESSES),
    "ip link set lo up", "ip link set world up", f"exec {sys.executable} -m tests.e2e.enforce.internet {FOLDER}",
))  # fmt: skip
FILES: Final = {
    "/etc/resolv.conf": f"nameserver {internet.RESOLVER}\n",
    "/etc/hosts": f"127.0.0.1 localhost\n{internet.VENDOR} {BY_FILE}\n",
    "/etc/passwd": f"root:x:0:0:root:/mnt/root:/bin/sh\nana:x:{PERSON}:{PERSON}:Ana:{HOME}:/bin/sh\n",
}

CUT_OFF: Final = 'echo $$ > "$0/cgroup.procs" && exec unshare --cgroup "$@"'
"""Starts a command that takes the control group `$0` for the top of all."""


def missing() -> str:
    """Why this cannot be done here; empty where it can."""
    programs = ("curl", "node", "openssl", "pgrep", PYTHON)
    return guard_missing() or next((f"needs {program}" for program in programs if not shutil.which(program)), "")


class Wired:
    """The room, and the guard in it while it runs. `before` is for a test that remembers the packet rules."""

    def __init__(self) -> None:
        with contextlib.ExitStack() as stack:
            self.group = stack.enter_context(own_group())
            self.room = stack.enter_context(Room("512m"))
            self._lay_out()
            self._connect()
            self.service: Enforced | None = None
            self.before = ""
            self._closing = stack.pop_all()

    def close(self) -> None:
        """End everything."""
        self._closing.close()

    def _lay_out(self) -> None:
        room = self.room
        self.mount = mount_point(Path("/proc/self/mounts").read_bytes())
        if self.group is not None and self.mount is not None:
            room.must("mount", "--bind", self.group, self.mount)
        for path, text in FILES.items():
            room.must("mount", "--bind", room.write(f"/mnt/files{path}", text), path)
        # What `enforce undo` goes by.
        room.must("mount", "-t", "tmpfs", "-o", "mode=755", "state", "/var/lib")
        room.must("mkdir", "/var/lib/clearance")
        room.must("mount", "--bind", "/mnt/state", "/var/lib/clearance")
        room.path(FOLDER).mkdir()
        room.must(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            f"{FOLDER}/key.pem", "-out", CERTIFICATE, "-days", "2", "-subj", "/CN=internet.example",
            "-addext", f"subjectAltName={internet.SUBJECTS}",
        )  # fmt: skip
        room.must("chmod", "644", CERTIFICATE)

    def _connect(self) -> None:
        room = self.room
        outside = room.start("unshare", "--net", "/bin/sh", "-c", OUTSIDE, folder=ROOT_FOLDER)
        room.must("/bin/sh", "-c", WIRE, "sh", str(room.pid_there(outside)))
        until = time.monotonic() + PATIENCE
        while "ready" not in room.wait(outside, 0).out:
            if room.ended(outside) or time.monotonic() > until:
                raise AssertionError(room.wait(outside))
            time.sleep(0.02)

    def guard(self, directive: str = DIRECTIVE) -> Enforced:
        """Put the directive in force, or start the service anew; it returns when names are refused."""
        if self.service is None:
            prefix = ("/bin/sh", "-c", CUT_OFF, self.mount) if self.group is not None and self.mount else ()
            self.service = Enforced(self.room, directive, network=True, prefix=prefix)
        else:
            self.service.start()
        self.refuses()
        return self.service

    def refuses(self) -> None:
        """Wait until a barred name is refused."""
        assert self.service is not None
        self.service.until(lambda: "reached" not in self.curl("https://probe.vendor.example/").out, "names pass")

    # Clients, as people have them.

    def curl(self, *words: str, uid: int = PERSON) -> Started:
        """Ask for a page."""
        common = ("--silent", "--show-error", "--max-time", str(CLIENT), "--cacert", CERTIFICATE)
        return self.room.run("/usr/bin/curl", *common, *words, uid=uid, folder="/")

    def node(self, script: str, *words: str) -> Started:
        """Run a script of Node; a promise that fails is an error."""
        return self.room.run(
            "node", "--input-type=module", "-e", script, "--", *words, uid=PERSON, folder="/", seconds=30,
            NODE_EXTRA_CA_CERTS=CERTIFICATE,
        )  # fmt: skip

    def python(self, script: str, *words: str) -> Started:
        """Run a script of Python."""
        return self.room.run(
            PYTHON, "-c", script, *words, uid=PERSON, folder="/", seconds=30, SSL_CERT_FILE=CERTIFICATE
        )

    def probe(self, *words: str) -> Started:
        """What a small client of ours sees, as JSON."""
        return self.room.run(
            sys.executable, "-m", "tests.agent.network.probe", str(PERSON), *words, uid=ROOT, folder=ROOT_FOLDER,
            seconds=30,
        )  # fmt: skip

    # What is there.

    def rules(self) -> str:
        """The kernel's packet rules."""
        return self.room.must("nft", "list", "ruleset").out

    def groups(self) -> list[str]:
        """The control groups in the room's own."""
        return sorted(one.name for one in Path(self.group).iterdir() if one.is_dir()) if self.group else []

    def pids(self, name: str) -> list[int]:
        """Processes of the service, by what each is there for; their numbers in the room."""
        return [int(word) for word in self.room.run("pgrep", "-x", f"clr-{name}").out.split()]

    def kill(self, name: str, signal: str) -> None:
        """Send a signal to one."""
        pids = self.pids(name)
        assert pids, f"there is no {name}"
        self.room.must("kill", f"-{signal}", *map(str, pids))

    def refused(self, first: int, means: str, path: str, done: str = "refused") -> Record | None:
        """The record of a refusal; it is waited for."""
        assert self.service is not None
        return self.service.await_record(
            first,
            lambda one: (
                one.kind == "decision" and one.outcome.done == done
                and one.subject["means"] == means and path in one.subject["path"] and one.subject["uid"] == PERSON
            ),
            20,
        )  # fmt: skip


@contextlib.contextmanager
def own_group() -> Iterator[str | None]:
    """A control group (version 2) that is removed at the end, also where this process is killed; None without any."""
    mount = mount_point(Path("/proc/self/mounts").read_bytes())
    if mount is None or not mount.startswith("/sys/fs/cgroup"):
        yield None
        return
    path = os.path.join(mount, f"clearance-test-{os.getpid()}-{time.monotonic_ns()}")
    remover = subprocess.Popen(["/bin/sh", "-c", REMOVE, path], stdin=subprocess.PIPE, start_new_session=True)
    os.mkdir(path)
    try:
        yield path
    finally:
        assert remover.stdin is not None
        remover.stdin.close()
        remover.wait(PATIENCE)


REMOVE: Final = """
cat > /dev/null
n=0
while [ -d "$0" ] && [ $n -lt 100 ]; do
    find "$0" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
    n=$((n + 1))
done
"""


@contextlib.contextmanager
def wired() -> Iterator[Wired]:
    """A wired room that is gone afterwards."""
    made = Wired()
    try:
        yield made
    finally:
        made.close()
