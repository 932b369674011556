"""Packages that say that they are agents."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.probe import AgentTraits, Found, Observation, Pattern
from clearance.observe.reader import BytesReader
from clearance.observe.scan.manifests import Manifests
from clearance.observe.scan.package_agents import one_a_package
from clearance.observe.scan.python_packages import PythonPackages
from tests.builders import ANA
from tests.observe.scan.tools import CATALOG

AGENT = {"name": "tinker", "version": "1.2.0", "bin": {"tinker": "cli.js"}, "description": "A coding agent for you"}
METADATA = "Metadata-Version: 2.1\nName: Tinker_X\nVersion: 3.0\nSummary: A coding agent in your terminal\n\nText.\n"
SCRIPTS = "[console_scripts]\ntinker = tinker.main:main\n"


def says(
    path: str, content: object, names: tuple[str, ...], near: Mapping[str, object] | None = None, tag: str = ""
) -> list[Observation]:
    """What the probe says of a manifest with these neighbours."""

    def encoded(value: object) -> bytes:
        return value.encode() if isinstance(value, str) else json.dumps(value).encode()

    def beside(name: str) -> bytes:
        return encoded(near[name]) if near and name in near else b""

    pattern = Pattern("**/x", read=1 << 17, tag=tag)
    found = Found(path, pattern, BytesReader(encoded(content)), home=ANA, names=names, beside=beside)
    return list((PythonPackages() if tag else Manifests()).parse(found, CATALOG))


ROOT = "/home/ana/.npm-global/lib/node_modules/tinker"


def test_an_npm_package_with_its_program() -> None:
    (agent,) = says(f"{ROOT}/package.json", AGENT, ("package.json", "cli.js"))
    assert isinstance(agent, AgentTraits)
    assert (agent.path, agent.package, agent.name, agent.user) == (ROOT, ROOT, "npm:tinker@1.2.0", "ana")
    assert agent.traits == ("has a command", "says that it is an agent")


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ("package.json",)),
        ({"bin": None}, ("package.json", "cli.js")),
        ({"description": "A library for any coding agent"}, ("package.json", "cli.js")),
        ({"description": ["A coding agent for you"]}, ("package.json", "cli.js")),
        ({"name": "@anthropic-ai/sdk", "description": "A coding agent for you"}, ("package.json",)),
    ],
)
def test_what_is_none(changes: dict[str, object], names: tuple[str, ...]) -> None:
    assert says(f"{ROOT}/package.json", AGENT | changes, names) == []


def test_a_python_distribution_with_a_command() -> None:
    root = "/home/ana/.local/share/pipx/venvs/tinker/lib/python3.12/site-packages/tinker_x-3.0.dist-info"
    (agent,) = says(f"{root}/METADATA", METADATA, ("METADATA",), {"entry_points.txt": SCRIPTS}, tag="METADATA")
    assert isinstance(agent, AgentTraits)
    assert (agent.path, agent.name) == (root, "pypi:tinker-x@3.0")
    assert says(f"{root}/METADATA", METADATA, ("METADATA",), tag="METADATA") == []
    plugin = {"entry_points.txt": "[some.plugins]\nx = y\n"}
    assert says(f"{root}/METADATA", METADATA, ("METADATA",), plugin, tag="METADATA") == []


def test_what_a_project_asks_for_is_looked_up_in_its_node_modules() -> None:
    project = {"name": "shop", "dependencies": {"tinker": "1", "lodash": "4"}, "devDependencies": {"@s/two": "2"}}
    near = {
        "node_modules/tinker/package.json": AGENT,
        "node_modules/lodash/package.json": {"name": "lodash", "description": "Utilities"},
        "node_modules/@s/two/package.json": AGENT | {"name": "@s/two"},
        "node_modules/unasked/package.json": AGENT | {"name": "unasked"},
    }
    found = says("/home/ana/src/shop/package.json", project, ("package.json", "node_modules"), near)
    assert [one.path for one in found if isinstance(one, AgentTraits)] == [
        "/home/ana/src/shop/node_modules/tinker",
        "/home/ana/src/shop/node_modules/@s/two",
    ]
    assert says("/home/ana/src/shop/package.json", project, ("package.json",), near) == []


@pytest.mark.parametrize("name", ["../../../etc", "a/b", "..", ".hidden", "@s/../x", "x\n", "", "/etc"])
def test_names_that_are_none_are_not_looked_up(name: str) -> None:
    asked: list[str] = []

    def beside(path: str) -> bytes:
        asked.append(path)
        return b""

    data = json.dumps({"name": "shop", "dependencies": {name: "1"}}).encode()
    found = Found(
        "/p/package.json", Pattern("**/x", read=999), BytesReader(data), names=("node_modules",), beside=beside
    )
    assert list(Manifests().parse(found, CATALOG)) == []
    assert asked == []


@given(
    st.dictionaries(
        st.sampled_from(["dependencies", "devDependencies", "bin"]),
        st.none() | st.text() | st.lists(st.integers()) | st.dictionaries(st.text(), st.integers()),
    )
)
def test_any_project_never_fails(document: dict[str, object]) -> None:
    says("/p/package.json", {"name": "x"} | document, ("node_modules", "package.json"))


def agent(path: str, package: str = "", name: str = "", score: float = 0.8, user: str = "ana") -> AgentTraits:
    return AgentTraits(path, score, (path[-4:],), user, package=package or (path if name else ""), name=name)


def paths(*agents: AgentTraits, tools: tuple[str, ...] = ()) -> list[str]:
    return [one.path for one in one_a_package(agents, frozenset(tools))]


def test_files_of_such_a_package_are_one_entry_with_it() -> None:
    parts = (agent(f"{ROOT}/cli.js", ROOT, score=0.9), agent(f"{ROOT}/more.js", ROOT), agent("/home/ana/x.py"))
    entries = one_a_package([*parts, agent(ROOT, name="npm:tinker@1")], frozenset())
    assert [one.path for one in entries] == [ROOT, "/home/ana/x.py"]
    assert (entries[0].score, entries[0].traits) == (0.9, ("nker", "i.js", "e.js"))


def test_files_of_other_packages_stay_themselves() -> None:
    assert paths(agent(f"{ROOT}/b.js", ROOT), agent(f"{ROOT}/a.js", ROOT)) == [f"{ROOT}/a.js", f"{ROOT}/b.js"]


def test_nothing_of_an_installed_tool() -> None:
    inside = agent(f"{ROOT}/node_modules/y", name="npm:y@1")
    assert paths(agent(f"{ROOT}/cli.js", ROOT), inside, tools=(ROOT,)) == []


def test_a_copy_in_a_cache_is_what_was_installed_from_it() -> None:
    cached, tool = (
        "/home/ana/.cache/uv/archive-v0/q/x-1.dist-info",
        "/home/ana/.local/share/uv/tools/x/lib/x-1.dist-info",
    )
    part = agent("/home/ana/.cache/uv/archive-v0/q/x/a.py", cached)
    both = (agent(cached, name="pypi:x@1"), agent(tool, name="pypi:x@1"), part)
    assert paths(*both) == [tool]
    assert paths(both[0], part) == [cached]
    assert paths(both[0], agent(tool, name="pypi:x@2")) == [cached, tool]
    assert paths(both[0], agent(tool.replace("ana", "bo"), name="pypi:x@1", user="bo")) == [
        cached,
        tool.replace("ana", "bo"),
    ]


def test_several_paths_of_one_project_to_one_package() -> None:
    link, real = "/p/node_modules/x", "/p/node_modules/.pnpm/x@1/node_modules/x"
    assert paths(agent(real, name="npm:x@1"), agent(link, name="npm:x@1"), agent(f"{real}/a.js", real)) == [link]
    assert paths(agent(link, name="npm:x@1"), agent("/q/node_modules/x", name="npm:x@1")) == [link, "/q/node_modules/x"]
