from __future__ import annotations

from typing import Any

import pytest

from clearance.model.sighting import Sighting, Skipped
from clearance.observe.scan.manifests import Manifests
from clearance.observe.scan.node_packages import LIMIT
from tests.observe.scan.handing import evidence, hand, one, reasons

PROBE = Manifests()
MODULES = "/home/ana/src/shop/node_modules"
CODEX = {"name": "@openai/codex", "version": "0.169.0", "bin": {"codex": "bin/codex.js"}}


def test_an_installed_package_is_certain_where_its_program_is_the_tools() -> None:
    seen = one(hand(PROBE, f"{MODULES}/@openai/codex/package.json", CODEX, ("package.json", "bin")))
    assert (seen.tool, seen.surface, seen.path) == ("codex", "package", f"{MODULES}/@openai/codex")
    assert (seen.version, seen.user, seen.repository, seen.confidence) == (
        "0.169.0", "ana", "/home/ana/src/shop", "certain",
    )  # fmt: skip
    assert evidence(seen)["bin"] == "codex → bin/codex.js"


@pytest.mark.parametrize(
    ("manifest", "names", "confidence"),
    [
        (CODEX, ("package.json",), "weak"),
        ({**CODEX, "bin": {"mine": "bin/codex.js"}}, ("bin",), "strong"),
        ({**CODEX, "bin": "./bin/codex.js"}, ("bin",), "certain"),
        ({**CODEX, "bin": None, "os": ["linux"]}, (), "strong"),
        ({**CODEX, "bin": None}, (), "weak"),
        ({**CODEX, "bin": {"codex": 7}}, (), "weak"),
        ({**CODEX, "version": ["x"]}, ("bin",), "certain"),
    ],
)
def test_how_sure_a_claim_is(manifest: dict[str, Any], names: tuple[str, ...], confidence: str) -> None:
    assert one(hand(PROBE, f"{MODULES}/x/package.json", manifest, names)).confidence == confidence


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/home/ana/src/codex/package.json", ("package.json", "src")),
        ("/home/ana/node_modules/other/test/codex/package.json", ("package.json",)),
        ("/home/ana/node_modules/@openai/package.json", ("package.json",)),
    ],
)
def test_what_only_has_the_name_is_nothing(path: str, names: tuple[str, ...]) -> None:
    assert hand(PROBE, path, CODEX, names) == []


def test_an_unpacked_copy_elsewhere_is_strong() -> None:
    seen = one(hand(PROBE, "/opt/x/package/package.json", CODEX, ("package.json", "bin"), home=None, uid=1000))
    assert (seen.confidence, seen.user, seen.path) == ("strong", None, "/opt/x/package")
    assert evidence(seen)["owner"] == "uid 1000"


@pytest.mark.parametrize(
    "name", ["@anthropic-ai/claude-agent-sdk", "openai", "codex", "claude", 7, None, ["@openai/codex"]]
)
def test_libraries_and_strangers_are_nothing(name: object) -> None:
    assert hand(PROBE, f"{MODULES}/x/package.json", {**CODEX, "name": name}, ("bin",)) == []


def test_a_part_for_a_platform_is_known_by_the_name_it_extends() -> None:
    manifest = {"name": "@charmland/crush-linux-x64-musl", "version": "1", "os": ["linux"], "cpu": ["x64"]}
    seen = one(hand(PROBE, f"{MODULES}/x/package.json", manifest))
    assert (seen.tool, evidence(seen)["platform-package"]) == ("crush", "linux x64")
    assert hand(PROBE, f"{MODULES}/x/package.json", {**manifest, "os": None, "cpu": None}) == []
    whole = {**CODEX, "os": ["linux", "darwin"], "cpu": ["x64"]}
    assert "platform-package" not in evidence(one(hand(PROBE, f"{MODULES}/x/package.json", whole, ("bin",))))
    alias = {**CODEX, "version": "0.169.0-linux-x64", "os": ["linux"], "cpu": ["x64"], "bin": None}
    assert "platform-package" in evidence(one(hand(PROBE, f"{MODULES}/x/package.json", alias)))


