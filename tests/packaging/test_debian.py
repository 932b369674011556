"""The Debian package: built, installed, removed and purged on a copy of this machine that only the test sees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packaging.built import ROOT, build

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
mkdir -p "$1/root/tmp"
cp "$2" "$1/root/tmp/clearance.deb"
shift 2
exec chroot "$0" "$@"
"""

STEPS = """
import json, os, stat, subprocess

def seen():
    # What dpkg keeps its own books in is left out; of files a change shows in size or time, as dpkg writes them.
    left_out = {"/var/lib/dpkg", "/var/cache", "/var/log"}
    found = {}
    for top in ("/etc", "/usr", "/var"):
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if f"{folder}/{name}" not in left_out]
            for name in (*folders, *files):
                state = os.lstat(f"{folder}/{name}")
                what = [state.st_mode, state.st_uid, state.st_gid]
                if stat.S_ISREG(state.st_mode):
                    what += [state.st_size, state.st_mtime_ns]
                found[f"{folder}/{name}"] = what
    return found

def run(*words, code=0):
    done = subprocess.run(words, capture_output=True, text=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr

def differing(before, after):
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))

before = seen()
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
said["removed"] = differing(before, seen())
run("dpkg", "-P", "clearance")
said["purged"] = differing(before, seen())
print(json.dumps(said))
"""


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
    package = build(tmp_path / "dist")
    control = subprocess.run(["dpkg-deb", "--info", package], capture_output=True, text=True, check=True).stdout
    assert "Package: clearance\n" in control
    contents = subprocess.run(["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True).stdout
    for path in (
        "usr/share/man/man1/clearance.1.gz", "usr/share/man/man5/clearance-directive.5.gz", "usr/bin/clearance ->",
        "usr/share/man/man8/clearance-enforce.8.gz", "usr/share/bash-completion/completions/clearance",
        "usr/lib/systemd/system/clearance.service", "usr/share/doc/clearance/copyright",
    ):  # fmt: skip
        assert f"./{path}" in contents
    assert str(ROOT) not in contents
    assert all(line.split()[1] == "root/root" for line in contents.splitlines())

    place = tmp_path / "machine"
    place.mkdir()
    before = sorted(os.listdir("/etc")), os.path.exists("/usr/bin/clearance")
    done = subprocess.run(
        ["unshare", "-mnpf", "--kill-child", "sh", "-c", PRIVATE, f"{place}/root", str(place), str(package),
         "/usr/bin/python3", "-c", STEPS],
        capture_output=True, text=True, check=False, timeout=600, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (sorted(os.listdir("/etc")), os.path.exists("/usr/bin/clearance")) == before, "nothing reached the machine"
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["version"].startswith("clearance ")
    assert "fanotify" in said["doctor"]
    assert said["link"] == "/usr/lib/systemd/system/clearance.service"
    assert said["mode"] is False, "it observes"
    assert said["verify"] == ""
    assert "not installed" not in said["install"] + said["again"]
    kept = ("/etc/clearance", "/var/lib/clearance")
    assert [path for path in said["removed"] if not path.startswith(kept)] == []
    assert "/var/lib/clearance/ledger/records" in said["removed"]
    assert "/var/lib/clearance/journal.jsonl" not in said["removed"]
    assert said["purged"] == []
