"""The known ways to lock oneself out of a machine, each with the real service and the real kernel.

Each time the same is asked: do the shell, the package manager, the ssh server, root's and other people's programs
start, and does the ledger tell what happened? See `machine.py` for where this happens.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import clearance
from clearance.prove.ledger.keys import load
from tests import debian_packages
from tests.e2e.enforce.machine import BARRED, CLOSED, OPEN, Guarded, Machine, cgroup, limit
from tests.enforcing import DIRECTIVE as FILE
from tests.enforcing import PATIENCE, PERSON, RUNTIME, STATE
from tests.memory import memory_of

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces, mounts, fanotify"),
]

CHILDREN = ("guard", "examiner", "tracker", "notifier", "watchdog")
EMPTY = """
apiVersion: clearance/v1
kind: Directive
metadata: {id: D-0, title: Nothing yet, owner: security@example.com, review: 2035-10-10, timezone: UTC}
contact: https://intranet.example.com/ai-tools
rules: []
default: {effect: allow}
"""


# What a directive says.


def test_a_directive_without_rules_stops_nothing() -> None:
    with contextlib.ExitStack() as stack:
        here = Guarded(EMPTY)
        stack.callback(here.machine.close)
        here.machine.usable()
        assert here.machine.starts()


@pytest.mark.parametrize("text", ["", "\n", "rules: []\n", "kind: Directive\n"])
def test_an_empty_rule_base_is_refused_and_what_was_in_force_stays(text: str) -> None:
    with Guarded(OPEN) as here:
        here.machine.room.write(FILE, text)
        refused = here.command("reload")
        assert refused.code == 2
        here.works()
        assert here.tells("refused").kind == "policy"
        assert here.service.status["policy"]["generation"] == 1


@pytest.mark.parametrize("directive", [OPEN, CLOSED], ids=["open", "closed"])
def test_a_directive_that_blocks_everything_blocks_tools_only(directive: str) -> None:
    with Guarded(directive) as here:
        here.works()
        assert here.records()[-1].outcome.done in ("blocked", "done")


def test_a_program_that_is_critical_by_name_only_is_barred_like_any_other() -> None:
    with Guarded(OPEN) as here:
        for name in ("bash", "sudo", "sshd", "apt"):
            path = here.machine.plant(f"/usr/local/{name}/node_modules/@openai/codex/bin/codex")
            here.machine.room.must("/bin/ln", "-sf", path, f"/usr/local/sbin/{name}")
            assert not here.machine.starts(f"/usr/local/sbin/{name}")
        assert not [path for path in here.service.status["critical"] if "/usr/local/" in path]
        here.works()


# Who is stopped, and who is killed.


def test_with_the_service_stopped_starts_are_still_answered() -> None:
    with Guarded(OPEN) as here:
        here.signal("service", signal.SIGSTOP)
        here.works()
        here.signal("service", signal.SIGCONT)
        here.works()
        here.until(
            lambda: sum(one.outcome.done == "blocked" for one in here.records()) >= 2, "what was done is not recorded"
        )


@pytest.mark.parametrize("directive", [OPEN, CLOSED], ids=["open", "closed"])
def test_a_guard_that_hangs_is_ended_and_started_again(directive: str) -> None:
    with Guarded(directive) as here:
        here.signal("guard", signal.SIGSTOP)
        here.recovers()
        assert here.tells("guard-died").outcome.done == "started again"


def test_an_examiner_that_hangs_keeps_nobody_waiting() -> None:
    with Guarded(OPEN) as here:
        here.signal("examiner", signal.SIGSTOP)
        here.machine.usable()
        here.tells("deadline")
        here.machine.plant(BARRED)
        here.recovers()


def test_with_an_examiner_that_hangs_and_a_directive_that_fails_closed_critical_programs_start() -> None:
    with Guarded(CLOSED) as here:
        here.signal("examiner", signal.SIGSTOP)
        here.machine.usable(strangers=False)
        name = here.machine.stranger()
        here.until(lambda: here.machine.room.run(name, uid=PERSON, folder="/").code == 0, "no other examiner came")
        here.tells("examiner-stalled")
        here.recovers()


@pytest.mark.parametrize("name", ["tracker", "notifier"])
def test_who_else_hangs_is_not_waited_for(name: str) -> None:
    with Guarded(OPEN) as here:
        # Who tells people is there once somebody was told.
        here.works()
        here.until(lambda: name in here.processes(), f"no {name}")
        here.signal(name, signal.SIGSTOP)
        for _ in range(3):
            assert here.command("mode", "warn").code == 0
            assert here.command("mode", "block").code == 0
        here.works()
        here.signal(name, signal.SIGCONT)
        here.works()


def test_no_process_that_stays_has_the_ledgers_private_key_in_its_memory() -> None:
    with Guarded(OPEN) as here:
        here.works()
        here.signal("tracker", signal.SIGKILL)
        here.tells("tracker-died")
        # What is asked for has to be signed.
        assert here.command("status", "--json").code == 0
        here.works()
        for name in ("service", *CHILDREN):
            here.pid(name)
        key = load(str(here.machine.room.path(f"{STATE}/keys/ledger.key")))
        public, seed = key.public_key().public_bytes_raw(), key.private_bytes_raw()
        for name, pids in here.processes().items():
            for pid in pids if name == "service" or name in CHILDREN else ():
                memory = memory_of(pid)
                assert public in memory, f"the memory of {name} was not read"
                assert seed not in memory, name


@pytest.mark.parametrize("name", CHILDREN)
def test_a_process_that_is_killed_is_started_again(name: str) -> None:
    with Guarded(OPEN) as here:
        here.works()
        here.until(lambda: name in here.processes(), f"no {name}")
        killed = here.signal(name, signal.SIGKILL)
        here.until(lambda: here.processes().get(name, [killed]) != [killed], f"no other {name}")
        here.recovers()
        assert here.tells(f"{name}-died").kind == "failure"


def test_when_the_service_is_killed_everybody_goes_with_it_and_nobody_waits() -> None:
    with Guarded(OPEN) as here:
        here.signal("examiner", signal.SIGSTOP)
        name = here.machine.room.write("/usr/local/bin/new", here.machine.room.path("/bin/true").read_bytes(), 0o755)
        pending = here.machine.room.start(name, uid=PERSON, folder="/")
        here.signal("service", signal.SIGKILL)
        assert here.machine.room.wait(pending).code == 0
        here.until(lambda: not set(CHILDREN) - {"examiner"} & set(here.processes()), "children outlive the service")
        here.machine.usable()
        assert here.machine.starts()
        with contextlib.suppress(AssertionError):
            here.signal("examiner", signal.SIGKILL)
        here.service.start()
        here.recovers()
        events = [one.subject.get("event") for one in here.records()]
        assert events.count("started") == 2
        assert "stopped" not in events


@pytest.mark.parametrize("name", ["guard", "service", "examiner", "tracker"])
def test_who_runs_out_of_memory_locks_nobody_out(name: str) -> None:
    with Guarded(OPEN) as here, _nothing_left(here.pid(name)):
        victim = here.pid(name)
        if name == "guard":
            # The kernel refuses a start whose question it has no memory to hand over; it is usable again at once.
            here.until(lambda: _is_usable(here), "nothing can be started")
        else:
            here.machine.usable()
        here.until(lambda: here.ended(victim), "it has memory enough")
        here.machine.usable()
        if name == "service":
            here.until(lambda: "guard" not in here.processes(), "the guard outlives the service")
            here.service.start()
        here.recovers()


def _is_usable(here: Guarded) -> bool:
    try:
        here.machine.usable()
    except AssertionError:
        return False
    return True


@contextlib.contextmanager
def _nothing_left(pid: int) -> Iterator[None]:
    """From now on every page that a process asks for is one too many."""
    group = cgroup("clearance-lockout")
    try:
        limit(group, 4096)
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        for line in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line), signal.SIGKILL)
        while True:
            try:
                group.rmdir()
                break
            except OSError:
                continue


# What it stands on.


def test_a_full_disk_changes_no_decision_and_the_records_come_later() -> None:
    def small(machine: Machine) -> None:
        machine.room.must("/bin/mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "state", STATE)

    with Guarded(OPEN, before=small) as here:
        room = here.machine.room
        before = len(here.records())
        room.shell(f"cat /dev/zero > {STATE}/filling")
        here.works()
        here.until(
            lambda: not here.machine.starts() and here.service.status["failures"].get("ledger-write", 0) > 0,
            "the disk is not full",
        )
        here.works()
        room.must("/bin/rm", f"{STATE}/filling")
        here.until(lambda: sum(one.outcome.done == "blocked" for one in here.records()[before:]) >= 2, "nothing came")
        here.tells("ledger-write")


def test_the_state_folder_is_deleted() -> None:
    with Guarded(OPEN) as here:
        here.machine.room.shell(f"rm -rf {STATE}/* {STATE}/.[a-z]*")
        here.works()
        assert here.command("status").code == 0
        here.tells("ledger-lost")
        here.works()


def test_the_runtime_folder_is_deleted() -> None:
    with Guarded(OPEN) as here:
        here.machine.room.must("/bin/rm", "-rf", RUNTIME)
        here.works()
        here.until(lambda: here.command("status").code == 0, "nobody can ask any more")
        here.tells("runtime-lost")


def test_few_descriptors_are_enough() -> None:
    """The kernel denies what it cannot give a descriptor for: there must always be one."""
    with Guarded(OPEN, prefix=("/bin/sh", "-c", 'ulimit -n 64; exec "$@"', "sh")) as here:
        here.signal("examiner", signal.SIGSTOP)
        _crowd(here, 300)
        here.recovers()


@pytest.mark.parametrize("directive", [OPEN, CLOSED], ids=["open", "closed"])
def test_ten_thousand_starts_at_once(directive: str) -> None:
    with Guarded(directive) as here:
        _crowd(here, 10_000, critical=directive == CLOSED)
        here.recovers()


CROWD = r"""
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
/* Starts a program so many times at once while the guard does not answer, then has it answer; counts who failed. */
int main(int argc, char **argv) {
    int number = atoi(argv[1]), failed = 0, status;
    pid_t guard = atoi(argv[2]);
    if (guard) kill(guard, SIGSTOP);
    for (int i = 0; i < number; i++) {
        pid_t pid = fork();
        if (pid < 0) { perror("fork"); return 3; }
        if (!pid) { execv(argv[3], argv + 3); _exit(errno); }
    }
    if (guard) kill(guard, SIGCONT);
    for (int i = 0; i < number; i++) { wait(&status); failed += status != 0; }
    printf("%d\n", failed);
    return 0;
}
"""


def _crowd(here: Guarded, number: int, *, critical: bool = False) -> None:
    """So many starts of one program at once: a critical one, or one that nobody knows yet. All of them start."""
    room = here.machine.room
    source = room.write("/mnt/crowd.c", CROWD)
    room.must("/usr/bin/gcc", "-O1", "-static", "-o", "/mnt/crowd", source)
    name = "/usr/local/bin/many"
    room.write("/mnt/many.c", "int main(void) { return 0; }")
    room.must("/usr/bin/gcc", "-O1", "-static", "-o", name, "/mnt/many.c")
    guard = _inner(here.pid("guard"))
    done = room.run("/mnt/crowd", str(number), str(guard), "/usr/bin/true" if critical else name, seconds=4 * PATIENCE)
    assert (done.code, done.out) == (0, "0\n"), done


def _inner(pid: int) -> int:
    """The number of a process in its own namespace."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[-1])


