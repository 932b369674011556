"""The Debian package: built, installed, removed and purged on a copy of this machine that only the test sees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.built import ROOT, build, package
from tests.real_tools import Unavailable

SCRIPTS = sorted((ROOT / "packaging" / "debian").iterdir())

# An overlay over the whole machine: what is written goes to memory, and is gone with the mount namespace.
PRIVATE = r"""
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755,size=1g memory "$1"
mkdir "$1/up" "$1/work" "$1/root"
mount -t overlay -o lowerdir=/,upperdir="$1/up",workdir="$1/work" machine "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs run "$1/root/run"
mount -t tmpfs -o mode=1777 tmp "$1/root/var/tmp"
# Whatever the machine has of the program is not there in this view.
rm -rf "$1/root/var/lib/clearance" "$1/root/etc/clearance" "$1/root/etc/systemd/system/clearance.service" \
    "$1/root/etc/systemd/system/multi-user.target.wants/clearance.service"
mkdir -p "$1/root/tmp" "$1/root/run/up" "$1/root/run/low"
mount --bind "$1/up" "$1/root/run/up"
mount --bind / "$1/root/run/low"
cp "$2" "$1/root/tmp/clearance.deb"
shift 2
exec chroot "$0" "$@"
"""

SEEN = """
import json, os, random, signal, stat, subprocess, sys

# What dpkg keeps its own books in, and what is no file of the machine's.
LEFT_OUT = ("var/lib/dpkg", "var/cache", "var/log", "var/tmp", "run", "tmp", "proc", "dev")

def looks(path):
    # What a name is, whose, and what it holds.
    try:
        state = os.lstat(path)
    except FileNotFoundError:
        return None
    content = None
    if stat.S_ISREG(state.st_mode):
        with open(path, "rb") as file:
            content = file.read()
    elif stat.S_ISLNK(state.st_mode):
        content = os.readlink(path)
    elif stat.S_ISDIR(state.st_mode):
        content = sorted(os.listdir(path))
    return state.st_mode, state.st_uid, state.st_gid, content

def changed():
    # Of all that was ever written here, what is not as it is on the machine.
    found = {}
    for folder, folders, files in os.walk("/run/up"):
        inside = os.path.relpath(folder, "/run/up")
        folders[:] = [name for name in folders if os.path.normpath(f"{inside}/{name}") not in LEFT_OUT]
        for name in (*folders, *files):
            path = os.path.normpath(f"{inside}/{name}")
            if (now := looks(f"/{path}")) != looks(f"/run/low/{path}"):
                found[f"/{path}"] = now
    return found

def differing(before):
    after = changed()
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))

def dpkg(*words):
    return ["dpkg", "--force-unsafe-io", *words]

