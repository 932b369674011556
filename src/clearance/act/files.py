"""What lies at a path, and putting something else there in one step.

A file is written under a scratch name beside its place, synchronised, and renamed: at no moment is half a file there,
and what is there has its owner and mode. Links are never followed at the last name of a path.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat

from msgspec import structs

from clearance.act.changes import Absent, Folder, Link, Other, RegularFile, State, path_of, written

LARGEST = 16 << 20
"""Bytes of a file that this program replaces: they are kept in the undo journal."""


def state_of(path: str) -> State:
    """What lies there now, with its content. OSError where that cannot be seen, EFBIG where the file is too large."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (FileNotFoundError, NotADirectoryError):
        return Absent()
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENXIO):
            raise
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            return Link(written(os.readlink(path)), found.st_uid, found.st_gid)
        return Other(found.st_mode)
    try:
        found = os.fstat(fd)
        mode = stat.S_IMODE(found.st_mode)
        if stat.S_ISDIR(found.st_mode):
            return Folder(mode, found.st_uid, found.st_gid)
        if not stat.S_ISREG(found.st_mode):
            return Other(found.st_mode)
        content = _content(fd, path)
        return RegularFile(
            sha256=hashlib.sha256(content).hexdigest(),
            mode=mode,
            uid=found.st_uid,
            gid=found.st_gid,
            changed=found.st_mtime_ns,
            attributes=_attributes(fd),
            content=content,
        )
    finally:
        os.close(fd)


def _content(fd: int, path: str) -> bytes:
    blocks: list[bytes] = []
    size = 0
    while block := os.read(fd, 1 << 20):
        size += len(block)
        if size > LARGEST:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        blocks.append(block)
    return b"".join(blocks)


def _attributes(fd: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with contextlib.suppress(OSError):
        for name in os.listxattr(fd):
            found[name] = os.getxattr(fd, name)
    return found


def file_state(content: bytes, mode: int, uid: int, gid: int) -> RegularFile:
    """The state of a file that is to be written."""
    return RegularFile(hashlib.sha256(content).hexdigest(), mode, uid, gid, content=content)


def without_content(state: State) -> State:
    """The state as it is compared: what it tells, without the bytes themselves."""
    return structs.replace(state, content=None) if isinstance(state, RegularFile) else state


def same(one: State, other: State) -> bool:
    """Whether both tell of the same thing: content, mode and owner; not when it was written."""
    if isinstance(one, RegularFile) and isinstance(other, RegularFile):
        return (one.sha256, one.mode, one.uid, one.gid) == (other.sha256, other.mode, other.uid, other.gid)
    return one == other


def put(path: str, state: State, scratch: str) -> None:
    """Bring this about at the path, in one step for files and links. A folder in the way is removed if it is empty.

    OSError where it cannot be done; then nothing at the path changed, and no scratch file is left.
    """
    try:
        if isinstance(state, Absent):
            _remove(path)
        elif isinstance(state, RegularFile):
            _write(scratch, state)
            os.rename(scratch, path)
        elif isinstance(state, Link):
            os.symlink(path_of(state.target), scratch)
            _own(scratch, state.uid, state.gid)
            os.rename(scratch, path)
        elif isinstance(state, Folder):
            os.mkdir(path, 0o700)
            _own(path, state.uid, state.gid)
            os.chmod(path, state.mode)
        else:
            _refuse(path)
    except OSError:
        if scratch:
            with contextlib.suppress(OSError):
                os.unlink(scratch)
        raise
    synchronise(os.path.dirname(path))


def _refuse(path: str) -> None:
    raise OSError(errno.EOPNOTSUPP, "neither a file nor a folder", path)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise
        os.rmdir(path)


def _write(scratch: str, state: RegularFile) -> None:
    fd = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(state.content or b"")
        while view:
            view = view[os.write(fd, view) :]
        found = os.fstat(fd)
        if (found.st_uid, found.st_gid) != (state.uid, state.gid):
            os.fchown(fd, state.uid, state.gid)
        for name, value in state.attributes.items():
            # A file system without attributes, or one that only the kernel may set, is no reason to lose the file.
            with contextlib.suppress(OSError):
                os.setxattr(fd, name, value)
        os.fchmod(fd, state.mode)
        if state.changed:
            os.utime(fd, ns=(state.changed, state.changed))
        os.fsync(fd)
    finally:
        os.close(fd)


def _own(path: str, uid: int, gid: int) -> None:
    found = os.lstat(path)
    if (found.st_uid, found.st_gid) != (uid, gid):
        os.chown(path, uid, gid, follow_symlinks=False)


def synchronise(folder: str) -> None:
    """Make the names in a folder last. Where a file system cannot do that, its names last as well as they do."""
    try:
        fd = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        with contextlib.suppress(OSError):
            os.fsync(fd)
    finally:
        os.close(fd)
