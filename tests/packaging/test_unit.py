"""The unit file: nothing in it may give the service a mount namespace of its own, and it stays hardened."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "packaging" / "systemd" / "clearance.service"

CEILING = 5.8
"""Of systemd's exposure score, 0 to 10; what is left needs a private mount namespace or is what the service is for."""

PRIVATE_MOUNTS = {
    "BindPaths", "BindReadOnlyPaths", "DynamicUser", "ExecPaths", "ExtensionDirectories", "ExtensionImages",
    "InaccessibleDirectories", "InaccessiblePaths", "LogNamespace", "MountAPIVFS", "MountFlags", "MountImages",
    "NetworkNamespacePath", "NoExecPaths", "PrivateBPF", "PrivateDevices", "PrivateIPC", "PrivateMounts",
    "PrivateNetwork", "PrivatePIDs", "PrivateTmp", "PrivateUsers", "ProcSubset", "ProtectControlGroups", "ProtectHome",
    "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectProc",
    "ProtectSystem", "ReadOnlyDirectories", "ReadOnlyPaths", "ReadWriteDirectories", "ReadWritePaths", "RootDirectory",
    "RootDirectoryStartOnly", "RootEphemeral", "RootHash", "RootImage", "RootVerity", "TemporaryFileSystem",
    "LoadCredential", "LoadCredentialEncrypted", "SetCredential", "SetCredentialEncrypted", "ImportCredential",
    "IPCNamespacePath", "JoinsNamespaceOf",
}  # fmt: skip
"""Directives with which systemd.exec(5) makes a namespace in which paths, mounts, users or networks differ."""


def directives(text: str) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = (line.strip() for line in joined.splitlines() if not line.lstrip().startswith(("#", ";")))
    return [(key.strip(), value.strip()) for key, found, value in (line.partition("=") for line in lines) if found]


def private_mounts(text: str) -> list[str]:
    off = {"", "no", "false", "off", "0"}
    return [key for key, value in directives(text) if key in PRIVATE_MOUNTS and value.lower() not in off]


def test_no_mount_namespace_of_its_own() -> None:
    assert private_mounts(UNIT.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "PrivateTmp=yes",
        "ProtectSystem = strict",
        "ReadOnlyPaths=/usr",
        "  ProtectHome=read-only",
        "ProtectProc=\\\n invisible",
    ],
)
def test_a_directive_that_makes_one_is_found(line: str) -> None:
    assert private_mounts(f"[Service]\n# PrivateDevices=yes\nPrivateMounts=no\n{line}\n") != []


def test_what_the_service_relies_on() -> None:
    said = directives(UNIT.read_text("utf-8"))
    assert {("Type", "notify"), ("Restart", "always"), ("NoNewPrivileges", "yes")} <= set(said)
    assert {("OOMPolicy", "continue"), ("LimitCORE", "0")} <= set(said)
    assert int(dict(said)["WatchdogSec"]) > 0
    assert "RestrictSUIDSGID" not in dict(said), "without openat2(2) no script is seen in another mount namespace"
    capabilities = " ".join(value for key, value in said if key == "CapabilityBoundingSet").split()
    assert {"CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_KILL"} <= set(capabilities)
    assert not {"CAP_SYS_MODULE", "CAP_SYS_BOOT", "CAP_SYS_TIME", "CAP_SYS_RAWIO", "CAP_MKNOD"} & set(capabilities)


def test_it_needs_no_program_but_its_own() -> None:
    commands = [value.split()[0] for key, value in directives(UNIT.read_text("utf-8")) if key.startswith("Exec")]
    assert set(commands) == {"/usr/bin/clearance"}


def test_it_is_the_unit_that_the_program_installs() -> None:
    assert UNIT.resolve() == ROOT / "src" / "clearance" / "act" / "linux" / "clearance.service"


def exposure() -> float:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(UNIT)],
        capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    found = re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)
    assert found is not None, said.stderr
    return float(found[1])


def test_its_exposure_stays_under_the_ceiling() -> None:
    score = exposure()
    print(f"systemd-analyze security: {score} of at most {CEILING}")
    assert score <= CEILING


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    unit = tmp_path / "clearance.service"
    text = re.sub(r"(?m)^Documentation=.*\n", "", UNIT.read_text("utf-8"))
    text = re.sub(r"(?m)^(Exec\w+)=\S+", r"\1=/bin/true", text)
    unit.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stderr.splitlines() if "clearance.service" in line] == []
    assert done.returncode == 0


TRAP = """
set -e
mount --make-rshared / 2>/dev/null || true
mount -t tmpfs -o mode=755 outside "$1"
mount --make-shared "$1"
mkdir "$1/later" "$1/hidden"
echo real > "$1/hidden/program"
# What systemd does for PrivateTmp=, ProtectSystem= and their like: a namespace whose mounts do not come back out, ...
unshare -m --propagation slave sh -ec '
  mount -t tmpfs private "$1/hidden"
  cat /proc/self/mountinfo > "$2/inside"
  test ! -e "$1/hidden/program" && echo "path is another file inside" >> "$2/seen"
  mount -t tmpfs own "$1/later" && echo x > "$1/later/file"
' sh "$1" "$2"
test -e "$1/hidden/program" && echo "outside it is there" >> "$2/seen"
test ! -e "$1/later/file" && echo "what is mounted inside is not outside" >> "$2/seen"
"""


@pytest.mark.long
def test_the_trap_that_this_is_about(tmp_path: Path) -> None:
    """In a private mount namespace a path names another file than for everybody else, and mounts part ways."""
    import os

    if os.getuid() != 0:
        pytest.skip("needs root")
    place, notes = tmp_path / "place", tmp_path / "notes"
    place.mkdir()
    notes.mkdir()
    done = subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", TRAP, "sh", str(place), str(notes)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (notes / "seen").read_text().splitlines() == [
        "path is another file inside",
        "outside it is there",
        "what is mounted inside is not outside",
    ]
    assert " private " in (notes / "inside").read_text()
    assert os.listdir(place) == [], "nothing of this reached the machine's own namespace"
