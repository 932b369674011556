"""The catalog against the packages that the vendors publish: what an entry states must be in the bytes.

Every host, variable, file name and marker of a tool whose packages the registries serve is searched in all of its
installed packages. What is not there must be named in the entry's `unverified`, with the reason; of a marker, as many
strings must be there as it asks for. `python -m tests.catalog.test_drift` also lists what is excused and yet present.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from clearance.catalog import load_catalog
from clearance.catalog.index import values
from clearance.model.tool import Tool
from tests.observe.identity import published
from tests.package_strings import missing
from tests.real_tools import REAL_TOOLS, Unavailable, fetch

EVERYWHERE = frozenset(
    (
        "Library", "Application Support", "Preferences", "Managed Preferences", "Group Containers", "Containers",
        "Applications", "AppData", "Roaming", "Local", "Temp", "Documents", "Program Files", "ProgramData", "User",
        "share", "state", "config", "cache", ".config", ".local", ".cache", "globalStorage", "workspaceStorage",
        "node_modules", ".vscode-server", "data", "systemd", "system",
    )
)  # fmt: skip
"""Folder names of operating systems and editors: they are nobody's."""

ELSEWHERE = frozenset(("crush", "junie", "codebuff", "deepseek-harness", "jules"))
"""Tools of which the registries serve a launcher only; the program itself comes from somewhere else."""


BROUGHT = {"copilot": ("@github/copilot-sdk-linux-x64@1.0.14",)}
"""Programs of a tool that packages of its vendor's kit bring along."""


def words(tool: Tool) -> Iterator[str]:
    """What must be in the tool's packages."""
    surfaces = tool.surfaces
    for fact in (surfaces.hosts, surfaces.telemetry_hosts):
        yield from (host.removeprefix("*.") for host in values(fact))
    for fact in (surfaces.credential_env, surfaces.base_url_env, surfaces.trailers):
        yield from values(fact)
    for places in (surfaces.config, surfaces.mcp, surfaces.sessions, surfaces.credentials, surfaces.base_url_settings):
        for place in places.value if places else ():
            yield from names(place.path)
            yield from keys(place.key)
    for paths in (surfaces.instructions, surfaces.residue):
        for path in values(paths):
            yield from names(path)
    for switch in tool.switches:
        for setter in switch.set:
            yield from names(setter.where) if setter.where != "env" else ()
            yield from keys(setter.key)


def names(path: str) -> Iterator[str]:
    """The names in a path that belong to the tool; of a name with `*`, its longest part."""
    for name in path.split("/"):
        part = max(re.split(r"\*+", name), key=len)
        if len(part) > 3 and part not in EVERYWHERE and name not in EVERYWHERE:
            yield part


def keys(key: str) -> Iterator[str]:
    """The last name of a dotted key: minified code holds the names one by one."""
    last = next((part for part in reversed(key.split(".")) if part != "*"), "")
    if len(last) > 3:
        yield last


def bare(text: str, where: str) -> str:
    """A marker's string as it stands in the bytes: without ecosystem and anchors; of one with `*`, its longest part."""
    if where == "package":
        text = text.partition(":")[2] or text
    return max(text.removeprefix("^").removesuffix("$").split("*"), key=len)


def drift(tool: Tool) -> tuple[list[str], list[str]]:
    """(what is in no package of the tool though nothing excuses it, what is excused and there)."""
    wanted = set(words(tool))
    markers = tool.identity.markers if tool.identity else ()
    strings = {marker: {bare(text, marker.where) for text in marker.any} for marker in markers}
    prefixes = [fetch(real.name) for real in REAL_TOOLS if real.tool == tool.id]
    prefixes += [published.fetch("npm", spec) for spec in BROUGHT.get(tool.id, ())]
    absent = missing(wanted.union(*strings.values()), prefixes)
    unmet = [
        f"{marker.role} in {marker.where}: {len(texts - absent)} of {marker.least}, no {sorted(texts & absent)[:5]}"
        for marker, texts in strings.items()
        if len(texts - absent) < marker.least
    ]
    notes = "\n".join(tool.unverified)
    excused = {word for word in wanted if re.search(rf"(?<![\w./-]){re.escape(word)}(?![\w/-]|\.\w)", notes)}
    return sorted((absent & wanted) - excused) + unmet, sorted(excused - absent)


CHECKED = sorted({real.tool for real in REAL_TOOLS} - ELSEWHERE)


@pytest.mark.long
@pytest.mark.parametrize("tool_id", CHECKED)
def test_what_an_entry_states_is_in_the_published_packages(tool_id: str) -> None:
    tool = load_catalog().tools[tool_id]
    try:
        absent, _ = drift(tool)
    except Unavailable as error:
        pytest.skip(str(error))
    assert not absent, f"not in the packages of {tool_id}, and not listed as unverified: {absent}"


def main() -> None:
    for tool_id in CHECKED:
        tool = load_catalog().tools.get(tool_id)
        if tool is None:
            print(f"{tool_id}: no entry")
            continue
        absent, excused = drift(tool)
        print(f"{tool_id}: absent {absent}; excused but present {excused}")


if __name__ == "__main__":
    main()
