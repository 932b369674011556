from __future__ import annotations

import time

from clearance.model.sighting import Sighting, Skipped
from clearance.observe.scan.system_packages import RECORD_LIMIT, SystemPackages
from tests.observe.scan.handing import evidence, hand, one

PROBE = SystemPackages()


def test_dpkg_lists_what_is_installed() -> None:
    status = (
        "Package: cursor\nStatus: install ok installed\nVersion: 2.4.1\nDescription: x\n Package: claude-desktop\n\n"
        "Package: claude-desktop\nStatus: deinstall ok config-files\nVersion: 1\n\n"
        "Package: bash\nStatus: hold ok installed\n"
    )
    seen = one(hand(PROBE, "/var/lib/dpkg/status", status, home=None))
    assert (seen.tool, seen.version, seen.user, seen.path) == ("cursor", "2.4.1", None, "/var/lib/dpkg/status")


def test_images_without_a_package_manager_have_one_record_a_file() -> None:
    seen = one(hand(PROBE, "/var/lib/dpkg/status.d/cursor", "Package: cursor\nVersion: 2.4.0\n", home=None))
    assert seen.version == "2.4.0"


def test_two_tools_in_one_database_have_two_ids() -> None:
    status = "Package: cursor\nVersion: 1\n\nPackage: claude-desktop\nVersion: 2\n"
    seen = hand(PROBE, "/var/lib/dpkg/status", status, home=None)
    assert len({sighting.id for sighting in seen if isinstance(sighting, Sighting)}) == 2


def test_names_of_other_distributions_need_a_sign() -> None:
    installed = (
        "P:ollama\nV:0.13\nU:https://ollama.com\n\nP:goose\nV:3\nT:migrations\nU:https://x.example\nm:Block <a@b>\n"
    )
    seen = one(hand(PROBE, "/lib/apk/db/installed", installed, home=None))
    assert (seen.tool, seen.version, evidence(seen)["vendor"]) == ("ollama", "0.13", "https://ollama.com")
    desc = "%NAME%\ncursor-bin\n\n%VERSION%\n2.4.1-1\n\n%URL%\nhttps://www.cursor.com\n\n%DESC%\nx\n"
    seen = one(hand(PROBE, "/var/lib/pacman/local/cursor-bin-2.4.1-1/desc", desc, home=None))
    assert (seen.tool, seen.version, seen.path) == ("cursor", "2.4.1-1", "/var/lib/pacman/local/cursor-bin-2.4.1-1")


def test_what_is_too_large_is_said_and_looked_at_as_far_as_it_goes() -> None:
    missed, seen = hand(
        PROBE, "/var/lib/dpkg/status.d/x", b"Package: cursor\n" + b"\n" * RECORD_LIMIT, size=1 << 31, home=None
    )
    assert isinstance(missed, Skipped)
    assert isinstance(seen, Sighting)


def test_a_large_database_takes_no_time_to_speak_of() -> None:
    status = "".join(
        f"Package: p{n}\nStatus: install ok installed\nVersion: 1\nDescription: {'x ' * 400}\n\n" for n in range(5000)
    )
    before = time.process_time()
    assert hand(PROBE, "/var/lib/dpkg/status", status, home=None) == []
    print(f"5,000 dpkg records: {time.process_time() - before:.3f} s")
