"""What is done about real processes of invented tools."""

from __future__ import annotations

import os
import select
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from clearance.agent.tracker.background import Background
from clearance.agent.tracker.eyes import Eyes
from clearance.agent.tracker.watch import Watch
from clearance.model.enforcement import Entry, KnownFile, Row, Table
from clearance.wire.enforcement import Answer, Ask, Learned, Message, NewTable, Seen
from tests.agent.tracker.child import sleeping
from tests.observe.identity.made import RULES, SOURCE

WAIT = "import sys; sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()\n"
TOOL = "#!/usr/bin/env python3\n" + WAIT + "".join(f"# {line}\n" for line in SOURCE.decode().splitlines())


def table(row: Row | None, serial: int = 1, **fields: Any) -> NewTable:
    entries = (Entry("acme", None, os.getuid(), row),) if row is not None else ()
    return NewTable(Table(serial, 1, "block", 500, "open", entries, **fields))


class Scene:
    """A watch, and what it said."""

    def __init__(self, tmp_path: Path, **how: Any) -> None:
        self.said: list[Message] = []
        self.script = tmp_path / "tool.py"
        self.script.write_text(TOOL)
        self.watch = Watch(
            self.said.append, Eyes(RULES), Background(RULES), how.pop("own", {os.getpid()}),
            watched=how.pop("watched", None), marked=lambda device: True, now=time.monotonic_ns, wall=time.time_ns,
            **how,
        )  # fmt: skip

    def seen(self) -> list[str]:
        return [one.done for one in self.said if isinstance(one, Seen)]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_barred_script_is_ended_and_told_and_learned(scene: Scene) -> None:
    scene.watch.replace(table(Row("block", "block", 7)))
    with sleeping((str(scene.script),)) as child:
        scene.watch.look(child.pid)
        assert child.wait(30) == -9
    (seen,) = [one for one in scene.said if isinstance(one, Seen)]
    assert (seen.means, seen.done, seen.pid, seen.uid) == ("argv", "killed", child.pid, os.getuid())
    assert (seen.path, seen.tool, seen.version) == (str(scene.script), "acme", "1.2.3")
    assert seen.row.decision == 7
    (learned,) = [one for one in scene.said if isinstance(one, Learned)]
    assert learned.files[0].path == str(scene.script)
    assert learned.files[0].entry


def test_others_go_on_and_cost_a_look_into_a_table(scene: Scene) -> None:
    scene.watch.replace(table(Row("block", "block", 7)))
    with sleeping() as child:
        scene.watch.look(child.pid)
        scene.watch.look(child.pid)
        assert child.poll() is None
    assert scene.said == []
    assert scene.watch.counters["starts"] == 2


@pytest.mark.parametrize(
    ("row", "done"),
    [
        (Row("allow", "block", 0), ["would-block"]), (Row("allow", "warn", 0), ["would-warn"]),
        (Row("warn", "warn", 0), ["warned"]), (Row("allow", "allow", 0), []),
    ],
)  # fmt: skip
def test_what_does_not_block_is_told_once(scene: Scene, row: Row, done: list[str]) -> None:
    scene.watch.replace(table(row))
    with sleeping((str(scene.script),)) as child:
        for _ in range(3):
            scene.watch.look(child.pid)
        assert scene.seen() == done
        assert child.poll() is None