def test_no_name_server_answers() -> None:
    with Guarded(OPEN, network=True) as here:
        room = here.machine.room
        room.write("/mnt/resolv.conf", "nameserver 192.0.2.1\noptions timeout:30 attempts:5\n")
        room.must("/bin/mount", "--bind", "/mnt/resolv.conf", "/etc/resolv.conf")
        here.works()
        assert here.command("reload").code == 0
        here.works()


def test_nobody_reads_what_it_logs() -> None:
    """As with a journal that is itself waiting for a start to be allowed."""
    with Guarded(OPEN, prefix=("/bin/sh", "-c", FULL, "sh")) as here:
        for _ in range(3):
            here.machine.room.write(FILE, "nonsense: [\n")
            assert here.command("reload").code == 2
        here.signal("guard", signal.SIGKILL)
        here.recovers()


FULL = 'mkfifo /mnt/log; exec 3<>/mnt/log; head -c 65536 /dev/zero >&3; exec "$@" 2>&3'
"""Starts a command with a standard error that takes no more."""


def test_the_programs_own_interpreter_is_replaced_and_then_gone() -> None:
    own = (sys.base_prefix, sys.prefix, str(Path(clearance.__file__).parents[1]))

    def apart(machine: Machine) -> None:
        for number, folder in enumerate(own):
            machine.room.must("/bin/mkdir", "-p", f"/mnt/own{number}/up", f"/mnt/own{number}/work")
            layers = f"lowerdir={folder},upperdir=/mnt/own{number}/up,workdir=/mnt/own{number}/work"
            machine.room.must("/bin/mount", "-t", "overlay", "own", "-o", layers, folder)

    with Guarded(OPEN, before=apart) as here:
        room = here.machine.room
        new_inodes = "find {} -xdev -name '*.so*' -type f | while read -r f; do cp -p $f $f.new && mv $f.new $f; done"
        for folder in own:
            assert room.shell(new_inodes.format(folder)).code == 0
        python = os.path.realpath(sys.executable)
        room.must("/bin/sh", "-c", f"cp -p {python} {python}.new && mv {python}.new {python}")
        here.signal("guard", signal.SIGKILL)
        here.recovers()
        assert here.command("reload").code == 0
        for folder in own:
            room.shell(f"rm -rf {folder}/*")
        here.signal("guard", signal.SIGKILL)
        here.recovers()
        before = len(here.records())
        here.machine.room.write(FILE, "rules: [")
        here.signal("service", signal.SIGHUP)
        here.until(lambda: len(here.records()) > before, "it reads no directive any more")
        here.tells("refused")
        here.machine.room.write(FILE, OPEN.replace("D-L", "D-M"))
        here.signal("service", signal.SIGHUP)
        here.until(lambda: here.records()[-1].policy.generation == 2, "it takes no directive any more")
        here.works()


