"""Putting back what lay at a path, and making changes to paths with the undo journal first.

A path is put back only where it holds what this program put there. Where it holds what was there before, nothing is
left to do; where it holds anything else, somebody else changed it since, and it is kept.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat

from clearance.act.changes import Absent, Folder, Link, PathChanged, RegularFile, State, path_of, written
from clearance.act.files import file_state, put, same, state_of, without_content
from clearance.act.journal import Journal


class Kept(Exception):
    """Somebody else changed it since: it stays as it is. The text says what was found."""


def shown(path: str) -> str:
    """A path of a journal for people."""
    return path.encode("latin-1").decode("utf-8", "backslashreplace")


def restore(change: PathChanged) -> bool:
    """Undo a change to a path. False where it is as before already. `Kept` where somebody changed it since."""
    path, scratch = path_of(change.path), path_of(change.scratch)
    clear(scratch)
    now = state_of(path)
    if same(now, change.before):
        return False
    if isinstance(change.after, Folder) and isinstance(now, Folder):
        return _remove_folder(path, whole=change.whole)
    if not same(now, change.after):
        raise Kept(difference(now, change.after))
    put(path, change.before, scratch)
    return True


def _remove_folder(path: str, *, whole: bool) -> bool:
    if whole:
        shutil.rmtree(path)
        return True
    try:
        os.rmdir(path)
    except OSError:
        if os.listdir(path):
            raise Kept("other files were put into it since") from None
        raise
    return True


def clear(scratch: str) -> None:
    """Remove a scratch file that a crash left."""
    if scratch:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(scratch)


def difference(now: State, ours: State) -> str:
    """What somebody else did to it, in words."""
    if isinstance(now, Absent):
        return "it was removed since"
    if isinstance(now, RegularFile) and isinstance(ours, RegularFile):
        return "it was changed since" if now.sha256 != ours.sha256 else "its mode or owner was changed since"
    return "something else is there now"


class Paths:
    """Changes to paths, each announced in the journal before it is made. True where something had to be done."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def file(self, path: str, content: bytes, mode: int = 0o644, *, uid: int = 0, gid: int = 0) -> bool:
        """Write or replace a file."""
        return self._change(path, file_state(content, mode, uid, gid))

    def link(self, path: str, target: str, *, uid: int = 0, gid: int = 0) -> bool:
        """Make or replace a symbolic link."""
        return self._change(path, Link(written(target), uid, gid))

    def removed(self, path: str) -> bool:
        """Remove a file or a link."""
        return self._change(path, Absent())

    def folder(self, path: str, mode: int = 0o755, *, uid: int = 0, gid: int = 0, whole: bool = False) -> bool:
        """Make a folder, and those on the way to it. One that is there stays as it is."""
        try:
            if stat.S_ISDIR(os.stat(path).st_mode):
                return False
        except FileNotFoundError:
            pass
        above = os.path.dirname(path)
        if above != path:
            self.folder(above, uid=uid, gid=gid)
        return self._change(path, Folder(mode, uid, gid), whole=whole)

    def _change(self, path: str, after: State, *, whole: bool = False) -> bool:
        before = state_of(path)
        if same(before, after):
            return False
        scratch = "" if isinstance(after, Folder) else scratch_beside(path)
        self._journal.record(PathChanged(written(path), before, without_content(after), written(scratch), whole=whole))
        put(path, after, scratch)
        return True


def scratch_beside(path: str) -> str:
    """A name in the same folder that nobody has."""
    return os.path.join(os.path.dirname(path), f".clearance-{secrets.token_hex(8)}")
