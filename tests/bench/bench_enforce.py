"""What enforcement costs: no guard, Debian's fapolicyd and this program, side by side in one run.

`python -m tests.bench.bench_enforce [BLOCKS]` as root. Three equal Debians on three file systems of the run's own:
nobody watches the first, fapolicyd (with one rule that allows everything) the second, `clearance enforce run` with a
directive that bars agents the third. The same work is done in each, in turns, as an ordinary user; every figure is the
ratio to no guard of the same block, its median over the blocks, and the 95 % interval of it (bootstrap, 2,000 draws).
Nothing here asserts a time.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.debian import fetch
from tests.real_tools import cache, fetching

BLOCKS = 20
PACKAGES = ("gcc", "libc6-dev", "make", "nodejs")
PROJECT = "zlib-ng==1.1.0"
NPM = "npm@11.6.2"
INSTALLED = ("express@5.3.0", "eslint@10.15.0")
USER = 1000
MIB = 1 << 20
ROOM = Path("/opt/clearance-bench")
CLONE_NEWNS = 0x20000
UNSHARE = ("unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc")
DIRECTIVE = """\
apiVersion: clearance/v1
kind: Directive
metadata: {id: bench, title: Bench, owner: security@example.com, review: 2035-01-01}
rules:
  - {id: no-agents, match: {kind: [coding-agent, general-agent]}, effect: block, reason: none is cleared here}