# The clock.


@pytest.mark.parametrize("days", [400, -400])
def test_the_clock_jumps(days: int) -> None:
    try:
        library = _faketime()
    except debian_packages.Unavailable as why:
        pytest.skip(str(why))
    prefix = (
        "/usr/bin/env", f"LD_PRELOAD={library}", "FAKETIME_TIMESTAMP_FILE=/mnt/clock", "FAKETIME_NO_CACHE=1",
        "DONT_FAKE_MONOTONIC=1",
    )  # fmt: skip
    with Guarded(OPEN, prefix=prefix) as here:
        here.machine.room.write("/mnt/clock", f"{days:+d}d\n")
        here.tells("clock-jump")
        here.works()
        here.machine.room.write("/mnt/clock", "+0d\n")
        here.until(
            lambda: sum(one.subject.get("event") == "clock-jump" for one in here.records()) == 2, "it is not told"
        )
        here.works()


def _faketime() -> Path:
    folder = debian_packages.unpack(debian_packages.fetch("libfaketime").parent / "libfaketime", "libfaketime")
    return next(folder.rglob("libfaketime.so.1"))


def test_a_machine_that_has_been_up_for_a_century() -> None:
    prefix = ("unshare", "--time", "--monotonic", "3155760000", "--boottime", "3155760000", "--")
    with Guarded(OPEN, prefix=prefix) as here:
        here.recovers()


