"""Fuzzes the parse of every registered probe: `python tests/fuzz/fuzz_probes.py [SECONDS] [SEED]`.

Coverage-guided where atheris is installed, else by random mutation of documents of the kinds that probes read. A probe
that raises, or takes more than `SLOW` seconds for one input, ends the run with the input that did it.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import plistlib
import random
import struct
import sys
import time
import zipfile
from typing import Any, Final

from clearance.observe.probe import Found, Home, Pattern, Probe
from clearance.observe.reader import BytesReader
from clearance.observe.scan import PROBES
from tests.observe.scan.tools import CATALOG

SLOW: Final = 2.0
LONGEST: Final = 20_000


def _zip(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in files.items():
            out.writestr(name, text)
    return buffer.getvalue()


_PACKAGE = json.dumps({"name": "@openai/codex", "version": "1.0", "bin": {"codex": "x-1.0"}, "os": ["linux"]})
_EXTENSION = json.dumps(
    {"name": "claude-code", "publisher": "anthropic", "version": "2", "engines": {"vscode": "*"}, "main": "x"}
)

SEEDS: Final = (
    _PACKAGE.encode(),
    _EXTENSION.encode(),
    json.dumps([{"identifier": {"id": "anthropic.claude-code"}, "version": "1", "relativeLocation": "x"}]).encode(),
    json.dumps({"addons": [{"id": "side@ollama.example", "version": "1", "active": True}]}).encode(),
    json.dumps({"applicationName": "cursor", "nameShort": "Cursor", "u": "https://cursor.com"}).encode(),
    json.dumps({"installs": {"goose-cli 1.0 (git+https://x/y)": {"bins": ["goose"]}}}).encode(),
    json.dumps({"main_package": {"package": "aider-chat", "package_version": "1"}}).encode(),
    json.dumps({"source": {"id": "pkg:npm/%40github/copilot-language-server@1", "tap": "charmbracelet/tap"}}).encode(),
    b'{"key":"a:https://r/@charmland/crush/-/crush-1.0.tgz","time":1795264823033}',
    b'["npm:1.0", {"packageLocation": "x/node_modules/@charmland/crush/"',
    b"Metadata-Version: 2.4\nName: aider-chat\nVersion: 1\n\ntext",
    b"[console_scripts]\naider = a:b\n",
    b'[tool]\nrequirements = [{ name = "aider-chat" }]\n',
    b"Package: cursor\nStatus: install ok installed\nVersion: 1\n\nP:ollama\nV:1\nU:https://ollama.com\n",
    b"%NAME%\nollama\n\n%VERSION%\n1\n\n%URL%\nhttps://ollama.com\n",
    b"name: ollama\nversion: 1\n",
    b"[Application]\nname=dev.zed.Zed\n",
    b'<component><id>dev.zed.Zed</id><release version="1"/></component>',
    b'<Package><Identity Name="Claude" Publisher="Anthropic" Version="1"/></Package>',
    b"<plist version='1.0'><dict><key>CFBundleName</key><string>Cursor</string></dict></plist>",
    plistlib.dumps({"CFBundleName": "Cursor", "CFBundleIdentifier": "com.cursor"}, fmt=plistlib.FMT_BINARY),
    b'#!/bin/sh\nexec node "$basedir/node_modules/@charmland/crush/run.js"\n',
    b"[Desktop Entry]\nName=Cursor\nExec=/opt/cursor %F\n",
    b'[remote "origin"]\n\turl = https://github.com/github/copilot.vim\n',
    b'(define-package "copilot" "0.3")',
    b'id = "agent-panel"\nversion = "1"\n',
    b'{ // x\n "agent_servers": {"a": {"command": "/x/codex"}},\n}',
    b"\x7fELF\x02\x01\x01\x00AI\x02" + b"\0" * 40 + b"gh-releases-zsync|a|b|latest|c",
    b"SQLite format 3\0" + b"\x10\0\1\1\0\x40\x20\x20" + b"\0" * 76 + b"\x0d\0\0\0\1\0\x80\0\0\x80" + b"\0" * 200,
    struct.pack("<4s7L", b"RpmP", 0, 1, 1, 2, 0, 0, 0) + struct.pack("<4s3L", b"Slot", 1, 4, 4) + b"\0" * 64,
    b"\0" * 12 + struct.pack("<3L", 0x061561, 0, 512) + b"\0" * 600,
    struct.pack("<4L", 4, 60, 56, 52) + b'{"files":{"package.json":{"size":40,"offset":"0"}}}' + _PACKAGE.encode(),
    _zip({"META-INF/plugin.xml": "<idea-plugin><id>com.github.copilot</id></idea-plugin>"}),
    _zip({"extension/package.json": _EXTENSION, "manifest.json": '{"version": "1"}'}),
    _zip(
        {"node_modules/@charmland/crush/package.json": _PACKAGE, "aider_chat-1.dist-info/METADATA": "Name: aider-chat"}
    ),
)
"""One document of every kind that a probe reads."""

_PARTS: Final = (
    b"", b"\0", b"\xff", b'"', b"{", b"[" * 3000, b"}", b"\\u0000", b"\n\n", b"\x1b]0;x\x07", b"\xef\xbb\xbf",
    b"<!ENTITY a 'b'>", b"PK\1\2", b"PK\5\6", b"99999999999999999999", b"-1", b"null", b"\xed\xa0\x80", b"../" * 50,
    b" " * 5000,
)  # fmt: skip


def mutated(seed: bytes, number: int) -> bytes:
    """The seed with a few bytes changed, cut, doubled or replaced by awkward ones; the same for the same number."""
    draw = random.Random(number)
    data = bytearray(seed)
    for _ in range(draw.randrange(6)):
        at = draw.randrange(len(data) + 1)
        action = draw.randrange(5)
        if action == 0 and data:
            data[at % len(data)] = draw.randrange(256)
        elif action == 1:
            del data[at : at + draw.randrange(1, 40)]
        elif action == 2:
            data[at:at] = data[at : at + draw.randrange(1, 200)]
        elif action == 3:
            data[at:at] = draw.choice(_PARTS)
        else:
            data[at:at] = draw.choice(SEEDS)[: draw.randrange(1, 400)]
    return bytes(data[:LONGEST])


CASES: Final[tuple[tuple[Probe, Pattern], ...]] = tuple(
    (probe, pattern) for probe in PROBES for pattern in {p.tag: p for p in probe.patterns(CATALOG)}.values()
)


def try_one(content: bytes, case: int, name: str) -> None:
    """Give the content to one probe, under a path that its pattern could match."""
    probe, pattern = CASES[case % len(CASES)]
    path = pattern.glob.replace("~/", "/home/ana/", 1).replace("**/", "/deep/", 1).replace("*", name)
    reader = BytesReader(b"" if pattern.folder else content)
    home = Home("ana", "/home/ana")
    found = Found(path, pattern, reader, home=home, size=reader.size, names=("x", name), folder=pattern.folder)
    before = time.process_time()
    for _ in probe.parse(found, CATALOG):
        pass
    took = time.process_time() - before
    if took > SLOW:
        raise TimeoutError(f"{probe.name} took {took:.1f} s for {path} with {content[:200]!r}…")


NAMES: Final = (
    "x-1.0", "@charmland-crush-npm-0.96.1-5a95faec8e-10c0", "anthropic.claude-code-2.0.1", "aider_chat-1.0",
    "aider_chat-1.0-py3-none-any", "ollama_12", "Cursor-2.4.1", "fcoeoabgfenejglbffodgkkbkcdhcgfn", "cursor", "crush",
    "Anthropic.ClaudeCode_x", "aider-chat-1.0-0", "\udcff\x1b",
)  # fmt: skip


def run(seconds: float, seed: int) -> int:
    """Random mutations for so many seconds. Gives how many inputs were tried."""
    draw = random.Random(seed)
    end = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < end:
        content = mutated(draw.choice(SEEDS), draw.randrange(1 << 60))
        case = draw.randrange(len(CASES))
        try:
            try_one(content, case, draw.choice(NAMES))
        except Exception:
            print(f"{CASES[case][0].name} {CASES[case][1].glob}: {content!r}", file=sys.stderr)
            raise
        tried += 1
    return tried


def main() -> None:
    """Entry point; see the module's text."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4), "big")
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        print(f"{run(seconds, seed)} inputs in {seconds:.0f} s, seed {seed}")
        return
    atheris.instrument_all()
    atheris.Setup(
        [sys.argv[0], f"-max_total_time={int(seconds)}"],
        lambda data: try_one(data[2:], data[0] if data else 0, NAMES[(data[1] if len(data) > 1 else 0) % len(NAMES)]),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
