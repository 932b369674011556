from __future__ import annotations

from clearance.observe.scan.node_caches import NodeCaches
from tests.observe.scan.handing import evidence, hand, one, reasons, zipped

PROBE = NodeCaches()
CRUSH = {"name": "@charmland/crush", "version": "0.96.1", "bin": {"crush": "run.js"}}
INSIDE = "node_modules/@charmland/crush/package.json"
CACHE = "/home/ana/.yarn/berry/cache"


def test_yarns_archive_is_known_by_what_is_in_it() -> None:
    data = zipped({"node_modules/": b"", INSIDE: CRUSH})
    seen = one(hand(PROBE, f"{CACHE}/@charmland-crush-npm-0.96.1-5a95faec8e-10c0.zip", data))
    assert (seen.tool, seen.version, seen.confidence, seen.repository) == ("crush", "0.96.1", "certain", None)
    own = one(hand(PROBE, "/home/ana/src/p/.yarn/cache/@charmland-crush-npm-0.96.1-5a95faec8e-10c0.zip", data))
    assert own.repository == "/home/ana/src/p"


def test_an_archive_that_only_has_the_name_is_weak() -> None:
    path = f"{CACHE}/@charmland-crush-npm-0.96.1-5a95faec8e-10c0.zip"
    assert one(hand(PROBE, path, zipped({"node_modules/other/package.json": CRUSH}))).confidence == "weak"
    broken = hand(PROBE, path, b"PK nothing")
    assert reasons(broken) == ["not a ZIP archive"]
    assert len(broken) == 2
    assert hand(PROBE, f"{CACHE}/jszip-npm-3.10.2-5a95faec8e-10c0.zip", b"") == []


def test_yarns_loader_names_what_a_project_uses() -> None:
    loader = (
        '["@charmland/crush", [\\\n  ["npm:0.94.0", {\\\n    "packageLocation": '
        '"../x/cache/c.zip/node_modules/@charmland/crush/",\\\n["virtual:0a#npm:3.1.0", {\\\n "packageLocation": '
        '"./.yarn/__virtual__/cline/0/cache/c.zip/node_modules/cline/"["npm:1", {"packageLocation": "x/node_modules/y/"'
    )
    crush, cline = hand(PROBE, "/home/ana/src/p/.pnp.cjs", loader)
    assert (crush.tool, crush.version, crush.repository) == ("crush", "0.94.0", "/home/ana/src/p")  # type: ignore[union-attr]
    assert (cline.tool, cline.version) == ("cline", "3.1.0")  # type: ignore[union-attr]


def test_an_index_entry_shows_that_a_tarball_was_fetched_and_when() -> None:
    line = '\n0a\t{"key":"make-fetch-happen:request-cache:https://r.example/%s","integrity":"x","time":1795264823033}\n'
    path = "/home/ana/.npm/_cacache/index-v5/5c/5a/574f"
    seen = one(hand(PROBE, path, line % "@charmland/crush/-/crush-0.95.0.tgz"))
    assert (seen.version, seen.confidence, evidence(seen)["fetched"]) == ("0.95.0", "weak", "2026-11-21")
    assert one(hand(PROBE, path, line % "@charmland%2fcrush/-/crush-0.95.0-rc.1.tgz")).version == "0.95.0-rc.1"
    assert hand(PROBE, path, line % "@charmland%2fcrush") == []
    assert hand(PROBE, path, line % "left-pad/-/left-pad-1.0.0.tgz") == []
    assert hand(PROBE, path, '"key":"' + "/a/-/a-1" * 900) == []


def test_pnpms_store_names_its_packages() -> None:
    path = "/home/ana/.local/share/pnpm/store/v10/index/3c/41a5-@charmland+crush@0.96.1.json"
    seen = one(hand(PROBE, path, '{"name":"@charmland/crush","version":"0.96.1","requiresBuild":true,"files":{"a'))
    assert (seen.tool, seen.version, seen.confidence) == ("crush", "0.96.1", "weak")
    assert hand(PROBE, path, '{"name":"tar","version":"1","files":{}}') == []
