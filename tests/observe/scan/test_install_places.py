from __future__ import annotations

import pytest

from clearance.observe.scan.install_places import InstallPlaces, shared
from tests.builders import catalog, tool
from tests.observe.scan.handing import hand, one

PLACES = ("~/.t/versions/*", "~/.t-data/", "/Applications/T.app", "~/.local/bin/t", "./.t/bin/t")
KNOWN = catalog(tool("t", installs=PLACES))
PROBE = InstallPlaces()


def test_a_place_is_a_suspicion() -> None:
    file = one(hand(PROBE, "/home/ana/.t/versions/1.2.3", catalog=KNOWN))
    assert (file.surface, file.confidence, file.user) == ("binary", "weak", "ana")
    folder = one(hand(PROBE, "/home/ana/.t-data", names=("x",), folder=True, catalog=KNOWN))
    assert (folder.surface, folder.confidence) == ("package", "weak")
    app = one(hand(PROBE, "/Applications/T.app", names=("Contents",), folder=True, home=None, catalog=KNOWN))
    assert app.surface == "package"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("~/.local/bin/agent", True),
        ("/usr/bin/q", True),
        ("/usr/local/bin/q", True),
        ("~/bin/q", True),
        ("~/.amp/bin/amp", False),
        ("~/.opencode/bin/*", False),
        ("/Applications/T.app", False),
        ("~/.windsurf/", False),
        ("/usr/local/lib/ollama/", False),
    ],
)
def test_folders_that_programs_share_decide_nothing(path: str, expected: bool) -> None:
    assert shared(path) is expected
    assert len(PROBE.patterns(catalog(tool("t", installs=(path,))))) == (not expected)
