from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.kernel.openat2 import open_in_root


def test_links_are_resolved_inside_the_root(tmp_path: Path) -> None:
    (tmp_path / "root" / "etc").mkdir(parents=True)
    (tmp_path / "root" / "etc" / "secret").write_text("inside")
    (tmp_path / "etc").mkdir()
    (tmp_path / "root" / "absolute").symlink_to("/etc/secret")
    (tmp_path / "root" / "up").symlink_to("../../../etc/secret")
    root = os.open(tmp_path / "root", os.O_RDONLY | os.O_DIRECTORY)
    try:
        for path in (b"absolute", b"up", b"/etc/secret", b"../../etc/secret"):
            fd = open_in_root(root, path, os.O_RDONLY)
            assert os.read(fd, 99) == b"inside"
            os.close(fd)
        with pytest.raises(FileNotFoundError):
            open_in_root(root, b"etc/passwd", os.O_RDONLY)
    finally:
        os.close(root)
