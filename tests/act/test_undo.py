from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.act import files, journal, restoring, undo
from clearance.act.changes import PathChanged, SettingPut, TableMade
from clearance.act.journal import Journal
from clearance.act.restoring import Paths
from clearance.act.settings import put_right
from tests.act.snapshot import cut_at, snapshot

MODULES = (files, journal, restoring)
STATE = "var/lib/clearance"


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cut process is not a cut machine: what it wrote is there, synchronised or not."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def plant(root: Path) -> None:
    (root / "etc").mkdir()
    (root / "etc" / "there.conf").write_bytes(b"old\n\xff\x00")
    (root / "etc" / "there.conf").chmod(0o640)
    (root / "etc" / "link").symlink_to("there.conf")
    (root / "etc" / "gone").write_text("will be removed")
    (root / "home").mkdir()
    (root / "home" / "settings.json").write_text('{\n  // mine\n  "telemetry": true\n}\n')


def change_much(root: Path) -> None:
    kept = Journal.begin(str(root / STATE))
    paths = Paths(kept)
    paths.folder(str(root / STATE / "ledger"), 0o700, whole=True, uid=os.getuid(), gid=os.getgid())
    mine = {"uid": os.getuid(), "gid": os.getgid()}
    paths.file(str(root / "etc" / "there.conf"), b"new", 0o600, **mine)
    paths.file(str(root / "etc" / "there.conf"), b"newer", 0o644, **mine)
    paths.file(str(root / "etc" / os.fsdecode(b"na\xffme")), b"made", 0o4755, **mine)
    paths.folder(str(root / "etc" / "a" / "b"), 0o750, uid=os.getuid(), gid=os.getgid())
    paths.file(str(root / "etc" / "a" / "b" / "c"), b"x" * 70_000, **mine)
    paths.link(str(root / "etc" / "link"), "elsewhere", **mine)
    paths.link(str(root / "etc" / "a" / "link"), "../gone", **mine)
    paths.removed(str(root / "etc" / "gone"))
    put_right(kept, str(root / "home" / "settings.json"), "jsonc", ("telemetry",), False, os.getuid(), os.getgid())
    kept.close()


def undo_all(root: Path) -> undo.Undone:
    kept = Journal.find(str(root / STATE))
    if kept is None:
        return undo.Undone()
    report = undo.undo(kept)
    assert not report.failed
    kept.forget()
    return report


def test_everything_is_as_it_was(tmp_path: Path) -> None:
    plant(tmp_path)
    before = snapshot(str(tmp_path))
    change_much(tmp_path)
    assert snapshot(str(tmp_path)) != before
    (tmp_path / STATE / "ledger" / "records").write_text("written by the service")
    assert undo_all(tmp_path).kept == []
    assert snapshot(str(tmp_path)) == before
    assert undo_all(tmp_path) == undo.Undone(), "a second time there is nothing to do"


@pytest.mark.usefixtures("_no_waiting")
def test_cut_at_every_step_of_the_changes(tmp_path: Path) -> None:
    step, ended = 0, False
    while not ended:
        root = tmp_path / "tree"
        root.mkdir()
        plant(root)
        before = snapshot(str(root))
        ended = cut_at(step, lambda: change_much(root), *MODULES)  # noqa: B023 - called at once
        journal.clear_nursery(str(root / STATE))
        assert undo_all(root).kept == [], step
        assert snapshot(str(root)) == before, step
        shutil.rmtree(root)
        step += 1
    assert step > 60


