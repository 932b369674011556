"""What a tree holds, byte for byte, and a process that is cut at a given step of what it does to files."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

STEPS: Final = (
    "open", "write", "fsync", "rename", "mkdir", "rmdir", "unlink", "chmod", "chown", "fchmod", "fchown", "symlink",
    "ftruncate", "utime", "setxattr", "close",
)  # fmt: skip
"""The calls before which a process may be cut."""

CUT: Final = 9


def snapshot(root: str) -> dict[str, tuple[Any, ...]]:
    """Every name below a folder with its kind, mode, owner and content; the folder itself too."""
    found: dict[str, tuple[Any, ...]] = {}
    for folder, folders, files in os.walk(root):
        for name in (".", *folders, *files):
            path = os.path.normpath(os.path.join(folder, name))
            seen = os.lstat(path)
            content: Any = None
            if stat.S_ISREG(seen.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
            elif stat.S_ISLNK(seen.st_mode):
                content = os.readlink(path)
            found[os.path.relpath(path, root)] = (seen.st_mode, seen.st_uid, seen.st_gid, content)
    return found


class _Counting:
    """The module `os`, of which the process survives only so many steps. Half of a write is still done."""

    def __init__(self, left: int) -> None:
        self._left = left

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in STEPS:
            return real

        def step(*arguments: Any, **named: Any) -> Any:
            if self._left == 0:
                if name == "write":
                    os.write(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os._exit(CUT)
            self._left -= 1
            return real(*arguments, **named)

        return step


def cut_at(step: int, work: Callable[[], object], *modules: ModuleType) -> bool:
    """Do the work in a process that dies before its given step on files. Whether it came to its end."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            counting = _Counting(step)
            for module in modules:
                setattr(module, "os", counting)  # noqa: B010 - what the module calls `os`
            work()
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, CUT), "the work failed by itself"
    return code == 0
