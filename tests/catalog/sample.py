"""A small, sound catalog for tests: one tool in YAML, and what the tools share."""

from __future__ import annotations

from clearance.catalog.load import load_shared, load_tool
from clearance.model.tool import Shared, Tool

ENTRY = """\
id: acme-coder
name: Acme Coder
vendor:
  value: {name: Acme, country: CZ}
  source: ["https://acme.example/imprint"]
  checked: 2026-11-21
kind:
  value: [coding-agent]
  source: ["npm:@acme/coder@1.2.3"]
  checked: 2026-11-21
command: acme
aliases: [Acme-CLI]
surfaces:
  binaries: {value: [acme], source: ["npm:@acme/coder@1.2.3"], checked: 2026-11-21}
  packages: {value: ["npm:@acme/coder"], source: ["npm:@acme/coder@1.2.3"], checked: 2026-11-21}
  libraries: {value: ["npm:@acme/sdk"], source: ["npm:@acme/sdk"], checked: 2026-11-21}
  extensions: {value: ["vscode:Acme.Coder"], source: ["npm:@acme/coder@1.2.3"], checked: 2026-11-21}
  config:
    value:
      - {path: ~/.acme/settings.json, format: json}
    source: ["npm:@acme/coder@1.2.3"]
    checked: 2026-11-21
  instructions: {value: [./ACME.md], source: ["npm:@acme/coder@1.2.3"], checked: 2026-11-21}
  credential_env: {value: [ACME_API_KEY], source: ["npm:@acme/coder@1.2.3"], checked: 2026-11-21}
  base_url_env: {value: [ACME_BASE_URL], source: ["npm:@acme/coder@1.2.3"], checked: 2026-11-21}
  hosts: {value: [api.acme.example, "*.acme.example"], source: ["npm:@acme/coder@1.2.3"], checked: 2026-11-21}
  ports: {value: [4711], source: ["npm:@acme/coder@1.2.3"], checked: 2026-11-21}
data:
  deployment: {value: cloud, source: ["https://acme.example/data"], checked: 2026-11-21}
  residency: {value: [eu], source: ["https://acme.example/data"], checked: 2026-11-21}
  retention: {value: 30, source: ["https://acme.example/data"], checked: 2026-11-21}
  training: {value: never, source: ["https://acme.example/data"], checked: 2026-11-21}
  telemetry: {value: off, source: ["https://acme.example/data"], checked: 2026-11-21}
  models: {value: [Acme One], source: ["https://acme.example/data"], checked: 2026-11-21}
  price: {value: free, source: ["https://acme.example/data"], checked: 2026-11-21}
  guarantees: {value: [unknown], checked: 2026-11-21}
  attestations: {value: [unknown], checked: 2026-11-21}
  availability: {value: unknown, checked: 2026-11-21}
  incidents:
    - {what: An outage., date: 2026-03-05, source: ["https://acme.example/status"]}
switches:
- name: telemetry
  stops: telemetry
  default: on
  set:
  - {where: env, key: ACME_TELEMETRY, off: ["0", false], on: ["1"]}
  - {where: ~/.acme/settings.json, key: telemetry.enabled, off: [false]}
  checked: 2026-11-21
  source: ["https://acme.example/data"]
identity:
  markers:
    - {role: package, where: package, any: ["npm:@acme/coder"]}
    - {role: banner, where: code, any: [Acme Coder is starting, Acme Coder is done], least: 2}
  versions:
    - {where: code, pattern: 'ACME_VERSION="([0-9.]+)'}
  checked: 2026-11-21
  source: ["npm:@acme/coder@1.2.3"]
"""

SHARED = """\
instructions: {value: [./AGENTS.md], source: ["npm:a"], checked: 2026-11-21}
mcp:
  value: [{path: ./.mcp.json, scope: project, format: json, key: mcpServers}]
  source: ["npm:a"]
  checked: 2026-11-21
cloud_hosts: {value: ["models.*.cloud.example"], source: ["npm:a"], checked: 2026-11-21}
relay_hosts: {value: [relay.example], source: ["npm:a"], checked: 2026-11-21}
relay_names: {value: [relayd], source: ["npm:a"], checked: 2026-11-21}
commit_lines: {value: ["Assisted-by:"], source: ["npm:a"], checked: 2026-11-21}
"""


def entry(*changes: tuple[str, str]) -> str:
    """The sample entry with texts replaced, each of which must be there exactly once or more."""
    text = ENTRY
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def tool(*changes: tuple[str, str]) -> Tool:
    """The sample tool."""
    return load_tool(entry(*changes), "acme-coder.yaml")


def shared() -> Shared:
    """What the sample catalog's tools share."""
    return load_shared(SHARED)
