"""Scan results as a hostile host would shape them: every text that comes from a disk may be anything."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import strategies as st

from clearance.model.decision import Decision, PolicyRef, Replacement, ToolFacts, Upcoming
from clearance.model.sighting import (
    Changes,
    Coverage,
    Deviation,
    Endpoint,
    Evidence,
    Host,
    ScanResult,
    Sighting,
    Skipped,
    Summary,
    Suppressed,
    SwitchState,
    Unknown,
)
from clearance.model.terms import CONFIDENCES, EFFECTS, ENDPOINT_CLASSES, ENFORCES, RISKS, SURFACES, TOPICS

ATTACKS = (
    "\x1b[31mred", "\x1b]8;;https://evil.example/\x07link\x1b]8;;\x07", "\x9b31m", "\r\n", "\x00", "\x7f",
    "\u202egpj.exe", "\u2066\u2069", "\u200b\ufeff", "\u2028", "a\u0301\u0302\u0303\u0304\u0305\u0306", "\udcff\udc80",
    "\ud800", "\\xff", "\\udc80", "\U000e0041", "</script><script>parent.pwned=1</script>",
    "</style><style>*{display:none}", "\"' onload=x", "<img src=x onerror=pwned=1>", "{{ 7 * 7 }}", "{% raw %}",
    "javascript:alert(1)", "[bold]x[/bold]", "`$(id)`", "'; --", "&lt;b&gt;", "漢字かな", "שלום", "🧑‍💻", "%2e%2e/",
    "..\\..", "C:\\Users\\a", "?q#f", "a:b", "x" * 5000,
)  # fmt: skip

texts = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(max_size=20),
    st.text(st.characters(categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Mn", "Co", "Cn", "L")), max_size=8),
    st.lists(st.sampled_from(ATTACKS[:-1]), max_size=4).map("".join),
)
paths = st.one_of(texts.map(lambda text: f"/home/{text}"), texts)
identities = st.text("0123456789abcdef", min_size=16, max_size=16)
tools = st.sampled_from(("claude-code", "cursor", "q")) | texts
users = st.none() | texts
times = st.sampled_from(("2026-11-21T09:30:00Z", "2026-11-21T09:30:00.712Z"))
counts = st.integers(0, 10**12)
policies = st.builds(
    PolicyRef,
    counts,
    st.just("8f2c41d0" * 8) | st.just(""),
    st.lists(texts, max_size=3).map(tuple),
    texts,
    st.booleans(),
)

decisions = st.builds(
    Decision,
    tool=st.none() | tools,
    effect=st.sampled_from(EFFECTS),
    enforce=st.sampled_from(ENFORCES),
    rule=st.none() | texts,
    waiver=st.none() | texts,
    reason=texts,
    replacement=st.none() | st.builds(Replacement, tools, texts, texts),
    message=texts,
    risk=st.none() | st.sampled_from(RISKS),
    at=times,
    upcoming=st.none() | st.builds(Upcoming, texts, st.sampled_from(EFFECTS), texts),
    undetermined=st.lists(texts, max_size=2).map(tuple),
    policy=policies,
    since=st.none() | times | texts,
    contact=st.sampled_from(("", "https://intranet.example.com/ai tools?a=<b>", "javascript:alert(1)")) | texts,
    settings=st.dictionaries(
        texts, texts | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False), max_size=2
    ),
    endpoint_class=st.none() | st.sampled_from(ENDPOINT_CLASSES),
)

suppressed = st.none() | st.builds(Suppressed, texts, texts, st.sampled_from(("2027-03-31", "never")))

switches = st.builds(
    SwitchState, texts, st.sampled_from(("on", "off", "default")), texts, texts, st.sampled_from(TOPICS)
)

sightings = st.builds(
    Sighting,
    id=identities,
    tool=tools,
    name=texts,
    surface=st.sampled_from(SURFACES),
    path=paths,
    confidence=st.sampled_from(CONFIDENCES),
    version=st.none() | texts,
    user=users,
    repository=st.none() | paths,
    running=st.booleans(),
    pid=st.none() | st.integers(1, 1 << 22),
    endpoint=st.none() | st.builds(Endpoint, texts, st.sampled_from(ENDPOINT_CLASSES)),
    evidence=st.lists(
        st.builds(Evidence, st.sampled_from(("line", "store", "launches", "credential")) | texts, texts | st.just("12"))
        , max_size=3).map(tuple),
    switches=st.lists(switches, max_size=3).map(tuple),
    decision=st.none() | decisions,
    suppressed=suppressed,
    deviations=st.lists(st.builds(Deviation, texts, texts, st.none() | switches, users, texts), max_size=2).map(tuple),
)  # fmt: skip

agents = st.builds(
    Unknown, identities, paths, st.floats(0, 1), st.lists(texts, max_size=3).map(tuple), users, st.none() | decisions,
    suppressed,
)  # fmt: skip

facts = st.builds(
    ToolFacts, id=tools, name=texts, vendor=texts, country=texts, residency=st.lists(texts, max_size=2).map(tuple),
    command=texts, hosts=st.lists(texts, max_size=2).map(tuple),
)  # fmt: skip


Seen = TypeVar("Seen", Sighting, Unknown)


def _unique(items: list[Seen]) -> tuple[Seen, ...]:
    return tuple({item.id: item for item in items}.values())


results = st.builds(
    ScanResult,
    started=times,
    finished=times,
    host=st.builds(Host, texts, st.sampled_from(("linux", "macos", "windows")), st.just("/") | paths),
    policy=policies,
    sightings=st.lists(sightings, max_size=6).map(_unique),
    unknown=st.lists(agents, max_size=2).map(_unique),
    coverage=st.lists(
        st.builds(Coverage, tools, texts, st.sampled_from(("found", "nothing", "not-readable", "not-looked")), texts)
        , max_size=4).map(tuple),
    skipped=st.lists(st.builds(Skipped, texts, paths, texts, st.booleans()), max_size=4).map(tuple),
    changes=st.none() | st.builds(Changes, times | texts, st.lists(identities, max_size=2).map(tuple),
                                  st.lists(identities, max_size=2).map(tuple)),
    summary=st.builds(Summary, counts, counts, counts, counts, counts, st.floats(0, 1e6), counts, counts),
    tools=st.lists(facts, max_size=3, unique_by=lambda tool: tool.id).map(tuple),
    homes=st.just(()),
)  # fmt: skip
