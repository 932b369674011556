"""From what a package says about itself to a sighting: the rules that package, application and plug-in probes share.

A claim by an id that only one publisher can hold in its registry (`npm:NAME`, an extension id) names its tool. A plain
name (`goose`, `amp`) never does: `named` asks for a second, independent sign of the vendor beside it. Texts from
foreign files are kept as they are but cut to `LONGEST`; whoever prints them escapes them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from clearance.catalog.index import Catalog, values
from clearance.model.sighting import Evidence, Sighting
from clearance.model.terms import Confidence, Surface
from clearance.model.tool import Tool
from clearance.observe.probe import Found, sighting_id
from clearance.observe.scan.places import user_of

LONGEST: Final = 200

COMMON_WORDS: Final = frozenset(
    ("agentic", "ai", "all", "app", "apps", "cloud", "co", "code", "company", "corp", "corporation", "data",
     "dev", "foundation", "gmbh", "group", "inc", "labs", "limited", "llc", "ltd", "open", "project", "research",
     "software", "studio", "studios", "systems", "tech", "technologies", "technology", "the", "tools")
)  # fmt: skip
"""Words of company names that name nobody."""

SHARED_DOMAINS: Final = frozenset(
    ("aliyuncs.com", "amazonaws.com", "azure.com", "azurewebsites.net", "cloudflare.com", "github.com", "github.io",
     "githubusercontent.com", "gitlab.com", "googleapis.com", "herokuapp.com", "huggingface.co", "pages.dev",
     "run.app", "vercel.app", "windows.net", "workers.dev")
)  # fmt: skip
"""Domains below which many publishers live."""

_WORD = re.compile(r"[a-z0-9]+")
_DOTTED = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_SHARED = re.compile(r"(?<![a-z0-9-])(?:" + "|".join(map(re.escape, sorted(SHARED_DOMAINS))) + r")(?![a-z0-9-])")
_LOGIN = re.compile(r"://[^/@\s]*@")
_QUERY = re.compile(r"(?<=\S)[?#](?=\S*=)\S*")
_APPLICATION = re.compile(r"(?i)\.(app|exe|desktop)$")


def text(value: object) -> str:
    """A text of a foreign file, cut to `LONGEST`; empty for what is no text."""
    return value[:LONGEST] if isinstance(value, str) else ""


def sighting(
    found: Found, tool: Tool, surface: Surface, path: str, confidence: Confidence, evidence: Iterable[Evidence],
    *, version: str = "", repository: str | None = None, extra: str = "",
) -> Sighting:  # fmt: skip
    """The sighting of a tool at `path` that the file `found` gives. Its user is the home's; none outside homes."""
    user = user_of(found)
    return Sighting(
        id=sighting_id(tool.id, surface, path, user, extra),
        tool=tool.id,
        name=tool.name,
        surface=surface,
        path=path,
        confidence=confidence,
        version=text(version) or None,
        user=user,
        repository=repository,
        evidence=(*evidence, *owner(found)),
    )


def owner(found: Found) -> tuple[Evidence, ...]:
    """Whose file it is, where the place does not say: outside every home, and not root's."""
    return (Evidence("owner", f"uid {found.uid}"),) if found.home is None and found.uid else ()


def package(catalog: Catalog, ecosystem: str, name: str) -> Tool | None:
    """The tool that is published under this name in this ecosystem; None for libraries and all others."""
    return _packages(catalog).get((ecosystem, plain_package(ecosystem, name)))


def plain_package(ecosystem: str, name: str) -> str:
    """A package name as its ecosystem compares it: PEP 503 for PyPI, without case where case means nothing."""
    if ecosystem == "pypi":
        return re.sub(r"[-_.]+", "-", name).lower()
    return name.lower() if ecosystem in ("winget", "brew", "cask", "conda", "deb", "app") else name


def fits(tool: Tool, programs: Iterable[str]) -> tuple[str, ...]:
    """Those of the programs that a package installs which the catalog knows as the tool's."""
    known = {_plain(name) for name in values(tool.surfaces.binaries)}
    return tuple(sorted({name for name in programs if _plain(name) in known}))


def beside(found: Found, target: str) -> bool:
    """True where the first part of a relative path lies in the folder of `found`."""
    first = posixpath.normpath(target.replace("\\", "/")).lstrip("/").partition("/")[0]
    return first in found.names