default: {effect: allow}
"""
FAPOLICYD = """\
permissive = 0
nice_val = 14
q_size = 640
uid = root
gid = root
do_stat_report = 0
detailed_report = 0
db_max_size = 50
subj_cache_size = 1549
obj_cache_size = 8191
watch_fs = tmpfs
trust = file
integrity = none
syslog_format = rule,dec,perm,auid,pid,exe,:,path,ftype,trust
"""

Times = dict[str, list[float]]


class Place(NamedTuple):
    """A Debian that the same work is done in. `namespace` is an open mount namespace to do it in."""

    name: str
    root: Path
    namespace: int


def main() -> None:
    """Prepare outside, then measure in namespaces of its own."""
    blocks = int(sys.argv[1]) if len(sys.argv) > 1 else BLOCKS
    if os.geteuid() != 0 or shutil.which("fapolicyd") is None:
        print("skipped: needs root and fapolicyd")
        return
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(Path(folder))
        subprocess.run(
            [*UNSHARE, sys.executable, "-m", "tests.bench.bench_enforce", "inside", json.dumps(prepared), str(blocks)],
            check=True,
            cwd=Path(__file__).resolve().parents[2],
        )


def prepare(folder: Path) -> dict[str, str]:
    """What needs the network: a Debian with a compiler, a C project, npm and what it installs."""
    debian = fetch(*PACKAGES)
    kept = cache() / "bench-enforce"
    kept.mkdir(exist_ok=True)
    if not list(kept.glob("zlib_ng-*.tar.gz")):
        fetching(
            "zlib-ng", sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:",
            "--disable-pip-version-check", "--dest", str(kept), PROJECT,
        )  # fmt: skip
    if not (kept / "npm-cache").is_dir():
        npm = shutil.which("npm") or "npm"
        subprocess.run([npm, "pack", "--silent", "--pack-destination", str(kept), NPM], check=True, cwd=kept)
        work = folder / "app"
        work.mkdir()
        (work / "package.json").write_text('{"name": "app", "version": "1.0.0", "private": true}')
        subprocess.run(
            [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent",
             "--cache", str(kept / "npm-cache"), *INSTALLED],
            check=True, cwd=work,
        )  # fmt: skip
    subprocess.run(
        ["gcc", "-O2", "-static", "-o", str(kept / "costs"), str(Path(__file__).with_name("costs.c"))], check=True
    )
    (folder / "tiny.c").write_text("int main(void) { return 0; }\n")
    subprocess.run(["gcc", "-O2", "-static", "-o", str(kept / "tiny"), str(folder / "tiny.c")], check=True)
    return {"debian": str(debian), "kept": str(kept)}


def inside(prepared: dict[str, str], blocks: int) -> None:
    """The measurement, in a mount, PID and network namespace of its own."""
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "opt", "/opt"], check=True)
    ROOM.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "room", str(ROOM)], check=True)
    names = ("none", "fapolicyd", "clearance")
    for name in names:
        build(ROOM / name, prepared)
    here = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    with (
        fapolicyd(ROOM / "fapolicyd", [ROOM / "none", ROOM / "clearance"]) as (daemon, there),
        clearance(ROOM / "clearance", Path(prepared["kept"])) as service,
    ):
        places = [
            Place("none", ROOM / "none", here),
            Place("fapolicyd", ROOM / "fapolicyd", there),
            Place("clearance", ROOM / "clearance", here),
        ]
        rest = {"fapolicyd": usage([daemon]), "clearance": usage(family(service))}
        time.sleep(10)
        idle = {
            "fapolicyd": usage([daemon])[0] - rest["fapolicyd"][0],
            "clearance": usage(family(service))[0] - rest["clearance"][0],
        }
        held = {"fapolicyd": usage([daemon])[1], "clearance": usage(family(service))[1]}
        by_process(family(service))
        results = measure(places, blocks)
        storm(places, {"fapolicyd": [daemon], "clearance": family(service)}, idle, held)
        report(results)
        status = subprocess.run(
            [program(), "enforce", "status", "--runtime", str(ROOM / "run"), "--json"], capture_output=True, check=True
        )
        guard = json.loads(status.stdout)["guard"]
        print("\nasked about in all: " + ", ".join(f"{name} {count}" for name, count in guard.items()))


def build(root: Path, prepared: dict[str, str]) -> None:
    """A Debian on a tmpfs of its own, with what the work needs."""
    root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4g", "bench", str(root)], check=True)
    subprocess.run(["cp", "-a", f"{prepared['debian']}/.", str(root)], check=True)
    kept = Path(prepared["kept"])
    home = root / "home/ana"
    home.mkdir(parents=True)
    for name in ("tiny", "costs"):
        shutil.copy(kept / name, root / "usr/local/bin" / name)
        (root / "usr/local/bin" / name).chmod(0o755)
    shutil.copy(kept / "tiny", home / "mine")
    (home / "source.c").write_text("int x;\n" * 100)
    with tarfile.open(next(kept.glob("zlib_ng-*.tar.gz"))) as archive:
        archive.extractall(home / "sdist", filter="data")
    next((home / "sdist").glob("*/src/zlib_ng/zlib-ng")).rename(home / "project")
    with tarfile.open(next(kept.glob("npm-*.tgz"))) as archive:
        archive.extractall(root / "usr/local/lib/npm", filter="data")
    shutil.copytree(kept / "npm-cache", home / ".npm")
    for path in [home, *home.rglob("*")]:
        os.chown(path, USER, USER, follow_symlinks=False)
    subprocess.run(["mount", "--bind", "/proc", str(root / "proc")], check=True)
    subprocess.run(["mount", "--bind", "/dev", str(root / "dev")], check=True)


@contextmanager
def fapolicyd(root: Path, others: Sequence[Path]) -> Iterator[tuple[int, int]]:
    """Debian's fapolicyd in a mount namespace where it sees no other tmpfs; its pid, and that namespace."""
    ready, says = os.pipe()
    kept = (str(root), str(ROOM), str(ROOM.parent))
    pid = os.fork()
    if pid == 0:
        ctypes.CDLL(None).unshare(CLONE_NEWNS)
        # It marks every mount of the kinds it is told, and gives up where it cannot.
        for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
            _, point, kind, *_ = line.split()
            if Path(point).parent in others or Path(point) in others or (kind == "tmpfs" and point not in kept):
                subprocess.run(["umount", "--lazy", point], check=True)
        etc = root / "tmp/etc-fapolicyd"
        shutil.copytree("/etc/fapolicyd", etc)
        (etc / "fapolicyd.conf").write_text(FAPOLICYD)
        shutil.rmtree(etc / "rules.d")
        (etc / "compiled.rules").write_text("allow perm=any all : all\n")
        subprocess.run(["mount", "--bind", str(etc), "/etc/fapolicyd"], check=True)
        for path in ("/var/lib", "/run"):
            subprocess.run(["mount", "-t", "ramfs", "own", path], check=True)
            os.mkdir(f"{path}/fapolicyd")
            os.chmod(f"{path}/fapolicyd", 0o777)
        os.write(says, b".")
        log = os.open(ROOM / "fapolicyd.log", os.O_RDWR | os.O_CREAT)
        for fd in (0, 1, 2):
            os.dup2(log, fd)
        os.execv(shutil.which("fapolicyd") or "", ["fapolicyd", "--debug-deny"])
    os.read(ready, 1)
    time.sleep(8)
    if os.waitpid(pid, os.WNOHANG)[0]:
        raise RuntimeError(f"fapolicyd ended: {(ROOM / 'fapolicyd.log').read_text()}")
    namespace = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
    try:
        yield pid, namespace
    finally:
        os.kill(pid, signal.SIGTERM)
        time.sleep(1)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@contextmanager
