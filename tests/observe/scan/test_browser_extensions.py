from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.model.sighting import Sighting, Skipped
from clearance.observe.scan.browser_extensions import BrowserExtensions, key_id
from tests.builders import catalog, tool
from tests.observe.scan.handing import evidence, hand, one, reasons, zipped

PROBE = BrowserExtensions()
ID = "fcoeoabgfenejglbffodgkkbkcdhcgfn"


@pytest.mark.parametrize(
    "profile",
    [
        "/home/ana/.config/google-chrome/Profile 2",
        "/home/ana/.config/BraveSoftware/Brave-Browser/Default",
        "/home/ana/snap/chromium/common/chromium/Default",
        "/home/ana/.var/app/com.google.Chrome/config/google-chrome/Default",
        "/home/ana/.config/opera",
        "/srv/backup/profile",
    ],
)
def test_a_chromium_extension(profile: str) -> None:
    path = f"{profile}/Extensions/{ID}/1.0.31_0/manifest.json"
    seen = one(hand(PROBE, path, {"name": "__MSG_x__", "version": "1.0.31"}))
    assert (seen.tool, seen.version, seen.confidence) == ("claude-desktop", "1.0.31", "certain")
    assert seen.path == f"{profile}/Extensions/{ID}"


def test_a_manifest_that_cannot_be_read_leaves_the_folders_word() -> None:
    path = f"/home/ana/.config/chromium/Default/Extensions/{ID}/1.0.31_0/manifest.json"
    missed, seen = hand(PROBE, path, "{")
    assert isinstance(missed, Skipped)
    assert isinstance(seen, Sighting)
    assert (missed.matters, seen.confidence, seen.version) == (True, "strong", "1.0.31")
    (missed,) = hand(PROBE, path.replace(ID, "a" * 32), "{")
    assert isinstance(missed, Skipped)
    assert not missed.matters


def test_an_extension_brings_its_id_in_its_key() -> None:
    key = base64.b64encode(b"a public key").decode()
    known = catalog(tool("t", extensions=(f"chrome:{key_id(key)}",)))
    path = "/home/ana/dev/Extensions/mine/1/manifest.json"
    seen = one(hand(PROBE, path, {"key": key, "version": "9"}, catalog=known))
    assert (seen.tool, seen.path, evidence(seen)["key"]) == ("t", "/home/ana/dev/Extensions/mine/1", key_id(key))


@given(
    st.one_of(
        st.none(),
        st.integers(),
        st.text(max_size=50),
        st.binary(max_size=50).map(lambda b: base64.b64encode(b).decode()),
    )
)
def test_a_keys_id_is_empty_or_32_letters(key: object) -> None:
    assert key_id(key) == "" or (len(key_id(key)) == 32 and set(key_id(key)) <= set("abcdefghijklmnop"))


def test_firefox_lists_and_archives_what_is_one_sighting() -> None:
    profile = "/home/ana/.mozilla/firefox/ab.default"
    addons = [{"id": "Side@ollama.example", "version": "0.4", "active": False}, {"id": "o@x"}, {"id": 7}, 7]
    listed = one(hand(PROBE, f"{profile}/extensions.json", {"addons": addons}))
    assert (listed.tool, evidence(listed)["state"], listed.confidence) == ("ollama", "off", "certain")
    manifest = {"version": "0.4", "browser_specific_settings": {"gecko": {"id": "Side@ollama.example"}}}
    packed = one(hand(PROBE, f"{profile}/extensions/Side@ollama.example.xpi", zipped({"manifest.json": manifest})))
    assert packed.id == listed.id
    elsewhere = one(hand(PROBE, "/home/ana/x.xpi", zipped({"manifest.json": manifest})))
    assert elsewhere.path == "/home/ana/x.xpi"


def test_firefoxs_bad_input() -> None:
    profile = "/home/ana/.librewolf/ab.default"
    assert len(reasons(hand(PROBE, f"{profile}/extensions.json", "{"))) == 1
    assert hand(PROBE, f"{profile}/extensions.json", {"addons": {}}) == []
    named = hand(PROBE, f"{profile}/extensions/side@ollama.example.xpi", b"x")
    assert [type(seen).__name__ for seen in named] == ["Skipped", "Sighting"]
    assert hand(PROBE, "/home/ana/other.xpi", zipped({"x": b""})) == []
