"""A Debian with systemd as its first process, on file systems and in namespaces of its own: nothing reaches outside.

Guarantees: the machine's own file systems are not mounted in there (it does not start where one is), so that whoever
watches "all of the host" in there watches only what was made for the test. It has a PID, mount, network, IPC, UTS and
cgroup namespace; the kernel's settings and devices are read-only or absent, and it may not set the clock or load
modules. All of it ends with the process that booted it, however that ends: the kernel kills its first process, the
mounts go with the last one, and a process that waits for nothing else removes the control group and the folder.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from clearance.act.linux.cgroups import mount_point
from clearance.agent.watched import mounts
from clearance.observe.mounts import PSEUDO
from tests import debian
from tests.enforcing import PATIENCE, ROOT, _die_with_parent
from tests.real_tools import Unavailable

PACKAGES: Final = ("dbus", "libnftables1", "python3", "systemd-sysv")
"""What the Debian has beyond the smallest one."""

TOOLS: Final = "/opt/agents"
"""Where tools lie in there."""

ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "NO_COLOR": "1"}

SILENT: Final = ("dev-hugepages.mount", "sys-fs-fuse-connections.mount", "fstrim.timer", "apt-daily.timer",
                 "apt-daily-upgrade.timer", "e2scrub_all.timer", "dpkg-db-backup.timer")  # fmt: skip
"""Units that mount what the whole machine shares, or are of no use here."""

# $PLACE: an empty folder; $TREE: the Debian; $FILES: laid over it; $SHARED: folders with tools; $IMAGE: a script that
# is run in it before it boots; $DEVICES: file systems of the machine.
BEFORE: Final = r"""
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755,size=2g container "$PLACE"
cd "$PLACE"
mkdir up work root tools tools-work
mount -t overlay -o "lowerdir=$TREE,upperdir=up,workdir=work,xino=on" container root
cp -r --preserve=mode "$FILES/." root/
mkdir -p root/opt/agents
mount -t overlay -o "lowerdir=$SHARED,upperdir=tools,workdir=tools-work,xino=on" tools root/opt/agents
cd root
mount -t proc proc proc
for place in sys irq bus fs sysrq-trigger; do
    if [ -e proc/$place ]; then mount --bind proc/$place proc/$place; mount -o remount,bind,ro proc/$place; fi
done
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 dev dev
mknod -m 666 dev/null c 1 3; mknod -m 666 dev/zero c 1 5; mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8; mknod -m 666 dev/urandom c 1 9; mknod -m 666 dev/tty c 5 0
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=1777 shm dev/shm
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
hostname contained
echo contained > etc/hostname
: > etc/machine-id
pivot_root . mnt
umount -l /mnt
cd /
while read -r _ _ device _; do
    case " $DEVICES " in *" $device "*) echo "a file system of the machine is mounted: $device" >&2; exit 1;; esac
done < /proc/self/mountinfo
sh -ec "$IMAGE" > /dev/null
lacking=-mknod,-sys_boot,-sys_module,-sys_rawio,-sys_time,-syslog,-wake_alarm
exec env -i container=other PATH=/usr/sbin:/usr/bin setpriv --bounding-set "$lacking" /lib/systemd/systemd --system
"""

# In a session of its own, with nothing open but the end of a pipe that the booting process holds.
REMOVER: Final = """
import os, shutil, sys, time
group, place = sys.argv[1:]
os.read(0, 1)
for _ in range(600):
    if not os.path.isdir(group):
        break
    try:
        with open(group + "/cgroup.kill", "w") as kill:
            kill.write("1")
        for folder, _, _ in os.walk(group, topdown=False):
            os.rmdir(folder)
    except OSError:
        time.sleep(0.05)