def test_never_itself_nor_who_started_it_nor_what_is_critical(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    with sleeping((str(scene.script),)) as child:
        for own, left, running, critical in (
            ({child.pid}, (), False, ()),
            (set(), (child.pid,), True, ()),
            (set(), (), False, ((os.stat(scene.script).st_dev, os.stat(scene.script).st_ino),)),
        ):
            one = Scene(tmp_path, own=own, left=left)
            what = os.stat(one.script)
            places = ((what.st_dev, what.st_ino),) if critical else ()
            one.watch.replace(table(Row("block", "block", 0), critical=places))
            one.watch.look(child.pid, running=running)
            one.watch.look(1)
            one.watch.look(os.getpid()) if own else None
            assert one.seen() == []
        assert child.poll() is None


def test_where_it_is_to_look(tmp_path: Path) -> None:
    with sleeping((str(Scene(tmp_path).script),)) as child:
        elsewhere = Scene(tmp_path, watched=frozenset({os.stat("/proc").st_dev}))
        elsewhere.watch.replace(table(Row("warn", "warn", 0)))
        elsewhere.watch.look(child.pid)
        assert elsewhere.seen() == []
        here = Scene(tmp_path, watched=frozenset({os.stat(tmp_path).st_dev}))
        here.watch.replace(table(Row("warn", "warn", 0)))
        # Written anew, it is another file than the one that was started.
        here.watch.look(child.pid)
        assert here.seen() == ["warned"]


def test_the_service_is_asked_and_its_answer_kept(scene: Scene) -> None:
    scene.watch.replace(table(None))
    with sleeping((str(scene.script),)) as child, sleeping((str(scene.script),)) as other:
        scene.watch.look(child.pid)
        (ask,) = [one for one in scene.said if isinstance(one, Ask)]
        assert (ask.tool, ask.version, ask.uid) == ("acme", "1.2.3", os.getuid())
        scene.watch.answered(Answer(99, 1, "acme", "1.2.3", os.getuid(), Row("allow", "allow", 0), ask.confidence))
        row = Row("block", "block", 0)
        scene.watch.answered(Answer(ask.ticket, 1, ask.tool, ask.version, ask.uid, row, ask.confidence))
        assert child.wait(30) == -9
        scene.watch.look(other.pid)
        assert other.wait(30) == -9
    assert scene.seen() == ["killed", "killed"]


def test_one_that_ended_meanwhile(scene: Scene) -> None:
    scene.watch.replace(table(None))
    with sleeping((str(scene.script),)) as child:
        scene.watch.look(child.pid)
        (ask,) = [one for one in scene.said if isinstance(one, Ask)]
        child.kill()
        child.wait()
        row = Row("block", "block", 0)
        scene.watch.answered(Answer(ask.ticket, 1, ask.tool, ask.version, ask.uid, row, ask.confidence))
    assert scene.seen() == ["late"]
    scene.watch.look(child.pid)
    assert scene.watch.counters["vanished"] == 1


SPLIT = TOOL.replace("sys.stdin.read()", "import os; os.write(1, b'%d\\n' % os.fork()); sys.stdin.read()")


def test_what_split_from_it_is_ended_too(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    scene = Scene(tmp_path, births=lambda: [told.pop() for _ in list(told)])
    scene.watch.replace(table(Row("block", "block", 7)))
    scene.script.write_text(SPLIT)
    with sleeping((str(scene.script),)) as child:
        assert child.stdout is not None
        born = max(int(child.stdout.readline()) for _ in range(2))
        held = os.pidfd_open(born)
        told.append((child.pid, born))
        scene.watch.look(child.pid)
        assert child.wait(30) == -9
        assert select.select([held], [], [], 30)[0]
        os.close(held)
    assert scene.seen() == ["killed", "killed"]


def test_what_was_left_behind_is_ended(tmp_path: Path) -> None:
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    told: list[tuple[int, int]] = []
    scene = Scene(tmp_path, births=lambda: [told.pop() for _ in list(told)])
    scene.watch.replace(table(Row("block", "block", 7)))
    with sleeping((str(scene.script),)) as child:
        told += [(gone, child.pid), (gone, os.getpid())]
        scene.watch.look(gone)
        scene.watch.follow()
        assert child.wait(30) == -9


def test_another_program_in_the_same_process_is_spared(scene: Scene, tmp_path: Path) -> None:
    """It is judged anew by what it runs then."""
    scene.watch.replace(table(None))
    scene.script.write_text(TOOL.replace("sys.stdin.read()", "import os; os.read(0, 1); os.execv('/bin/cat', ['cat'])"))
    with sleeping((str(scene.script),)) as child:
        scene.watch.look(child.pid)
        (ask,) = [one for one in scene.said if isinstance(one, Ask)]
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"\nhello\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"hello\n"
        row = Row("block", "block", 0)
        scene.watch.answered(Answer(ask.ticket, 1, ask.tool, ask.version, ask.uid, row, ask.confidence))
        assert child.poll() is None
    assert scene.seen() == []


def test_what_others_identified_is_believed_for_that_state(scene: Scene) -> None:
    """A scan looks deeper: what it found counts, until the file changes."""
    scene.script.write_text(WAIT)
    what = os.stat(scene.script)
    file = KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, "acme", "7", entry=True, path=str(scene.script))
    with sleeping((str(scene.script),)) as child:
        scene.watch.replace(table(Row("warn", "warn", 0), files=(file,)))
        scene.watch.look(child.pid)
        assert scene.seen() == ["warned"]
        scene.script.write_text(WAIT + "\n")
        scene.watch.replace(table(Row("block", "block", 0), 2, files=(file,)))
        scene.watch.look(child.pid)
        assert child.poll() is None
        now = os.stat(scene.script).st_ctime_ns
        scene.watch.learn((KnownFile(what.st_dev, what.st_ino, now, None),))
        scene.watch.look(child.pid)
        assert child.poll() is None
        scene.watch.learn((KnownFile(what.st_dev, what.st_ino, now, "acme", "8", path=str(scene.script)),))
        scene.watch.look(child.pid)
        assert child.wait(30) == -9
    assert scene.seen() == ["warned", "killed"]


def test_a_change_of_the_catalog_forgets_what_programs_are(scene: Scene) -> None:
    scene.watch.replace(table(Row("warn", "warn", 0)))
    with sleeping() as child:
        scene.watch.look(child.pid)
        scene.watch.replace(NewTable(table(None, 2).table, forget=True))
        scene.watch.look(child.pid)
        assert child.poll() is None
    assert os.path.exists(sys.executable)
