from __future__ import annotations

from clearance.observe.scan.rpm_packages import RpmPackages
from tests.observe.scan.handing import evidence, hand, one, reasons
from tests.observe.test_rpm_database import BASH, CURSOR, bdb, header, ndb

PROBE = RpmPackages()


def test_a_tools_package_is_seen_in_each_place() -> None:
    blobs = [header(BASH), header(CURSOR)]
    for path, data in (("/usr/lib/sysimage/rpm/Packages.db", ndb(blobs)), ("/var/lib/rpm/Packages", bdb(blobs))):
        seen = one(hand(PROBE, path, data, home=None))
        assert (seen.tool, seen.version, seen.path) == ("cursor", "2.4.1", path)
        assert evidence(seen) == {"rpm": "cursor 2.4.1-1", "packager": "Anysphere"}


def test_what_could_not_be_read_is_said() -> None:
    assert reasons(hand(PROBE, "/var/lib/rpm/rpmdb.sqlite", b"?" * 200, home=None)) == [
        "not an rpm database of a known format"
    ]
    assert reasons(hand(PROBE, "/var/lib/rpm/rpmdb.sqlite-wal", b"x" * 40, home=None))
    assert hand(PROBE, "/var/lib/rpm/rpmdb.sqlite-wal", b"", home=None) == []
