from __future__ import annotations

import json
import plistlib
import struct

import pytest

from clearance.catalog import load_catalog
from clearance.observe.probe import Home
from clearance.observe.scan.applications import Applications, application_root
from tests.observe.scan.handing import evidence, hand, one, reasons

PROBE = Applications()
PLIST = "/Applications/Cursor.app/Contents/Info.plist"
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "ha">]>
<plist version="1.0"><dict><key>a</key><string>&a;</string></dict></plist>"""


def asar(manifest: object, others: int = 0) -> bytes:
    inner = json.dumps(manifest).encode()
    files = {f"f{n}": {"size": 1, "offset": "0"} for n in range(others)}
    files["package.json"] = {"size": len(inner), "offset": "3"}
    listing = json.dumps({"files": files}).encode()
    padded = listing + b"\0" * (-len(listing) % 4)
    return struct.pack("<4L", 4, len(padded) + 8, len(padded) + 4, len(listing)) + padded + b"abc" + inner


@pytest.mark.parametrize("fmt", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_a_macos_bundle(fmt: plistlib.PlistFormat) -> None:
    info = {"CFBundleName": "Cursor", "CFBundleIdentifier": "com.anysphere.x", "CFBundleShortVersionString": "2.4.1"}
    seen = one(hand(PROBE, PLIST, plistlib.dumps(info, fmt=fmt), home=None))
    assert (seen.tool, seen.version, seen.path, seen.confidence) == (
        "cursor",
        "2.4.1",
        "/Applications/Cursor.app",
        "strong",
    )
    assert evidence(seen)["vendor"] == "com.anysphere.x"
    info["CFBundleIdentifier"] = "com.example.cursor"
    assert hand(PROBE, PLIST, plistlib.dumps(info, fmt=fmt), home=None) == []


@pytest.mark.parametrize(
    ("identifier", "tool"),
    [
        ("com.todesktop.230313mzl4w4u92", "cursor"),
        ("cn.trae.app", "trae"),
        ("COM.exafunction.windsurf", "windsurf"),
        ("com.electron.ollama", "ollama"),
    ],
)
def test_a_bundle_id_that_the_catalog_lists_tells_the_tool_whatever_the_name(identifier: str, tool: str) -> None:
    info = plistlib.dumps({"CFBundleName": "Notes", "CFBundleIdentifier": identifier, "CFBundleVersion": "3.1"})
    path = "/Applications/Notes.app/Contents/Info.plist"
    seen = one(hand(PROBE, path, info, home=None, catalog=load_catalog()))
    assert (seen.tool, seen.version, seen.confidence) == (tool, "3.1", "strong")
    assert evidence(seen)["bundle-id"] == identifier


def test_a_bundle_of_a_listed_name_without_a_sign_is_weak() -> None:
    info = plistlib.dumps({"CFBundleName": "Ollama", "CFBundleIdentifier": "org.example.Runner"})
    seen = one(hand(PROBE, "/Applications/Ollama.app/Contents/Info.plist", info, home=None))
    assert (seen.tool, seen.confidence) == ("ollama", "weak")
    assert hand(PROBE, "/Applications/Goose.app/Contents/Info.plist", info, home=None) == []


@pytest.mark.parametrize(
    "data", [b"", b"bplist00\xff\xff", b"<plist><dict><key>a", LAUGHS, b"bplist00" + b"\xa1\x00" * 9]
)
def test_a_broken_property_list_is_said(data: bytes) -> None:
    assert len(reasons(hand(PROBE, PLIST, data, home=None))) == 1


def test_an_editor_built_from_the_open_sources() -> None:
    product: dict[str, object] = {"nameShort": "Windsurf", "applicationName": "windsurf", "version": "1.105.0"}
    product |= {"windsurfVersion": "1.13.2", "extensionsGallery": {"serviceUrl": "https://gallery.windsurf.com"}}
    seen = one(hand(PROBE, "/usr/share/windsurf/resources/app/product.json", product, home=None))
    assert (seen.tool, seen.version, seen.path, seen.confidence) == (
        "windsurf",
        "1.13.2",
        "/usr/share/windsurf",
        "strong",
    )
    server = one(hand(PROBE, "/home/ana/.windsurf-server/bin/0ab/product.json", product))
    assert (server.path, server.user) == ("/home/ana/.windsurf-server/bin/0ab", "ana")
    del product["extensionsGallery"]
    assert one(hand(PROBE, "/opt/w/resources/app/product.json", product, home=None)).confidence == "weak"
    product["nameShort"] = "Other"
    assert hand(PROBE, "/opt/w/resources/app/product.json", product, home=None) == []
    assert hand(PROBE, "/opt/w/resources/app/product.json", {"nameShort": "Windsurf"}, home=None) == []


def test_an_electron_archive() -> None:
    manifest = {"name": "claude-desktop", "productName": "Claude", "version": "1.1.2", "author": "Anthropic"}
    path = "/Users/ana/AppData/Local/AnthropicClaude/app-1.1.2/resources/app.asar"
    seen = one(hand(PROBE, path, asar(manifest, 1000), home=Home("ana", "/Users/ana")))
    assert (seen.tool, seen.version, seen.path) == (
        "claude-desktop", "1.1.2", "/Users/ana/AppData/Local/AnthropicClaude/app-1.1.2",
    )  # fmt: skip
    assert hand(PROBE, "/opt/x/resources/app.asar", asar({**manifest, "author": "X"}), home=None) == []
    for broken in (b"", b"\4\0\0\0" + b"\xff" * 40, asar(manifest)[:40], asar([1])):
        assert len(reasons(hand(PROBE, "/opt/x/resources/app.asar", broken, home=None))) == 1


def test_a_menu_entry_is_weak_and_names_what_it_starts() -> None:
    entry = (
        '[Desktop Entry]\nName=Cursor\nName[de]=X\nExec="/opt/My Apps/cursor" --x %F\n[Desktop Action n]\nExec=other\n'
    )
    seen = one(hand(PROBE, "/home/ana/.local/share/applications/x.desktop", entry))
    assert (seen.tool, seen.confidence, evidence(seen)["launcher"]) == ("cursor", "weak", "/opt/My Apps/cursor")
    assert hand(PROBE, "/usr/share/applications/x.desktop", "Name=Cursor\nExec=/usr/bin/mouse-theme\n", home=None) == []
    assert hand(PROBE, "/usr/share/applications/x.desktop", "Name=Goose\n", home=None) == []


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/opt/x/resources/app.asar", "/opt/x"),
        ("/opt/x/resources/app/product.json", "/opt/x"),
        ("/Applications/X.app/Contents/Resources/app/package.json", "/Applications/X.app"),
        ("/usr/lib/code-server/product.json", "/usr/lib/code-server"),
    ],
)
def test_the_root_of_an_application(path: str, root: str) -> None:
    assert application_root(path) == root
