from __future__ import annotations

from clearance.model.sighting import Sighting
from clearance.observe.scan.editor_extensions import EditorExtensions
from tests.observe.scan.handing import evidence, hand, one, reasons, zipped

PROBE = EditorExtensions()
FOLDER = "/home/ana/.vscode/extensions"


def test_an_editors_list() -> None:
    entries = [
        {
            "identifier": {"id": "Anthropic.claude-code"},
            "version": "2.1",
            "relativeLocation": "anthropic.claude-code-2.1",
        },
        {"identifier": {"id": "ms-python.python"}, "version": "1"},
        {"identifier": "anthropic.claude-code"},
        7,
    ]
    seen = one(hand(PROBE, f"{FOLDER}/extensions.json", entries))
    assert (seen.tool, seen.version, seen.confidence) == ("claude-code", "2.1", "weak")
    assert seen.path == f"{FOLDER}/anthropic.claude-code-2.1"


def test_a_list_that_is_no_json_is_said() -> None:
    assert reasons(hand(PROBE, f"{FOLDER}/extensions.json", "{")) == ["not valid JSON"]
    assert hand(PROBE, f"{FOLDER}/extensions.json", {}) == []


def test_what_is_to_be_removed() -> None:
    marks = {"anthropic.claude-code-2.0.1-linux-x64": True, "openai.chatgpt-1.0.0": False, "x.y-1": True}
    seen = one(hand(PROBE, f"{FOLDER}/.obsolete", marks))
    assert (seen.path, evidence(seen)["obsolete"]) == (
        f"{FOLDER}/anthropic.claude-code-2.0.1-linux-x64", "marked to be removed",
    )  # fmt: skip
    assert hand(PROBE, f"{FOLDER}/.obsolete", "x") == []


def test_a_downloaded_extension_is_weak() -> None:
    manifest = {"name": "chatgpt", "publisher": "openai", "version": "0.5", "engines": {"vscode": "*"}}
    path = "/home/ana/Downloads/openai.chatgpt-0.5.vsix"
    seen = one(hand(PROBE, path, zipped({"extension/package.json": manifest})))
    assert (seen.tool, seen.version, seen.confidence, seen.path) == ("codex", "0.5", "weak", path)
    assert reasons(hand(PROBE, path, b"no archive")) == ["not a ZIP archive"]
    assert reasons(hand(PROBE, path, zipped({"extension/package.json": b"{"})))
    cached = "/home/ana/.config/Code/CachedExtensionVSIXs/openai.chatgpt-0.5"
    assert isinstance(one(hand(PROBE, cached, zipped({"extension/package.json": manifest}))), Sighting)
    assert hand(PROBE, cached, b"x") == []
