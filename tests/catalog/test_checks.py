"""What a typed entry can still get wrong, and where it is said."""

from __future__ import annotations

import pytest

from clearance.catalog.checks import catalog_problems, shared_problems, tool_problems
from clearance.catalog.document import Document
from clearance.model.tool import Shared, Tool
from tests.catalog.sample import ENTRY, SHARED, entry, shared, tool

PACKAGE = 'source: ["npm:@acme/coder@1.2.3"]'

TWICE = """- name: telemetry
  stops: training
  default: on
  set: []
  checked: 2026-11-21
  source: ["https://a"]
- name: telemetry
"""


def problems(*changes: tuple[str, str]) -> dict[str, str]:
    found = tool_problems(Document(entry(*changes), "x").to(Tool))
    return {".".join(map(str, where)): what for where, what in found}


def test_the_sample_is_sound() -> None:
    assert not problems()
    assert not list(shared_problems(shared()))
    assert not list(catalog_problems((tool(),), shared()))


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("id: acme-coder", "id: Acme_Coder", "id", "small letters"),
        ("value: [coding-agent]", "value: []", "kind.value", "at least one kind"),
        ("country: CZ", "country: XX", "vendor.value.country", "no ISO 3166-1"),
        ("value: [eu]", "value: [eu, Europa!]", "data.residency.value.1", "no region code"),
        ('value: cloud, source: ["https://acme.example/data"]', "value: cloud", "data.deployment", "needs a source"),
        ('value: cloud, source: ["https://acme.example/data"]',
         'value: cloud, indirect: true, source: ["https://acme.example/data"]', "data.deployment", "third_party too"),
        ('date: 2026-03-05, source: ["https://acme.example/status"]', "date: 2026-03-05, source: []",
         "data.incidents.0", "needs a source"),
        ("value: [acme], " + PACKAGE, "value: [acme]", "surfaces.binaries", "needs a source"),
        ('libraries: {value: ["npm:@acme/sdk"], source: ["npm:@acme/sdk"], checked: 2026-11-21}',
         'carriers: {value: ["npm:@acme/sdk"], source: ["npm:@acme/sdk"], checked: 2026-11-21}',
         "surfaces.carriers.value.0", "not among the libraries"),
        ("value: [acme], ", 'value: [" "], ', "surfaces.binaries.value.0", "says nothing"),
        ('value: ["npm:@acme/coder"]', 'value: ["maven:acme"]', "surfaces.packages.value.0", "does not begin with"),
        ('value: ["npm:@acme/coder"]', 'value: ["npm:"]', "surfaces.packages.value.0", "does not begin with"),
        ('value: ["vscode:Acme.Coder"]', 'value: ["Acme.Coder"]', "surfaces.extensions.value.0", "does not begin"),
        ("path: ~/.acme/settings.json", "path: $HOME/.acme", "surfaces.config.value.0", "is no plain path"),
        ("path: ~/.acme/settings.json", "path: ~/../x", "surfaces.config.value.0", "is no plain path"),
        ("path: ~/.acme/settings.json", "path: ~/a//b", "surfaces.config.value.0", "is no plain path"),
        ("value: [./ACME.md]", "value: [ACME.md]", "surfaces.instructions.value.0", "is no plain path"),
        ("value: [ACME_API_KEY]", "value: [ACME-KEY]", "surfaces.credential_env.value.0", "no name of a variable"),
        ("value: [api.acme.example, ", "value: [https://api.acme.example, ", "surfaces.hosts.value.0", "no host name"),
        ("value: [4711]", "value: [70000]", "surfaces.ports.value.0", "70000 is no port"),
        ("- name: telemetry\n", TWICE, "switches.1.name", "stands here twice"),
        ("key: ACME_TELEMETRY", 'key: "ACME TELEMETRY"', "switches.0.set.0.key", "no name of a variable"),
        ("where: ~/.acme/settings.json", "where: settings.json", "switches.0.set.1.where", "is no plain path"),
        ("key: telemetry.enabled", 'key: ""', "switches.0.set.1", "needs its key"),
        ("least: 2", "least: 3", "identity.markers.1", "3 of 2 different strings"),
        ("least: 2", "least: 0", "identity.markers.1", "0 of 2 different strings"),
        ('any: ["npm:@acme/coder"]', 'any: ["^a$"]', "identity.markers.0.any.0", "is everywhere"),
        ("'ACME_VERSION=\"([0-9.]+)'", "'('", "identity.versions.0.pattern", "not a regular expression"),
        ("'ACME_VERSION=\"([0-9.]+)'", "'a'", "identity.versions.0.pattern", "0 groups"),
        ("'ACME_VERSION=\"([0-9.]+)'", "'(a*)'", "identity.versions.0.pattern", "matches the empty text"),
    ],
)  # fmt: skip
def test_a_problem_is_said_where_it_lies(old: str, new: str, where: str, what: str) -> None:
    found = problems((old, new))
    assert list(found) == [where]
    assert what in found[where]


def test_switches_and_identity_need_markers_and_sources() -> None:
    markers = ENTRY[ENTRY.index("  markers:") : ENTRY.index("  versions:")]
    assert problems((markers, "  markers: []\n")) == {"identity.markers": "an identity without a marker tells nothing"}
    sourced = '  source: ["https://acme.example/data"]\nidentity'
    assert list(problems((sourced, "  source: []\nidentity"))) == ["switches.0"]
    start = ENTRY.rindex("  source:")
    assert list(problems((ENTRY[start - 40 :], ENTRY[start - 40 : start] + "  source: []\n"))) == ["identity"]


def test_without_identity_and_with_an_unknown_country() -> None:
    assert not problems((ENTRY[ENTRY.index("identity:") :], ""), ("country: CZ", "country: unknown"))


def test_what_is_shared_needs_sources_and_sound_values() -> None:
    text = SHARED.replace('value: [relay.example], source: ["npm:a"]', "value: [RELAY]")
    found = dict(shared_problems(Document(text, "x").to(Shared)))
    assert found[("relay_hosts",)] == "a known value needs a source"
    assert "no host name" in found[("relay_hosts", "value", 0)]


def test_two_tools_may_not_share_a_name_a_package_or_an_extension() -> None:
    other = tool(("id: acme-coder", "id: other"), ("vscode:Acme.Coder", "vscode:acme.CODER"))
    found = {(owner, where): what for owner, where, what in catalog_problems((tool(), other), shared())}
    assert found[("other", ("aliases",))] == '"Acme-CLI" already names acme-coder'
    assert found[("other", ("surfaces", "packages", "value", 0))] == '"npm:@acme/coder" is already one of acme-coder'
    assert (
        found[("other", ("surfaces", "extensions", "value", 0))] == '"vscode:acme.CODER" is already one of acme-coder'
    )
    assert found[("other", ("surfaces", "libraries", "value", 0))] == '"npm:@acme/sdk" is already one of acme-coder'


def test_what_is_shared_is_nobodys_own_but_a_relay_has_its_host() -> None:
    changes = (("./ACME.md", "./AGENTS.md"), ("api.acme.example, ", "relay.example, "))
    found = [(where, what) for _, where, what in catalog_problems((tool(*changes),), shared())]
    assert found == [
        (("surfaces", "instructions", "value", 0), '"./AGENTS.md" is shared by several tools'),
        (("surfaces", "hosts", "value", 0), '"relay.example" is shared by several tools'),
    ]
    assert not list(catalog_problems((tool(*changes, ("coding-agent", "relay")),), shared()))
