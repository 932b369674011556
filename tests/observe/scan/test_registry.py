"""What holds for every registered probe, whatever it looks for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.catalog.index import Catalog
from clearance.model.sighting import Sighting, Skipped
from clearance.observe.probe import AgentTraits, Found, Home, Pattern, Probe, SettingRead, Span
from clearance.observe.reader import BytesReader
from clearance.observe.scan import PROBES
from clearance.observe.scan.node_packages import NAME as NODE_PACKAGES
from tests.builders import location, tool
from tests.fuzz.fuzz_probes import SEEDS, mutated
from tests.observe.scan.tools import CATALOG

KNOWN = Catalog(
    [
        *CATALOG.tools.values(),
        tool(
            "all", installs=("~/.all/*",), config=(location("~/.all/c.json", format="json"),),
            mcp=(location("~/.all/m.json", format="json", key="mcpServers"),), instructions=("./ALL.md",),
            sessions=(location("~/.all/s/*.jsonl", format="jsonl"),),
            credentials=(location("~/.all/a.json", format="json"),), credential_env=("ALL_KEY",),
            base_url_env=("ALL_URL",),
        ),
    ]
)  # fmt: skip
CASES = [
    (probe, pattern) for probe in PROBES for pattern in {p.tag + p.tool: p for p in probe.patterns(KNOWN)}.values()
]


def concrete(glob: str) -> str:
    """A path that the glob matches."""
    path = glob.replace("~/", "/home/ana/", 1).replace("**/", "deep/", 1).replace("**", "x").replace("*", "x-1.0")
    return path if path.startswith("/") else f"/{path}"


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_patterns_are_of_the_three_forms(probe: Probe) -> None:
    patterns = probe.patterns(KNOWN)
    assert len(set(patterns)) == len(patterns)
    for pattern in patterns:
        assert pattern.glob.startswith(("~/", "/", "**/"))
        assert "//" not in pattern.glob
        assert not pattern.glob.endswith("/")
        # The walk asks of every file whether a floating pattern may match its name: a bare `*` would match all.
        assert pattern.glob not in ("**/*", "**/**")


def test_names_are_unique() -> None:
    names = [probe.name for probe in PROBES]
    assert len(set(names)) == len(names)
    assert NODE_PACKAGES not in names


@pytest.mark.parametrize("case", range(len(CASES)), ids=lambda n: f"{CASES[n][0].name}:{CASES[n][1].glob}")
@settings(max_examples=25)
@given(data=st.data())
def test_no_bytes_make_a_probe_fail(case: int, data: st.DataObject) -> None:
    probe, pattern = CASES[case]
    content = data.draw(
        st.one_of(st.binary(max_size=200), st.builds(mutated, st.sampled_from(SEEDS), st.integers(0, 1 << 30)))
    )
    names = tuple(data.draw(st.lists(st.text(max_size=8), max_size=3)))
    check(probe, pattern, concrete(pattern.glob), content, names)


@settings(max_examples=100)
@given(st.integers(0, len(CASES) - 1), st.text(max_size=60), st.binary(max_size=60))
def test_no_name_makes_a_probe_fail(case: int, name: str, content: bytes) -> None:
    probe, pattern = CASES[case]
    check(probe, pattern, f"/home/ana/{name}", content, ())


def check(probe: Probe, pattern: Pattern, path: str, content: bytes, names: tuple[str, ...]) -> None:
    reader = BytesReader(b"" if pattern.folder else content)
    found = Found(
        path, pattern, reader, home=Home("ana", "/home/ana"), size=reader.size, names=names, folder=pattern.folder
    )
    for seen in probe.parse(found, KNOWN):
        assert isinstance(seen, Sighting | Skipped | SettingRead | AgentTraits | Span)
        if isinstance(seen, Sighting):
            assert seen.tool in KNOWN.tools
            assert seen.evidence
            assert len(seen.version or "") <= 1000
            assert all(piece.kind and len(piece.detail) < 5000 for piece in seen.evidence)
        if isinstance(seen, Skipped):
            assert seen.reason
            assert "\n" not in seen.reason
