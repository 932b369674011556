"""Beside another program that the kernel asks before a start: Debian's fapolicyd, on the same file system."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from tests.e2e.enforce.machine import CLOSED, OPEN, Guarded, Machine
from tests.enforcing import PERSON

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces, mounts, fanotify"),
    pytest.mark.skipif(shutil.which("fapolicyd") is None, reason="fapolicyd is not installed"),
]

DENIED = "/usr/local/bin/denied-by-the-other"
RULES = f"deny perm=any all : path={DENIED}\nallow perm=any all : all\n"
# It marks the mounts of these kinds in the room: the overlay over /usr is the only one.
SETTINGS = """\
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
watch_fs = overlay
trust = file
integrity = none
syslog_format = rule,dec,perm,auid,pid,exe,:,path,ftype,trust
"""


def other(machine: Machine) -> None:
    room = machine.room
    room.must("/bin/cp", "-r", "/etc/fapolicyd", "/mnt/fapolicyd")
    room.must("/bin/rm", "-rf", "/mnt/fapolicyd/rules.d")
    room.write("/mnt/fapolicyd/fapolicyd.conf", SETTINGS)
    room.write("/mnt/fapolicyd/compiled.rules", RULES)
    room.must("/bin/mount", "--bind", "/mnt/fapolicyd", "/etc/fapolicyd")
    room.must("/bin/mount", "-t", "tmpfs", "own", "/var/lib")
    room.must("/bin/mkdir", "/var/lib/fapolicyd", "/run/fapolicyd")
    room.write(DENIED, room.path("/usr/bin/true").read_bytes(), 0o755)
    room.start("/usr/sbin/fapolicyd", "--debug-deny", folder="/")


def denied(here: Guarded) -> bool:
    return here.machine.room.run(DENIED, uid=PERSON, folder="/").code != 0


@pytest.mark.parametrize("directive", [OPEN, CLOSED], ids=["open", "closed"])
def test_both_do_their_work_and_nobody_is_locked_out(directive: str) -> None:
    with Guarded(directive, before=other) as here:
        here.until(lambda: denied(here), "the other one does not work")
        here.works()
        for name in ("guard", "examiner"):
            here.signal(name, signal.SIGSTOP)
            here.machine.usable(strangers=directive == OPEN)
            here.until(lambda: not here.machine.starts(), "the directive never was in force again")
            here.until(lambda: _starts(here), "programs do not start any more")
            assert denied(here)
        here.signal("fapolicyd", signal.SIGKILL)
        here.until(lambda: not denied(here), "it still answers")
        here.recovers()
        here.service.stop()
        here.machine.usable()
        assert here.machine.starts()


def _starts(here: Guarded) -> bool:
    return here.machine.room.run(here.machine.stranger(), uid=PERSON, folder="/").code == 0