shutil.rmtree(place, ignore_errors=True)
"""

_numbers = itertools.count(1)


class Booted:
    """The running system. Commands run in there by `run`, files are reached by `path`."""

    def __init__(self, *, files: Mapping[str, str | Path], tools: Sequence[Path], image: str = "") -> None:
        """`files` lie in it by their paths, as text or as a copy; `tools` are folders to be seen as one, `TOOLS`;
        `image` is a script that is run in it before it boots. `Unavailable` where this machine cannot boot one."""
        if os.geteuid() != 0:
            raise Unavailable("needs root: namespaces, mounts, control groups")
        groups = mount_point(Path("/proc/self/mounts").read_bytes())
        if groups is None:
            raise Unavailable("there are no control groups of version 2")
        tree = debian.fetch(*PACKAGES)
        self.place = tempfile.mkdtemp(prefix="clearance-booted-")
        self.group = Path(groups) / f"clearance-booted-{os.getpid()}-{next(_numbers)}"
        self._remover = subprocess.Popen(
            [sys.executable, "-I", "-c", REMOVER, str(self.group), self.place],
            stdin=subprocess.PIPE, start_new_session=True, cwd="/",
        )  # fmt: skip
        self.group.mkdir()
        laid = Path(self.place, "files")
        laid.mkdir()
        for name, content in files.items():
            there = laid / name.lstrip("/")
            there.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                shutil.copy(content, there)
            else:
                there.write_text(content)
        Path(self.place, "mounted").mkdir()
        silent = f"systemctl mask --quiet {' '.join(SILENT)} 2>/dev/null\n"
        with Path(self.place, "said").open("wb") as said:
            self._outside = subprocess.Popen(
                ["unshare", "--cgroup", "--pid", "--mount", "--uts", "--ipc", "--net", "--fork", "--kill-child",
                 "sh", "-c", BEFORE],
                env=ENVIRONMENT | {
                    "PLACE": f"{self.place}/mounted", "TREE": str(tree), "FILES": str(laid),
                    "SHARED": ":".join(map(str, tools)), "IMAGE": silent + image,
                    "DEVICES": " ".join(sorted(own_devices())),
                },
                preexec_fn=self._enter, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/",
            )  # fmt: skip
        try:
            self.until(self._is_up, "it does not boot")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _enter(self) -> None:
        _die_with_parent()
        (self.group / "cgroup.procs").write_text("0")

    def close(self) -> None:
        """End it, and return when nothing is left of it."""
        self._outside.kill()
        self._outside.wait()
        assert self._remover.stdin is not None
        self._remover.stdin.close()
        self._remover.wait(PATIENCE)

    def halted(self, seconds: float = PATIENCE) -> bool:
        """Whether it ends within some seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._outside.wait(seconds)
        return self._outside.poll() is not None

    @property
    def pid(self) -> int:
        """The number of its first process, outside; 0 where there is none."""
        outside = self._outside.pid
        with contextlib.suppress(OSError):
            return int((Path(f"/proc/{outside}/task/{outside}/children").read_text().split() or ["0"])[0])
        return 0

    def _is_up(self) -> bool:
        if self._outside.poll() is not None:
            raise AssertionError(f"it did not boot: {self.said()}")
        if not (self.group / "init.scope").is_dir():
            return False
        return self.run("systemctl", "is-system-running", code=None).stdout.strip() in ("running", "degraded")

    def said(self) -> str:
        """What was said until it booted."""
        return Path(self.place, "said").read_text(errors="replace")[-2000:]

    def path(self, inside: str) -> Path:
        """A file of it, for whoever is outside."""
        return Path(f"/proc/{self.pid}/root/{inside.lstrip('/')}")

    def inside(self, *command: str, uid: int = ROOT) -> list[str]:
        """What to run outside, so that a command runs in there."""
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup"]
        become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
        variables = ENVIRONMENT | {"HOME": "/home/ana" if uid else "/root"}
        return [*enter, *become, "env", "-i", *(f"{name}={value}" for name, value in variables.items()), *command]

    def run(
        self, *command: str, code: int | None = 0, uid: int = ROOT, seconds: float = PATIENCE
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it to its end, which has to be this exit code; None: any."""
        done = subprocess.run(
            self.inside(*command, uid=uid), capture_output=True, text=True, errors="replace", check=False,
            timeout=seconds, stdin=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        assert code is None or done.returncode == code, (command, done)
        return done

    def shows(self, unit: str, *names: str) -> dict[str, str]:
        """Properties of a unit."""
        said = self.run("systemctl", "show", unit, *(f"--property={name}" for name in names)).stdout
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def until(self, holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Wait until something holds."""
        until = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > until:
                raise AssertionError(f"{what}: {self.said()}")
            time.sleep(0.05)


def own_devices() -> set[str]:
    """The devices of file systems that this machine has mounted and that programs can lie on."""
    found = mounts(Path("/proc/self/mountinfo").read_text(errors="surrogateescape"))
    return {mount.device for mount in found if mount.kind not in PSEUDO}


def main() -> None:
    """Boot one and wait to be killed, after saying where it is."""
    with Booted(files={}, tools=[Path("/usr/share/doc")]) as here:
        print(here.pid, here.group, here.place, flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
