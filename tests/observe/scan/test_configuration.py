from __future__ import annotations

from clearance.model.sighting import Sighting, Skipped
from clearance.observe.scan.configuration import Configuration
from tests.builders import catalog, found, location, tool

CATALOG = catalog(
    tool(
        "t", config=(location("~/.t/settings.json", format="json"), location("./.t/", scope="project", format="folder"))
    )
)


def test_a_document_that_parses_is_a_strong_sighting() -> None:
    settings = Configuration().patterns(CATALOG)[0]
    (seen,) = Configuration().parse(found(settings, "/home/ana/.t/settings.json", b'{"a": 1}'), CATALOG)
    assert isinstance(seen, Sighting)
    assert (seen.surface, seen.confidence, seen.user, seen.repository) == ("config", "strong", "ana", None)


def test_an_empty_document_and_a_folder_are_weak() -> None:
    settings, folder = Configuration().patterns(CATALOG)
    (seen,) = Configuration().parse(found(settings, "/home/ana/.t/settings.json", b"{}"), CATALOG)
    assert isinstance(seen, Sighting)
    assert seen.confidence == "weak"
    assert (folder.glob, folder.folder, folder.read) == ("**/.t", True, 0)
    (seen,) = Configuration().parse(found(folder, "/home/ana/src/shop/.t", folder=True), CATALOG)
    assert isinstance(seen, Sighting)
    assert (seen.confidence, seen.repository) == ("weak", "/home/ana/src/shop")


def test_a_malformed_document_is_seen_and_said() -> None:
    settings = Configuration().patterns(CATALOG)[0]
    skipped, seen = Configuration().parse(found(settings, "/home/ana/.t/settings.json", b"{"), CATALOG)
    assert isinstance(skipped, Skipped)
    assert "not valid json" in skipped.reason
    assert isinstance(seen, Sighting)
    assert seen.confidence == "weak"
