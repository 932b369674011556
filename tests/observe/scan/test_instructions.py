from __future__ import annotations

from clearance.model.sighting import Sighting
from clearance.observe.scan.instructions import Instructions
from tests.builders import catalog, found, tool

CATALOG = catalog(tool("t", instructions=("./T.md", "./.t/rules/*.md", "~/.t/T.md")))


def test_an_instruction_file_names_its_repository() -> None:
    plain, rules, own = Instructions().patterns(CATALOG)
    (seen,) = Instructions().parse(found(plain, "/home/ana/src/shop/T.md"), CATALOG)
    assert isinstance(seen, Sighting)
    assert (seen.tool, seen.surface, seen.repository) == ("t", "instructions", "/home/ana/src/shop")
    assert seen.confidence == "weak"
    (seen,) = Instructions().parse(found(rules, "/srv/shop/.t/rules/a.md", home=None), CATALOG)
    assert isinstance(seen, Sighting)
    assert (seen.repository, seen.user) == ("/srv/shop", None)
    (seen,) = Instructions().parse(found(own, "/home/ana/.t/T.md"), CATALOG)
    assert isinstance(seen, Sighting)
    assert seen.repository is None
