from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.kernel.detached import memory


@pytest.mark.long
def test_it_holds_files_and_nobody_else_sees_it() -> None:
    if os.getuid() != 0:
        pytest.skip("needs root")
    before = Path("/proc/self/mountinfo").read_bytes()
    root = memory("64k")
    try:
        file = os.open("file", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=root)
        assert os.write(file, b"x" * 100) == 100
        with pytest.raises(OSError, match="No space"):
            os.posix_fallocate(file, 0, 1 << 20)
        os.close(file)
        assert os.stat("file", dir_fd=root).st_size == 100
        assert Path("/proc/self/mountinfo").read_bytes() == before
    finally:
        os.close(root)


def test_who_may_not_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.getuid() == 0:
        return  # the other test is for root
    with pytest.raises(PermissionError):
        memory()