def run(*words, code=0):
    done = subprocess.run(words, capture_output=True, text=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr
"""

STEPS = """
before = changed()
said = {"install": run("dpkg", "-i", "/tmp/clearance.deb")}
said["version"] = run("clearance", "--version")
said["status"] = run("clearance", "enforce", "status", code=3)
said["doctor"] = run("clearance", "doctor")
said["scan"] = run("clearance", "explain", "--collects")
said["link"] = os.readlink("/etc/systemd/system/multi-user.target.wants/clearance.service")
said["mode"] = os.path.exists("/var/lib/clearance/mode")
said["verify"] = run("dpkg", "--verify", "clearance")
with open("/var/lib/clearance/ledger/records", "w") as records:
    records.write("evidence")
said["again"] = run("dpkg", "-i", "/tmp/clearance.deb")
run("dpkg", "-r", "clearance")
said["removed"] = differing(before)
run("dpkg", "-P", "clearance")
said["purged"] = differing(before)
print(json.dumps(said))
"""

CUT = """
import time

chance = random.Random(int(sys.argv[1]))
before = changed()
install, remove, purge = dpkg("-i", "/tmp/clearance.deb"), dpkg("-r", "clearance"), dpkg("-P", "clearance")
spans = []
for words in (install, remove, purge):
    began = time.monotonic()
    run(*words)
    spans.append(time.monotonic() - began)
killed = 0
for point in range(10):
    words, span = chance.choice(list(zip((install, remove, purge), spans)))
    if words is not install:
        run(*install)
    one = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        one.wait(chance.uniform(0, span))
    except subprocess.TimeoutExpired:
        os.killpg(one.pid, signal.SIGKILL)
        killed += one.wait() == -signal.SIGKILL
    if words is install:
        run(*install)
        run("dpkg", "--configure", "-a")
        run("clearance", "--version")
        assert "clearance" not in (audit := run("dpkg", "--audit")), audit
    run(*purge)
    left = differing(before)
    assert not left, (sys.argv[1], point, words, left[:20])
    assert not [name for name in os.listdir("/var/lib/dpkg/info") if name.startswith("clearance.")]
print(json.dumps({"killed": killed}))
"""


def in_private(place: Path, package: Path, steps: str, *words: str) -> dict[str, Any]:
    """What a program says last that runs where only it sees what the package does."""
    machine = place / "machine"
    machine.mkdir()
    done = subprocess.run(
        ["unshare", "-mnpf", "--kill-child", "sh", "-c", PRIVATE, f"{machine}/root", str(machine), str(package),
         "/usr/bin/python3", "-c", SEEN + steps, *words],
        capture_output=True, text=True, check=False, timeout=900, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_can_be_read_by_a_plain_shell(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0


@pytest.mark.long
def test_it_is_built_installed_removed_and_purged(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root")
    if not shutil.which("dpkg-deb") or not os.access("/usr/bin/python3", os.X_OK):
        pytest.skip("needs a Debian")
    made = build(tmp_path / "dist")
    control = subprocess.run(["dpkg-deb", "--info", made], capture_output=True, text=True, check=True).stdout
    assert "Package: clearance\n" in control
    contents = subprocess.run(["dpkg-deb", "--contents", made], capture_output=True, text=True, check=True).stdout
    for path in (
        "usr/share/man/man1/clearance.1.gz", "usr/share/man/man5/clearance-directive.5.gz", "usr/bin/clearance ->",
        "usr/share/man/man8/clearance-enforce.8.gz", "usr/share/bash-completion/completions/clearance",
        "usr/lib/systemd/system/clearance.service", "usr/share/doc/clearance/copyright",
    ):  # fmt: skip
        assert f"./{path}" in contents
    assert str(ROOT) not in contents
    assert all(line.split()[1] == "root/root" for line in contents.splitlines())

    before = sorted(os.listdir("/etc")), os.path.exists("/usr/bin/clearance")
    said = in_private(tmp_path, made, STEPS)
    assert (sorted(os.listdir("/etc")), os.path.exists("/usr/bin/clearance")) == before, "nothing reached the machine"
    assert said["version"].startswith("clearance ")
    assert "fanotify" in said["doctor"]
    assert said["link"] == "/usr/lib/systemd/system/clearance.service"
    assert said["mode"] is False, "it observes"
    assert said["verify"] == ""
    assert "not installed" not in said["install"] + said["again"]
    kept = ("/etc/clearance", "/var/lib/clearance")
    # A folder shows what is in it.
    assert [path for path in said["removed"] if not path.startswith(kept)] == ["/etc", "/var/lib"]
    assert "/var/lib/clearance/ledger/records" in said["removed"]
    assert "/var/lib/clearance/journal.jsonl" not in said["removed"]
    assert said["purged"] == []


@pytest.mark.long
def test_killed_anywhere_and_done_again_it_leaves_the_machine_as_it_was(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root")
    try:
        made = package()
    except Unavailable as error:
        pytest.skip(str(error))
    seed = int.from_bytes(os.urandom(4))
    assert in_private(tmp_path, made, CUT, str(seed))["killed"] > 0