def clearance(root: Path, kept: Path) -> Iterator[int]:
    """`clearance enforce run` on one file system, as a person types it; its pid."""
    (ROOM / "d.yaml").write_text(DIRECTIVE)
    state = ROOM / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "ramfs", "state", str(state)], check=True)
    command = [
        program(), "enforce", "run", "--directive", str(ROOM / "d.yaml"), "--mode", "block", "--watch", str(root),
        "--state", str(state / "state"), "--runtime", str(ROOM / "run"), "--no-network",
    ]  # fmt: skip
    with subprocess.Popen(command) as process:
        asked = [program(), "enforce", "status", "--runtime", str(ROOM / "run")]
        while subprocess.run(asked, capture_output=True, check=False).returncode:
            time.sleep(0.2)
        # The first survey of the host is no part of what a start costs.
        while any("survey" in name(pid) for pid in family(process.pid)):
            time.sleep(1)
        try:
            yield process.pid
        finally:
            process.terminate()


def measure(places: Sequence[Place], blocks: int) -> dict[str, dict[str, list[float]]]:
    """The times of every kind of work by place, block after block, the places in another order each time."""
    found: dict[str, dict[str, list[float]]] = {}
    orders = list(itertools.permutations(places))
    for block in range(blocks):
        for place in orders[block % len(orders)]:
            for kind, value in work(place, block).items():
                found.setdefault(kind, {}).setdefault(place.name, []).append(value)
        print(f"block {block + 1} of {blocks}", file=sys.stderr)
    return found


def work(place: Place, block: int) -> dict[str, float]:
    """One block in one place: microseconds, or seconds for what takes long."""
    known = costs(place, "exec", "/usr/local/bin/tiny", 400)
    mine = costs(place, "exec", "/home/ana/mine", 400)
    opened = costs(place, "open", "/home/ana/source.c", 4000)
    done = {
        "exec of a known program, root's (p50)": statistics.median(known),
        "exec of a known program, root's (p99)": percentile(known, 0.99),
        "exec of a user's own program (p50)": statistics.median(mine),
        "exec of a user's own program (p99)": percentile(mine, 0.99),
        "open of a source file (p50)": statistics.median(opened),
        "open of a source file (p99)": percentile(opened, 0.99),
        "first exec of a new 1 MB program": first(place, MIB, 10),
        "first exec of a new 300 MB program": first(place, 300 * MIB, 1),
    }
    if block % 2 == 0:
        done["make -j2 of a C project"] = timed(place, build_project)
        done["npm install"] = timed(place, npm_install)
    return done


def costs(place: Place, kind: str, path: str, count: int) -> list[float]:
    """Times of single calls, in microseconds."""
    out = within(place, ["/usr/local/bin/costs", kind, path, str(count)])
    return [int(line) / 1000 for line in out.split()]