# Two of them.


def test_a_second_service_on_the_same_folders_is_refused_and_the_first_goes_on() -> None:
    with Guarded(OPEN) as here:
        second = here.machine.room.run(
            sys.executable, "-m", "clearance", "enforce", "run", "--directive", FILE, *here.service.options
        )
        assert second.code == 2
        assert "runs here already" in second.err
        here.works()


@pytest.mark.parametrize("which", [signal.SIGSTOP, signal.SIGKILL])
def test_two_services_guard_the_same_file_system(which: signal.Signals) -> None:
    with Guarded(OPEN) as here:
        room = here.machine.room
        options = ("--state", "/mnt/state2", "--runtime", "/mnt/run2", "--watch", "/usr/sbin", "--no-network")
        room.start(
            sys.executable, "-m", "clearance", "enforce", "run", "--directive", FILE, "--mode", "block", *options
        )
        here.until(
            lambda: (
                room.run(sys.executable, "-m", "clearance", "enforce", "status", "--runtime", "/mnt/run2").code == 0
            ),
            "the second one never was ready",
        )
        here.works()
        for pid in here.processes()["guard"]:
            os.kill(pid, which)
        here.recovers()


# Directives that come in badly.


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("effect: block", "effect: blok"),
        lambda text: text + "\n" + "#" * (64 << 20),
        lambda text: text.replace("rules:", "rules:\n" + "  - {id: x, match: {known: true}, effect: block}\n" * 20_000),
        lambda text: text + "\nx: &a [1]\ny: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n" * 30,
        lambda text: "\0" + text,
    ],
    ids=["half", "misspelt", "large", "many", "aliases", "binary"],
)
def test_a_bad_directive_leaves_the_one_in_force(broken: Callable[[str], str]) -> None:
    with Guarded(OPEN) as here:
        here.machine.room.write(FILE, broken(OPEN))
        refused = here.command("reload", "--accept-blast-radius")
        assert refused.code == 2, refused
        assert "Traceback" not in refused.err
        here.works()
        here.tells("refused")
        assert here.service.status["policy"]["generation"] == 1


