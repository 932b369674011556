from __future__ import annotations

from clearance.model.sighting import Evidence
from clearance.observe.identity.types import Identification, Package
from clearance.observe.scan.executables import sighting_of
from clearance.observe.scan.launchers import Launchers
from tests.builders import ANA
from tests.observe.scan.handing import evidence, hand, one
from tests.observe.scan.tools import CATALOG

CRUSH = Identification("crush", "0.96.1", "certain", (Evidence("go-build", "module: x"),))


def test_an_identified_program() -> None:
    seen = sighting_of("/home/ana/bin/notes", CRUSH, CATALOG, home=ANA, kind="elf")
    assert (seen.tool, seen.surface, seen.path, seen.user) == ("crush", "binary", "/home/ana/bin/notes", "ana")
    assert (seen.version, seen.confidence, seen.repository) == ("0.96.1", "certain", None)
    assert evidence(seen) == {"go-build": "module: x", "format": "elf"}


def test_a_version_does_not_name_the_platform() -> None:
    packed = Identification("crush", "0.96.1-linux-x64", "certain", ())
    assert sighting_of("/opt/x", packed, CATALOG).version == "0.96.1"


def test_the_owner_is_told_where_no_home_tells() -> None:
    assert evidence(sighting_of("/opt/x", CRUSH, CATALOG, uid=1000))["owner"] == "uid 1000"
    assert "owner" not in evidence(sighting_of("/opt/x", CRUSH, CATALOG))


def test_a_program_of_a_project_says_so() -> None:
    package = Package("npm", "@charmland/crush", "0.96.1", "/home/ana/p/node_modules/@charmland/crush/package.json")
    path = "/home/ana/p/node_modules/@charmland/crush/bin/crush"
    seen = sighting_of(path, CRUSH, CATALOG, home=ANA, package=package)
    assert (seen.repository, evidence(seen)["inside"]) == ("/home/ana/p", "npm:@charmland/crush 0.96.1")


def test_a_launcher_that_identity_knows_too_is_one_sighting() -> None:
    path = "/home/ana/.local/bin/crush"
    shim = '#!/bin/sh\nexec node "$basedir/../lib/node_modules/@charmland/crush/run.js"\n'
    assert one(hand(Launchers(), path, shim)).id == sighting_of(path, CRUSH, CATALOG, home=ANA).id
