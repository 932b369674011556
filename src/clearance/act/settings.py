"""Settings of other programs, put right in place, and put back.

Only the value itself is changed: comments and order of the document stay. The file is read and written with the
rights of the person whose it is, so that no link or folder of theirs leads this program anywhere they could not go.
Undoing restores the file byte for byte where nobody changed it since, else only the value, and that only where it is
still the one that was put there.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Final, Literal

from clearance.act import jsonc, toml
from clearance.act.changes import Absent, RegularFile, SettingPut, State, path_of, written
from clearance.act.files import file_state, put, same, state_of, without_content
from clearance.act.journal import Journal
from clearance.act.restoring import Kept, clear, difference, scratch_beside

Format = Literal["json", "jsonc", "toml"]
Value = str | int | float | bool

LARGEST: Final = 1 << 20
"""Bytes of a settings file."""


@contextlib.contextmanager
def rights_of(uid: int, gid: int) -> Iterator[None]:
    """File access with this person's rights alone. For a process of one thread; nothing to do where it is not root."""
    if os.geteuid() != 0 or uid == 0:
        yield
        return
    groups = os.getgroups()
    try:
        os.setgroups([gid])
        os.setegid(gid)
        os.seteuid(uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def read(path: str, uid: int, gid: int) -> bytes:
    """What the person reads there; empty where there is nothing. OSError or ValueError where it cannot be read."""
    with rights_of(uid, gid):
        return _text(state_of(os.path.realpath(path))).encode("utf-8", "surrogateescape")


def put_right(
    journal: Journal, path: str, form: Format, key: tuple[str, ...], value: Value, uid: int, gid: int
) -> bool:
    """Give a setting this value. False where it has it. OSError or ValueError say why it could not be done.

    A link is followed, as the program that reads the settings does; the person must be able to write what it names.
    """
    new = json.dumps(value)
    with rights_of(uid, gid):
        path = os.path.realpath(path)
        before = state_of(path)
        text = _text(before)
        old = _get(form, text, key)
        if old == new:
            return False
        if isinstance(before, RegularFile) and before.uid != uid:
            raise PermissionError(1, "the file belongs to somebody else", path)
        content = _put(form, text, key, new).encode("utf-8", "surrogateescape")
        mode, owner, group = (
            (before.mode, before.uid, before.gid) if isinstance(before, RegularFile) else (0o600, uid, gid)
        )
        after = file_state(content, mode, owner, group)
        scratch = scratch_beside(path)
    journal.record(
        SettingPut(
            path=written(path),
            format=form,
            key=key,
            old=old,
            new=new,
            before=before,
            after=without_content(after),
            scratch=written(scratch),
            uid=uid,
            gid=gid,
        )
    )
    with rights_of(uid, gid):
        put(path, after, scratch)
    return True


def put_back(change: SettingPut) -> bool:
    """Undo a setting. False where it is as before already. `Kept` where somebody gave it another value since."""
    path, scratch = path_of(change.path), path_of(change.scratch)
    with rights_of(change.uid, change.gid):
        clear(scratch)
        now = state_of(path)
        if same(now, change.before):
            return False
        if same(now, change.after):
            put(path, change.before, scratch)
            return True
        if not isinstance(now, RegularFile):
            raise Kept(difference(now, change.after))
        try:
            restored = _restored(change, _text(now))
        except ValueError as error:
            raise Kept("the file was changed since, and cannot be read") from error
        if restored is None:
            return False
        put(path, file_state(restored.encode("utf-8", "surrogateescape"), now.mode, now.uid, now.gid), scratch)
    return True


def _restored(change: SettingPut, text: str) -> str | None:
    now = _get(change.format, text, change.key)
    if now == change.old:
        return None
    if now != change.new:
        raise Kept("the setting was changed since")
    if change.old is not None:
        return _put(change.format, text, change.key, change.old)
    known = _depth(change.format, _text(change.before), change.key)
    text = _remove(change.format, text, change.key)
    for length in range(len(change.key) - 1, known, -1):
        # Objects that were made for it go too, unless something else was put into them.
        if _get(change.format, text, change.key[:length]) == "{}":
            text = _remove(change.format, text, change.key[:length])
    return text


def _text(state: State) -> str:
    if isinstance(state, Absent):
        return ""
    if not isinstance(state, RegularFile):
        raise ValueError("not a file")  # noqa: TRY004 - it is what lies there that is not as needed
    content = state.content or b""
    if len(content) > LARGEST:
        raise ValueError(f"larger than {LARGEST} bytes")
    return content.decode("utf-8", "surrogateescape")


def _get(form: str, text: str, key: tuple[str, ...]) -> str | None:
    return toml.get(text, key) if form == "toml" else jsonc.get(text, key)


def _put(form: str, text: str, key: tuple[str, ...], value: str) -> str:
    return toml.put(text, key, value) if form == "toml" else jsonc.put(text, key, value)


def _remove(form: str, text: str, key: tuple[str, ...]) -> str:
    return toml.remove(text, key) if form == "toml" else jsonc.remove(text, key)


def _depth(form: str, text: str, key: tuple[str, ...]) -> int:
    return toml.depth(text, key) if form == "toml" else jsonc.depth(text, key)
