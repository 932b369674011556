from __future__ import annotations

import pytest

from clearance.model.sighting import Sighting
from clearance.observe.scan.manifests import Manifests
from clearance.observe.scan.node_trees import NodeTrees
from tests.observe.scan.handing import evidence, hand, one, reasons

PROBE = NodeTrees()
LIST = "/home/ana/src/shop/node_modules/.package-lock.json"
CODEX = {"version": "0.169.0", "bin": {"codex": "bin/codex.js"}}


def test_npms_list_shows_aliases_and_nested_packages() -> None:
    packages = {
        "node_modules/@openai/codex": CODEX,
        "node_modules/other/node_modules/harmless": {**CODEX, "name": "@openai/codex", "version": "0.1.0"},
        "node_modules/codex": {"version": "9", "bin": {}},
        "node_modules/../../x/node_modules/@openai/codex": CODEX,
        "": CODEX,
    }
    seen = [s for s in hand(PROBE, LIST, {"packages": packages}) if isinstance(s, Sighting)]
    assert [(s.path, s.version, s.repository, s.confidence) for s in seen] == [
        ("/home/ana/src/shop/node_modules/@openai/codex", "0.169.0", "/home/ana/src/shop", "strong"),
        ("/home/ana/src/shop/node_modules/other/node_modules/harmless", "0.1.0", "/home/ana/src/shop", "strong"),
    ]


def test_it_is_the_same_sighting_as_the_packages_own() -> None:
    listed = one(hand(PROBE, LIST, {"packages": {"node_modules/x": {**CODEX, "name": "@openai/codex"}}}))
    manifest = {"name": "@openai/codex", **CODEX}
    own = one(hand(Manifests(), "/home/ana/src/shop/node_modules/x/package.json", manifest, ("bin",)))
    assert listed.id == own.id


def test_parts_say_so() -> None:
    packages = {"node_modules/@openai/codex": {"version": "1-linux-x64", "os": ["linux"], "cpu": ["x64"]}}
    assert evidence(one(hand(PROBE, LIST, {"packages": packages})))["platform-package"] == "linux x64"
    library = one(hand(PROBE, LIST, {"packages": {"node_modules/@openai/codex": {"version": "1"}}}))
    assert (library.confidence, evidence(library)["part"]) == ("weak", "brings no program")


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        (".pnpm/@openai+codex@0.169.0", "@openai/codex", "0.169.0"),
        (".pnpm/@openai+codex@0.169.0_zod@4.0.0", "@openai/codex", "0.169.0"),
        (".bun/cline@3.1.0", "cline", "3.1.0"),
    ],
)
def test_the_folders_of_a_store(folder: str, name: str, version: str) -> None:
    path = f"/home/ana/src/shop/node_modules/{folder}"
    seen = one(hand(PROBE, path, folder=True))
    assert (seen.path, seen.version, seen.repository) == (f"{path}/node_modules/{name}", version, "/home/ana/src/shop")


def test_bad_lists() -> None:
    assert reasons(hand(PROBE, LIST, "{"))
    assert reasons(hand(PROBE, LIST, '{"packages": []}'))
    assert hand(PROBE, LIST, {"packages": {}}) == []
    assert hand(PROBE, LIST, {}) == []