def test_a_byte_order_mark_and_escapes_hide_nothing() -> None:
    text = '\ufeff{"name": "\\u0040openai/codex", "bin": "x", "version": "1"}'
    assert one(hand(PROBE, f"{MODULES}/x/package.json", text, ("x",))).tool == "codex"


def test_a_broken_file_that_names_a_tool_is_weak_and_skipped() -> None:
    seen, missed = hand(PROBE, f"{MODULES}/x/package.json", '{"name": "@openai/codex", "version": ')
    assert isinstance(seen, Sighting)
    assert isinstance(missed, Skipped)
    assert (seen.tool, seen.confidence, missed.matters) == ("codex", "weak", True)
    (missed,) = hand(PROBE, f"{MODULES}/x/package.json", "{")
    assert isinstance(missed, Skipped)
    assert not missed.matters
    assert hand(PROBE, "/home/ana/src/package.json", "{") == []


def test_a_file_of_any_size_is_bounded() -> None:
    huge = b'{"name": "@openai/codex", "x": "' + b"y" * LIMIT
    assert reasons(hand(PROBE, f"{MODULES}/x/package.json", huge, size=1 << 30)) == [f"larger than {LIMIT} bytes"]
    deep = b'{"name": "@openai/codex", "x": ' + b"[" * 100_000
    assert len(hand(PROBE, f"{MODULES}/x/package.json", deep)) == 2


def test_hostile_text_is_kept_but_cut() -> None:
    version = "\x1b]0;owned\x07" + "9" * 10_000
    seen = one(hand(PROBE, f"{MODULES}/x/package.json", {**CODEX, "version": version}, ("bin",)))
    assert seen.version is not None
    assert seen.version.startswith("\x1b]0;")
    assert len(seen.version) == 200
    assert all(len(piece.detail) < 500 for piece in seen.evidence)


CLAUDE = {
    "name": "claude-code",
    "publisher": "Anthropic",
    "version": "2.1",
    "engines": {"vscode": "*"},
    "main": "./m.js",
}


@pytest.mark.parametrize(
    ("path", "names", "confidence"),
    [
        ("/home/ana/.vscode/extensions/renamed/package.json", ("m.js",), "certain"),
        ("/home/ana/.cursor-server/extensions/anthropic.claude-code-2.1.0/package.json", ("m.js",), "certain"),
        ("/home/ana/.vscode/extensions/anthropic.claude-code-2.1.0/package.json", ("x",), "weak"),
        ("/srv/loaded/package.json", ("m.js",), "strong"),
        ("/srv/source/package.json", ("src",), None),
        ("/srv/source/extensions/vscode/package.json", ("src",), None),
    ],
)
def test_an_editors_extension(path: str, names: tuple[str, ...], confidence: str | None) -> None:
    seen = hand(PROBE, path, CLAUDE, names)
    assert [(s.surface, s.confidence) for s in seen if isinstance(s, Sighting)] == (
        [("editor-extension", confidence)] if confidence else []
    )


def test_an_extension_that_cannot_be_read_is_known_by_its_folder() -> None:
    seen, missed = hand(PROBE, "/home/ana/.vscode/extensions/anthropic.claude-code-2.1.0/package.json", "{{")
    assert isinstance(seen, Sighting)
    assert (seen.confidence, seen.version, isinstance(missed, Skipped)) == ("weak", "2.1.0", True)


def test_an_electron_application_lies_open() -> None:
    manifest = {"name": "Cursor", "productName": "Cursor", "version": "2.4.1", "author": {"name": "Anysphere, Inc."}}
    seen = one(hand(PROBE, "/opt/cursor/resources/app/package.json", manifest, home=None))
    assert (seen.tool, seen.path, seen.confidence) == ("cursor", "/opt/cursor", "strong")
    assert hand(PROBE, "/opt/x/resources/app/package.json", {**manifest, "author": "Somebody"}, home=None) == []