def named(catalog: Catalog, name: str, signs: Sequence[str], *, application: bool = False) -> tuple[Tool, str] | None:
    """The one tool of this name whose vendor one of `signs` (home page, author, bundle id, …) shows, and that sign.

    Where a vendor gives two tools one name, the one that is (or is not) an `application` of a desktop counts.
    """
    found = [(tool, sign) for tool in called(catalog, name) if (sign := vendor_sign(tool, signs))]
    if len(found) > 1:
        found = [(tool, sign) for tool, sign in found if is_application(tool, name) is application]
    return found[0] if len(found) == 1 else None


def called(catalog: Catalog, name: str) -> tuple[Tool, ...]:
    """The tools that go by this name. A name alone decides nothing."""
    return _by_name(catalog).get(_plain(name), ())


def is_application(tool: Tool, name: str) -> bool:
    """True where the catalog knows an application bundle or Windows program of this name."""
    wanted = _plain(name)
    return any(_plain(one) == wanted and _APPLICATION.search(one) for one in values(tool.surfaces.binaries))


def vendor_sign(tool: Tool, signs: Iterable[str]) -> str:
    """The first sign that names the tool's vendor or a domain of the tool; empty where none does."""
    names, domains = _vendor_names(tool), _domains(tool)
    for sign in signs:
        lowered = sign[:4096].lower()
        said = f" {' '.join(_WORD.findall(_SHARED.sub(' ', lowered)))} "
        if any(f" {name} " in said for name in names) or any(_names_domain(lowered, domain) for domain in domains):
            return public(sign)
    return ""


def public(value: str) -> str:
    """A text without the user names, passwords and queries of addresses in it, which may be secrets; cut."""
    return text(_QUERY.sub("", _LOGIN.sub("://", value[:4096])))


def _names_domain(lowered: str, domain: str) -> bool:
    """True where the text has the domain or a name below it, either way round (bundle ids begin with the top)."""
    backwards = ".".join(reversed(domain.split("."))) + "."
    return any(
        host == domain or host.endswith("." + domain) or f"{host}.".startswith(backwards)
        for host in _DOTTED.findall(lowered)
    )


def _plain(name: str) -> str:
    """A name without case, spaces and the ending of an application."""
    return _APPLICATION.sub("", name.strip().lower()).replace(" ", "-").replace("_", "-")


def _vendor_names(tool: Tool) -> frozenset[str]:
    """How the vendor shows in a text: the whole name, as words or as one, or its first word if that is no common one.

    A word by which the tool itself goes says nothing about the vendor.
    """
    words = _WORD.findall(tool.vendor.value.name.lower())
    names = {" ".join(words), "".join(words), *words[:1]}
    own = {_plain(tool.name), *(_plain(name) for name in values(tool.surfaces.binaries)), "unknown"}
    return frozenset(name for name in names - own - COMMON_WORDS if len(name) > 2)


def _domains(tool: Tool) -> frozenset[str]:
    """The registrable part, roughly, of the hosts that belong to the tool or its vendor."""
    domains = set()
    for host in values(tool.surfaces.hosts):
        labels = host.lower().split(":")[0].strip("*.").split(".")
        keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in ("co", "com", "net", "org") else 2
        domain = ".".join(labels[-keep:])
        if len(labels) > 1 and domain not in SHARED_DOMAINS and not labels[-1].isdigit():
            domains.add(domain)
    return frozenset(domains)


@lru_cache(maxsize=8)
def _packages(catalog: Catalog) -> dict[tuple[str, str], Tool]:
    pairs = ((*key.partition(":")[::2], tool) for key, tool in catalog.by_package.items())
    return {(ecosystem, plain_package(ecosystem, name)): tool for ecosystem, name, tool in pairs}


@lru_cache(maxsize=8)
def _by_name(catalog: Catalog) -> dict[str, tuple[Tool, ...]]:
    index: dict[str, tuple[Tool, ...]] = {}
    for tool in catalog.tools.values():
        names = {tool.id, _plain(tool.name), *map(_plain, tool.aliases), *map(_plain, values(tool.surfaces.binaries))}
        for name in names:
            index[name] = (*index.get(name, ()), tool)
    return index