def first(place: Place, size: int, times: int) -> float:
    """The first start of a program of this size that was just written, in microseconds: the median."""
    tiny = (place.root / "usr/local/bin/tiny").read_bytes()
    took = []
    for number in range(times):
        path = place.root / f"home/ana/new-{number}"
        with path.open("wb") as file:
            file.write(tiny)
            file.write(random.Random(number).randbytes(MIB) * (max(0, size - len(tiny)) // MIB))
        path.chmod(0o755)
        os.chown(path, USER, USER)
        took += costs(place, "exec", f"/home/ana/new-{number}", 1)
        path.unlink()
    return statistics.median(took)


def build_project(place: Place) -> None:
    """Configure and make, from nothing."""
    script = "cd /home/ana && rm -rf build && cp -a project build && cd build && ./configure && make -j2"
    within(place, ["/bin/sh", "-c", f"({script}) >/dev/null"])


def npm_install(place: Place) -> None:
    """Install from the cache alone."""
    script = (
        "rm -rf /home/ana/app && mkdir /home/ana/app && cd /home/ana/app && echo '{}' > package.json &&"
        " node /usr/local/lib/npm/package/bin/npm-cli.js install --offline --ignore-scripts --no-audit --no-fund"
        f" --silent --cache /home/ana/.npm {' '.join(INSTALLED)}"
    )
    within(place, ["/bin/sh", "-c", script])


def timed(place: Place, act: Callable[[Place], None]) -> float:
    """Seconds."""
    start = time.monotonic()
    act(place)
    return time.monotonic() - start


def within(place: Place, command: Sequence[str]) -> str:
    """Run a command as an ordinary user in a place, and give its output."""
    hears, says = os.pipe()
    pid = os.fork()
    if pid == 0:
        ctypes.CDLL(None).setns(place.namespace, CLONE_NEWNS)
        os.chroot(place.root)
        os.chdir("/")
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
        os.dup2(says, 1)
        os.closerange(3, 64)
        os.execve(command[0], list(command), {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/home/ana"})
    os.close(says)
    with os.fdopen(hears) as file:
        out = file.read()
    if os.waitpid(pid, 0)[1] != 0:
        raise RuntimeError(f"{place.name}: {' '.join(command)} failed")
    return out


def storm(
    places: Sequence[Place], daemons: dict[str, list[int]], idle: dict[str, float], held: dict[str, float]
) -> None:
    """Processor time and memory of the daemons, at rest and while programs are started as fast as can be."""
    print(f"\n{'daemon':<12}{'at rest, 10 s':>16}{'in an exec storm':>20}{'memory (PSS): at rest':>24}{'after':>12}")
    for place in places[1:]:
        before, start = usage(daemons[place.name])[0], time.monotonic()
        for _ in range(5):
            costs(place, "exec", "/home/ana/mine", 2000)
        after, memory = usage(daemons[place.name])
        share = (after - before) / (time.monotonic() - start)
        print(f"{place.name:<12}{idle[place.name]:>14.2f} s{share:>18.0%}{held[place.name]:>21.1f} MB{memory:>9.1f} MB")


def usage(pids: Sequence[int]) -> tuple[float, float]:
    """Seconds of processor time, and megabytes of memory (what is shared counts once), of some processes."""
    seconds = memory = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                memory += int(line.split()[1]) / 1000
    return seconds, memory


def by_process(pids: Sequence[int]) -> None:
    """The memory of each process: its share (PSS, so that they add up), and what no other has."""
    print(f"\n{'process':<16}{'share (PSS)':>14}{'its own':>12}")
    for pid in pids:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        held = {row.split(":")[0]: int(row.split()[1]) / 1000 for row in rows}
        own = held["Private_Dirty"] + held["Private_Clean"]
        print(f"{name(pid).strip():<16}{held['Pss']:>11.1f} MB{own:>9.1f} MB")


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += family(int(child))
    return found


def name(pid: int) -> str:
    """What a process is called."""
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def report(results: dict[str, dict[str, list[float]]]) -> None:
    """One line a kind of work."""
    print(f"\n{'':<40}{'no guard':>12}{'fapolicyd':>26}{'clearance':>26}")
    for kind, by_place in results.items():
        base = by_place["none"]
        unit = (
            "s"
            if statistics.median(base) < 60 and "p50" not in kind and "first" not in kind and "p99" not in kind
            else "us"
        )
        line = f"{kind:<40}{statistics.median(base):>9.1f} {unit:<2}"
        for place in ("fapolicyd", "clearance"):
            ratios = [theirs / ours for theirs, ours in zip(by_place[place], base, strict=True)]
            low, high = interval(ratios)
            line += f"{statistics.median(ratios):>10.3f} [{low:.3f}, {high:.3f}]"
        print(line)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the median."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(2000))
    return medians[50], medians[1949]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def program() -> str:
    """The command as a person has it."""
    return str(Path(sys.executable).parent / "clearance")


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(json.loads(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