def test_where_a_signature_is_required_an_unsigned_or_forged_directive_is_refused() -> None:
    def sign(machine: Machine, key: str) -> None:
        machine.room.must(sys.executable, "-m", "clearance", "policy", "sign", FILE, "--key", key)

    def keys(machine: Machine) -> None:
        machine.room.write(FILE, OPEN)
        for name in ("owner", "somebody"):
            key = Ed25519PrivateKey.generate()
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            machine.room.write(f"/mnt/{name}.pem", pem, 0o600)
            public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            machine.room.write(f"/mnt/{name}.public", public)
        sign(machine, "/mnt/owner.pem")

    required = ("/usr/bin/env", "CLEARANCE_DIRECTIVE_KEY=/mnt/owner.public")
    with Guarded(OPEN, before=keys, prefix=required) as here:
        room = here.machine.room
        room.write(FILE, EMPTY)
        assert here.command("reload").code == 2
        sign(here.machine, "/mnt/somebody.pem")
        assert here.command("reload").code == 2
        room.must("/bin/rm", f"{FILE}.sig")
        assert here.command("reload").code == 2
        here.works()
        sign(here.machine, "/mnt/owner.pem")
        assert here.command("reload").code == 0
        here.until(here.machine.starts, "the signed directive is not in force")
        assert sum(one.subject.get("event") == "refused" for one in here.records()) == 3


# What people do.


def test_a_name_that_is_no_text_ends_nobody() -> None:
    with Guarded(OPEN) as here:
        guard = here.pid("guard")
        folder = os.fsdecode(b"/usr/local/tools-\xff\xfe")
        path = here.machine.plant(f"{folder}/node_modules/@openai/codex/bin/codex")
        assert not here.machine.starts(path)
        stranger = here.machine.room.write(
            os.fsdecode(b"/usr/local/bin/\xff"), here.machine.room.path("/usr/bin/true").read_bytes(), 0o755
        )
        assert here.machine.room.run(stranger, uid=PERSON, folder="/").code == 0
        here.until(
            lambda: any("tools-" in str(one.subject.get("path")) for one in here.records()), "it is not recorded"
        )
        assert here.pid("guard") == guard
        assert not [one for one in here.records() if str(one.subject.get("event")).endswith("-died")]
        here.works()


def test_a_directive_with_tools_of_its_own_changes_what_files_are() -> None:
    own = OPEN.replace("rules:", "tools:\n  - {id: icoder, kind: coding-agent, packages: ['npm:own-coder']}\nrules:")
    manifest = '{"name": "own-coder", "version": "1.0.0", "bin": {"icoder": "bin/icoder"}}'
    with Guarded(OPEN) as here:
        path = here.machine.plant("/usr/local/own/node_modules/own-coder/bin/icoder", package=manifest)
        assert here.machine.starts(path)
        here.machine.room.write(FILE, own)
        assert here.command("reload", "--accept-blast-radius").code == 0
        here.until(lambda: not here.machine.starts(path), "the directive's own tool is not known")
        here.works()
        here.machine.room.write(FILE, OPEN)
        assert here.command("reload", "--accept-blast-radius").code == 0
        here.until(lambda: here.machine.starts(path), "a tool that the directive no longer names is barred")
        here.works()
        assert not [one for one in here.records() if str(one.subject.get("event")).endswith("-died")]


def test_the_directive_sets_the_mode_until_somebody_does() -> None:
    blocks = OPEN.replace("on_failure: open", "on_failure: open, mode: block")
    with Guarded(OPEN) as here:
        assert here.service.stop().code == 0
        room = here.machine.room
        room.must("/bin/rm", "-f", f"{STATE}/mode")
        room.write(FILE, blocks)
        options = [*here.service.options]
        del options[options.index("--mode") : options.index("--mode") + 2]
        here.service.options = tuple(options)
        here.service.start()
        assert here.service.status["mode"] == "block"
        here.recovers()
        room.write(FILE, OPEN)
        assert here.command("reload").code == 0
        assert here.service.status["mode"] == "observe"
        here.until(here.machine.starts, "it is barred on a host that observes")
        assert here.command("mode", "warn").code == 0
        room.write(FILE, blocks)
        assert here.command("reload").code == 0
        assert here.service.status["mode"] == "warn"
        assert here.machine.starts()


def test_what_was_let_through_at_the_deadline_is_ended() -> None:
    with Guarded(OPEN) as here:
        room = here.machine.room
        path = here.machine.plant("/usr/local/late/node_modules/@openai/codex/bin/codex")
        room.write(path, room.path("/usr/bin/sleep").read_bytes(), 0o755)
        here.signal("examiner", signal.SIGSTOP)
        here.machine.usable()
        ended = room.run(path, "3600", uid=PERSON, folder="/", seconds=PATIENCE)
        assert ended.code in (-signal.SIGKILL, 126), ended
        here.recovers()
