from __future__ import annotations

from clearance.observe.scan.cargo_packages import CargoPackages
from tests.observe.scan.handing import evidence, hand, one, reasons

PROBE = CargoPackages()
RECORD = "/home/ana/.cargo/.crates2.json"


def test_installed_crates() -> None:
    source = "git+https://ana:token@git.example/block/goose?branch=main#abc"
    installs: dict[str, object] = {
        f"goose-cli 1.9.0 ({source})": {"bins": ["goose", 7]},
        "ripgrep 14.0.0 (registry+x)": {},
        "bad": 1,
    }
    seen = one(hand(PROBE, RECORD, {"installs": installs}))
    assert (seen.tool, seen.version, seen.path) == ("goose", "1.9.0", "/home/ana/.cargo")
    assert evidence(seen)["source"] == "https://git.example"
    assert evidence(seen)["bin"] == "goose"


def test_a_crate_of_a_plain_name_needs_its_source() -> None:
    installs: dict[str, object] = {"zed 0.1.0 (git+https://github.com/zed-industries/zed#a)": {}}
    assert hand(PROBE, RECORD, {"installs": {"zed 0.1.0 (registry+https://index.example)": {}}}) == []
    assert one(hand(PROBE, RECORD, {"installs": installs})).tool == "zed"
    installs = {"zed 0.1.0 (git+https://zed.dev/zed#a)": {}}
    assert one(hand(PROBE, RECORD, {"installs": installs})).tool == "zed"


def test_bad_records() -> None:
    assert reasons(hand(PROBE, RECORD, "{"))
    documents: tuple[object, ...] = ([], {"installs": []}, {"installs": {"a b (c)": None}})
    for document in documents:
        assert hand(PROBE, RECORD, document) == []