@pytest.mark.usefixtures("_no_waiting")
def test_cut_at_every_step_of_the_undoing(tmp_path: Path) -> None:
    step, ended = 0, False
    while not ended:
        root = tmp_path / "tree"
        root.mkdir()
        plant(root)
        before = snapshot(str(root))
        change_much(root)
        ended = cut_at(step, lambda: undo_all(root), *MODULES)  # noqa: B023 - called at once
        if not ended and step % 3 == 0:
            cut_at(step // 2, lambda: undo_all(root), *MODULES)  # noqa: B023 - called at once
        journal.clear_nursery(str(root / STATE))
        assert undo_all(root).kept == [], step
        assert snapshot(str(root)) == before, step
        shutil.rmtree(root)
        step += 1
    assert step > 40


NAMES = st.sampled_from(["a", "b", "d/e", "d/f/g"])
ACTIONS = st.lists(
    st.tuples(st.sampled_from(["file", "link", "removed", "folder"]), NAMES, st.binary(max_size=4)), max_size=8
)


def act(root: Path, actions: list[tuple[str, str, bytes]]) -> None:
    kept = Journal.begin(str(root / STATE))
    paths = Paths(kept)
    mine = {"uid": os.getuid(), "gid": os.getgid()}
    for kind, name, content in actions:
        path = str(root / name)
        try:
            if kind == "file":
                paths.file(path, content, 0o600 + len(content), **mine)
            elif kind == "link":
                paths.link(path, f"to-{content.hex()}", **mine)
            elif kind == "folder":
                paths.folder(path, 0o710, uid=os.getuid(), gid=os.getgid())
            else:
                paths.removed(path)
        except OSError:
            pass  # a folder in the way of a file: nothing was done, and the journal may say that it was about to be
    kept.close()


@settings(max_examples=40)
@given(ACTIONS, st.integers(0, 120))
def test_any_changes_cut_anywhere_are_undone(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, str, bytes]], step: int
) -> None:
    root = tmp_path_factory.mktemp("tree")
    (root / "a").write_bytes(b"here before")
    (root / "d").mkdir(0o711)
    before = snapshot(str(root))
    cut_at(step, lambda: act(root, actions), *MODULES)
    journal.clear_nursery(str(root / STATE))
    undo_all(root)
    assert snapshot(str(root)) == before
    shutil.rmtree(root)


def test_what_somebody_changed_since_is_kept_and_said(tmp_path: Path) -> None:
    plant(tmp_path)
    change_much(tmp_path)
    (tmp_path / "etc" / "there.conf").write_text("an administrator was here")
    (tmp_path / "etc" / "a" / "b" / "own").write_text("mine")
    (tmp_path / "etc" / "link").unlink()
    report = undo_all(tmp_path)
    assert [line.removeprefix(f"{tmp_path}/etc/") for line in report.kept] == [
        "link: it was removed since",
        "a/b: other files were put into it since",
        "a: other files were put into it since",
        "there.conf: it was changed since",
        "there.conf: it was changed since",
    ]
    assert (tmp_path / "etc" / "there.conf").read_text() == "an administrator was here"
    assert (tmp_path / "etc" / "a" / "b" / "own").read_text() == "mine"
    assert (tmp_path / "etc" / "gone").read_text() == "will be removed"
    assert not (tmp_path / "var").exists()


def test_a_change_that_cannot_be_undone_now_can_be_undone_later(tmp_path: Path) -> None:
    kept = Journal.begin(str(tmp_path / STATE))
    kept.record(TableMade("inet", "clearance"))
    broken = [True]

    def remove(change: TableMade) -> bool:
        if broken[0]:
            raise OSError(5, "the tool is gone")
        return True

    undoers = {**undo.UNDOERS, TableMade: remove}
    assert undo.undo(kept, undoers=undoers).failed == ["nft table inet clearance: the tool is gone"]
    assert not kept.shrink()
    broken[0] = False
    assert undo.undo(kept, undoers=undoers).undone == ["nft table inet clearance"]
    assert kept.shrink()


def test_only_the_kinds_that_are_asked_for(tmp_path: Path) -> None:
    plant(tmp_path)
    change_much(tmp_path)
    kept = Journal.find(str(tmp_path / STATE))
    assert kept is not None
    report = undo.undo(kept, which=lambda change: isinstance(change, SettingPut))
    assert report.undone == [f"telemetry in {tmp_path}/home/settings.json"]
    assert all(isinstance(planned.change, PathChanged) for planned in kept.pending())
    kept.close()


def test_every_kind_of_change_has_its_undoing() -> None:
    from typing import get_args

    from clearance.act.changes import Change

    assert set(undo.UNDOERS) == set(get_args(Change))
