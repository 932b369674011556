"""Packages that say of themselves that they are an agent, and that no catalog entry knows: one entry for each.

Files of a large package each show a part of an agent only. What the package's manifest says, and that a command of it
lies there, shows the whole. Installed packages are found wherever the walk comes to their manifests; a project's are
also found through what the project asks for, since a bounded walk does not go into its `node_modules`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec

from clearance.catalog.index import Catalog, values
from clearance.observe.identity import manifests
from clearance.observe.identity.types import REPORTING_THRESHOLD, Traits
from clearance.observe.probe import AgentTraits, Found
from clearance.observe.scan.claims import beside, package, plain_package, text
from clearance.observe.scan.places import user_of

CACHE: Final = re.compile(r"/uv/(?:cache/)?archive-v\d+/|/install/cache/|/yarn/v\d+/npm-|/Yarn/Cache/v\d+/npm-")
"""Where package managers keep what they installed elsewhere."""

CACHED: Final = "cache"
MARK: Final = b"\xef\xbb\xbf"
MOST_ASKED_FOR: Final = 1000
"""Packages that a project asks for, of which the manifests are looked up."""

_NAME: Final = re.compile(r"(?:@[a-z0-9~._-]{1,100}/)?[a-zA-Z0-9~_-][a-zA-Z0-9~._-]{0,213}")
_ASKED: Final = ("dependencies", "devDependencies", "optionalDependencies")


def of_node(
    found: Found, name: str, version: str, description: object, programs: Iterable[str], catalog: Catalog
) -> Iterator[AgentTraits]:
    """What a `package.json` says: at most one agent, where a program that it declares lies beside it."""
    if not isinstance(description, str) or not manifests.claims(description):
        return
    if any(beside(found, program) for program in programs):
        yield from _agent(
            found, posixpath.dirname(found.path), ("npm", name, version), manifests.npm(found.data()), catalog
        )


def of_python(found: Found, root: str, name: str, version: str, catalog: Catalog) -> Iterator[AgentTraits]:
    """What a distribution's `METADATA` and its entry points say: at most one agent."""
    metadata = found.data()
    if manifests.claims(manifests.summary(metadata)):
        traits = manifests.python(metadata, found.beside("entry_points.txt"))
        yield from _agent(found, root, ("pypi", name, version), traits, catalog)


def asked_for(found: Found, catalog: Catalog) -> Iterator[AgentTraits]:
    """The agents among the packages that a project's `package.json` asks for and that lie in its `node_modules`."""
    project = posixpath.dirname(found.path)
    try:
        asked = msgspec.json.decode(found.data().removeprefix(MARK), type=dict[str, Any])
    except (ValueError, RecursionError):
        return
    wanted = [name for key in _ASKED for name in _names(asked.get(key))]
    for folder in list(dict.fromkeys(wanted))[:MOST_ASKED_FOR]:
        manifest = found.beside(f"node_modules/{folder}/package.json")
        try:
            says = msgspec.json.decode(manifest, type=dict[str, Any])
        except (ValueError, RecursionError):
            continue
        name, description = says.get("name"), says.get("description")
        if isinstance(name, str) and isinstance(description, str) and manifests.claims(description):
            about = ("npm", name, text(says.get("version")))
            root = f"{project}/node_modules/{folder}"
            yield from _agent(found, root, about, manifests.npm(manifest), catalog)


def one_a_package(agents: Iterable[AgentTraits], tools: frozenset[str]) -> tuple[AgentTraits, ...]:
    """The agents by path: none of an installed tool, and of a package that says it is one a single entry.

    `tools` are the folders of the packages of known tools. A copy in a cache is the installed package where there is
    one, and so is a package that several paths of one project lead to.
    """
    files: dict[str, list[AgentTraits]] = {}
    packages: dict[tuple[str | None, str, str], list[AgentTraits]] = {}
    for agent in sorted(agents, key=lambda one: (len(one.path), one.path)):
        if agent.package in tools or (agent.name and _inside(agent.path, tools)):
            continue
        if agent.name:
            packages.setdefault((agent.user, agent.name, _installation(agent.path)), []).append(agent)
        else:
            files.setdefault(agent.package, []).append(agent)
    installed = {(user, name) for user, name, where in packages if where != CACHED}
    shown: list[AgentTraits] = []
    for (user, name, where), same in packages.items():
        parts = [file for one in same for file in files.pop(one.path, [])]
        if where != CACHED or (user, name) not in installed:
            shown.append(_joined([same[0], *parts]))
    shown += [file for alone in files.values() for file in alone]
    return tuple(sorted(shown, key=lambda one: one.path))


def _joined(parts: list[AgentTraits]) -> AgentTraits:
    """A package with what its files show."""
    traits = tuple(dict.fromkeys(trait for one in parts for trait in one.traits))
    return msgspec.structs.replace(parts[0], score=max(one.score for one in parts), traits=traits)


def _agent(
    found: Found, root: str, about: tuple[str, str, str], traits: Traits | None, catalog: Catalog
) -> Iterator[AgentTraits]:
    ecosystem, name, version = about
    if traits is None or traits.score < REPORTING_THRESHOLD or package(catalog, ecosystem, name) is not None:
        return
    if plain_package(ecosystem, name) in _libraries(catalog, ecosystem):
        return
    called = f"{ecosystem}:{text(plain_package(ecosystem, name))}@{version}"
    yield AgentTraits(root, traits.score, traits.traits, user_of(found), package=root, name=called)


def _installation(path: str) -> str:
    """What tells two installations of one package apart: the project or prefix, else the folder itself."""
    if CACHE.search(f"{path}/"):
        return CACHED
    return path.partition("/node_modules/")[0] if "/node_modules/" in path else path


def _inside(path: str, folders: frozenset[str]) -> bool:
    while path := path.rpartition("/")[0]:
        if path in folders:
            return True
    return False


def _names(asked: object) -> list[str]:
    return [name for name in asked if _NAME.fullmatch(name)] if isinstance(asked, dict) else []


@lru_cache(maxsize=8)
def _libraries(catalog: Catalog, ecosystem: str) -> frozenset[str]:
    """What the catalog knows as libraries of vendors: they carry a tool's words, and are none."""
    listed = [library for tool in catalog.tools.values() for library in values(tool.surfaces.libraries)]
    pairs = (library.partition(":")[::2] for library in listed)
    return frozenset(plain_package(ecosystem, name) for kind, name in pairs if kind == ecosystem)
