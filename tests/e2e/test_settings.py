"""`allow-with-settings`, from a directive that asks for settings to what a scan says of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.command import Ran, scan
from tests.e2e.hosts import HostTree

ROOT = Path(__file__).parents[2]
DIRECTIVE = ROOT / "examples" / "directives" / "quiet-settings.yaml"
PACKAGE = json.dumps({"name": "@google/gemini-cli", "version": "0.20.0", "bin": {"gemini": "bundle/gemini.js"}})
SETTINGS = "/home/{}/.gemini/settings.json"


@pytest.fixture
def host(tmp_path: Path) -> HostTree:
    """A machine on which ana and bo use one program that is installed for everybody."""
    made = HostTree(tmp_path / "host")
    made.people("ana", "bo")
    made.write("/usr/lib/node_modules/@google/gemini-cli/package.json", PACKAGE)
    made.write("/usr/lib/node_modules/@google/gemini-cli/bundle/gemini.js", "#!/usr/bin/env node\n")
    return made


def configure(host: HostTree, user: str, *, telemetry: bool, statistics: bool) -> None:
    values = {"telemetry": {"enabled": telemetry}, "privacy": {"usageStatisticsEnabled": statistics}}
    host.write(SETTINGS.format(user), json.dumps(values))


def judged(host: HostTree, *options: str) -> Ran:
    return scan(host.root, "--directive", str(DIRECTIVE), *options)


def differing(ran: Ran) -> set[tuple[str, str, str, str]]:
    return {
        (d["user"], d["setting"], d["switch"]["name"], d["switch"]["state"])
        for s in ran.sightings(tool="gemini-cli")
        for d in s["deviations"]
    }


def test_what_differs_is_said_for_whom_it_differs_and_where_to_set_it(host: HostTree) -> None:
    configure(host, "ana", telemetry=True, statistics=False)
    configure(host, "bo", telemetry=False, statistics=False)
    ran = judged(host, "--json")
    assert {(user, state) for user, _, _, state in differing(ran)} == {("ana", "on")}
    assert ran.json["summary"]["deviating"] == 1
    # The program that is installed for everybody is in ana's use too; bo's own settings are as asked.
    by_user = {s["user"]: bool(s["deviations"]) for s in ran.sightings(tool="gemini-cli")}
    assert by_user == {None: True, "ana": True, "bo": False}
    text = " ".join(judged(host).out.split())
    assert "SETTINGS Gemini CLI 0.20.0" in text
    assert "on for ana, must be off — ~/.gemini/settings.json telemetry.enabled: set telemetry.enabled to false" in text
    assert "for bo" not in text
    assert "1 tool not set as asked." in text


def test_what_is_as_asked_says_so_and_fails_nothing(host: HostTree) -> None:
    for user in ("ana", "bo"):
        configure(host, user, telemetry=False, statistics=False)
    assert differing(judged(host, "--json")) == set()
    ran = judged(host, "--fail-on", "warn")
    assert ran.code == 0
    assert "telemetry = off · as asked" in ran.out


def test_a_setting_that_differs_counts_as_a_warning(host: HostTree, tmp_path: Path) -> None:
    configure(host, "ana", telemetry=True, statistics=False)
    assert judged(host).code == 0
    assert judged(host, "--fail-on", "warn").code == 1
    assert judged(host, "--fail-on", "never").code == 0
    reviewed = tmp_path / "reviewed.yaml"
    reviewed.write_text(
        "apiVersion: clearance/v1\nkind: Suppressions\nsuppressions:\n"
        "  - {tool: gemini-cli, reason: Under way, owner: ana@example.com, until: 2099-01-01}\n"
    )
    assert judged(host, "--fail-on", "warn", "--suppressions", str(reviewed)).code == 0


def test_what_nobody_set_is_the_vendors_default(host: HostTree) -> None:
    assert {state for _, _, _, state in differing(judged(host, "--json"))} == {"default"}
    assert "on by default for everybody, must be off — set " in " ".join(judged(host).out.split())


def test_a_managed_setting_wins_for_everybody(host: HostTree) -> None:
    configure(host, "ana", telemetry=True, statistics=True)
    managed = {"telemetry": {"enabled": False}, "privacy": {"usageStatisticsEnabled": False}}
    host.write("/etc/gemini-cli/settings.json", json.dumps(managed))
    assert differing(judged(host, "--json")) == set()


@pytest.mark.parametrize("form", ["html", "sarif", "ocsf", "cyclonedx"])
def test_every_format_tells_it(host: HostTree, form: str) -> None:
    configure(host, "ana", telemetry=True, statistics=False)
    assert "set telemetry.enabled to false there" in judged(host, "--format", form).out


def test_a_project_that_sets_it_otherwise_is_not_passed_over(host: HostTree) -> None:
    for user in ("ana", "bo"):
        configure(host, user, telemetry=False, statistics=False)
    host.write("/home/ana/src/shop/.gemini/settings.json", json.dumps({"privacy": {"usageStatisticsEnabled": True}}))
    ran = judged(host, "--json")
    assert differing(ran) == {("ana", "telemetry", "usage-statistics", "off")}
    (seen,) = [s for s in ran.sightings(tool="gemini-cli") if s["deviations"]]
    assert seen["repository"] == "/home/ana/src/shop"
    assert "telemetry (usage-statistics): off for ana but not in a project, must be off" in " ".join(
        judged(host).out.split()
    )


def test_the_reference_shows_what_the_example_really_gives() -> None:
    shown = scan(ROOT / "examples" / "laptop", "--directive", str(DIRECTIVE), env={"COLUMNS": "120"}).out
    told = re.search(
        r"A scan names what differs:\n\n```\n(.*?)```", (ROOT / "docs" / "directive.md").read_text(), re.DOTALL
    )
    assert told is not None
    assert told[1] in shown
    assert shown.count(" · as asked") == 2
