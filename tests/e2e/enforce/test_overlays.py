"""A start on an overlay is told once, whatever file systems it lies on and whichever of them are guarded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

import pytest

from tests import real_tools
from tests.enforcing import AGENTS_BARRED, PERSON, WORK, Enforced, Room

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces, mounts, fanotify"),
]

BELOW: Final = """
set -e
mkdir -p /mnt/low /mnt/over {work}/above {work}/between
mount -t tmpfs -o mode=755 low /mnt/low
mkdir /mnt/low/files /mnt/low/up /mnt/low/work
cp {program} /mnt/low/files/notes
mount -t overlay -o lowerdir=/mnt/low/files,{how} over /mnt/over
"""
ONE: Final = "upperdir=/mnt/low/up,workdir=/mnt/low/work"
SEVERAL: Final = f"upperdir={WORK}/above,workdir={WORK}/between,xino="


@pytest.mark.parametrize("watch", [["/mnt/over"], ["/mnt/over", "/mnt/low"]], ids=["overlay", "both"])
@pytest.mark.parametrize("how", [ONE, f"{SEVERAL}on", f"{SEVERAL}off"], ids=["one", "several", "no-xino"])
def test_a_start_on_an_overlay_is_told_once(how: str, watch: Sequence[str]) -> None:
    try:
        codex = real_tools.fetch("codex") / real_tools.BY_NAME["codex"].programs[0]
    except real_tools.Unavailable as error:
        pytest.skip(str(error))
    with Room(shared={"/mnt/tool": codex.parent}) as room:
        done = room.shell(BELOW.format(program=f"/mnt/tool/{codex.name}", how=how, work=WORK))
        assert done.code == 0, done.err
        with Enforced(room, AGENTS_BARRED, mode="observe", watch=watch) as enforced:
            for _ in range(3):
                first = enforced.next_record()
                assert room.run("/mnt/over/notes", "--version", uid=PERSON, folder="/mnt/over").code == 0
                assert enforced.await_record(first, lambda one: one.kind == "decision")
        # What was seen late is told by the time that the service has ended.
        told = [(one.outcome.done, one.subject["path"]) for one in enforced.decided()]
    assert told == [("would-block", "/mnt/over/notes")] * 3
