from __future__ import annotations

import pytest

from clearance.observe.scan.bundled_packages import BundledPackages
from tests.observe.scan.handing import evidence, hand, one

PROBE = BundledPackages()
IMAGE = b"\x7fELF\x02\x01\x01\x00AI\x02" + b"\0" * 100
UPDATES = b"gh-releases-zsync|anysphere|releases|latest|Cursor-*.AppImage.zsync"


def test_a_snap_mounted_and_as_a_file() -> None:
    seen = one(hand(PROBE, "/snap/ollama/12/meta/snap.yaml", "name: ollama\nversion: '0.13.0'\nname: x\n", home=None))
    assert (seen.path, seen.version) == ("/snap/ollama/12", "0.13.0")
    file = one(hand(PROBE, "/var/lib/snapd/snaps/ollama_12.snap", home=None))
    assert (file.tool, file.version) == ("ollama", None)
    assert hand(PROBE, "/snap/other/1/meta/snap.yaml", "name: other\n", home=None) == []


def test_a_flatpak_and_its_version() -> None:
    root = "/home/ana/.local/share/flatpak/app/dev.zed.Zed/x86_64/stable/abc"
    seen = one(hand(PROBE, f"{root}/metadata", "[Other]\nname=x\n[Application]\nruntime=r\nname=dev.zed.Zed\n"))
    described = (
        '<component><id>dev.zed.Zed.desktop</id><releases><release type="x" version="0.2"/><release version="0.1"/>'
    )
    version = one(hand(PROBE, f"{root}/export/share/metainfo/dev.zed.Zed.metainfo.xml", described))
    assert seen.id == version.id
    assert (seen.path, version.version, seen.user) == (root, "0.2", "ana")
    assert hand(PROBE, f"{root}/metadata", "[Context]\nname=dev.zed.Zed\n") == []


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("Cursor-2.4.1-x86_64.AppImage", IMAGE, ("cursor", "2.4.1", "weak")),
        ("Cursor-2.4.1-x86_64.AppImage", IMAGE + UPDATES, ("cursor", "2.4.1", "strong")),
        ("LM-Studio-0.4.0-1-x64.AppImage", IMAGE, ("lmstudio", "0.4.0", "weak")),
        ("cursor.appimage", IMAGE, ("cursor", None, "weak")),
        ("Cursor-2.4.1-x86_64.AppImage", b"\x7fELF" + b"\0" * 20, None),
        ("Cursory-2.4.1.AppImage", IMAGE, None),
    ],
)
def test_an_appimage_by_its_mark_and_name(name: str, data: bytes, expected: tuple[str, str | None, str] | None) -> None:
    seen = hand(PROBE, f"/home/ana/Applications/{name}", data)
    if expected is None:
        assert seen == []
        return
    image = one(seen)
    assert image.surface == "binary"
    assert (image.tool, image.version, image.confidence) == expected
    assert evidence(image)["appimage"] == name
