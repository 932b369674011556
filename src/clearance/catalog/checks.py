"""What must hold in a catalog entry beyond its types. Pure.

Each check yields where in the document the problem lies (field names and positions) and what is wrong, in the words of
someone who will mend it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import structs

from clearance.model.terms import UNKNOWN
from clearance.model.tool import Fact, Identity, Location, Shared, Surfaces, Switch, Tool

Where = tuple[str | int, ...]
Problem = tuple[Where, str]

ECOSYSTEMS: Final = frozenset(
    (
        "npm", "pypi", "deb", "rpm", "snap", "flatpak", "brew", "cask", "winget", "conda", "cargo", "go", "docker",
        "gh", "app",
    )
)  # fmt: skip
EDITORS: Final = frozenset(("vscode", "jetbrains", "zed", "vim", "emacs", "chrome", "firefox"))
COUNTRIES: Final = frozenset(
    re.findall(
        "[A-Z]{2}",
        """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
        BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK
        FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
        IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK
        ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
        PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
        TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW""",
    )
)
"""ISO 3166-1 alpha-2."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PATH = re.compile(r"(~|\.)?/[^\\<>|\"$%\x00-\x1f]*")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9*]([a-z0-9*-]*[a-z0-9*])?(\.[a-z0-9*]([a-z0-9*-]*[a-z0-9*])?)*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REGION = re.compile(r"[a-z]+(-[a-z0-9]+)*")
_NAMED: Final = {"packages": ECOSYSTEMS, "libraries": ECOSYSTEMS, "carriers": ECOSYSTEMS, "extensions": EDITORS}


def tool_problems(tool: Tool) -> Iterator[Problem]:
    """Everything that is wrong with one entry."""
    if not _ID.fullmatch(tool.id):
        yield ("id",), "an id is made of small letters, digits and single hyphens"
    if not tool.kind.value:
        yield ("kind", "value"), "a tool is of at least one kind"
    country = tool.vendor.value.country
    if country != UNKNOWN and country not in COUNTRIES:
        yield ("vendor", "value", "country"), f'"{country}" is no ISO 3166-1 alpha-2 code, nor "unknown"'
    for at, region in enumerate(tool.data.residency.value):
        if not _REGION.fullmatch(region):
            yield ("data", "residency", "value", at), f'"{region}" is no region code'
    for where, fact in _facts(tool):
        if not fact.source and fact.value not in (UNKNOWN, (UNKNOWN,), ()):
            yield where, "a known value needs a source"
        if fact.indirect and not fact.third_party:
            yield where, "what was read only through third parties is third_party too"
    for at, incident in enumerate(tool.data.incidents):
        if not incident.source:
            yield ("data", "incidents", at), "an incident needs a source"
    for where, problem in _surface_problems(tool.surfaces):
        yield ("surfaces", *where), problem
    for where, problem in _switch_problems(tool.switches):
        yield ("switches", *where), problem
    if tool.identity is not None:
        for where, problem in _identity_problems(tool.identity):
            yield ("identity", *where), problem


def shared_problems(shared: Shared) -> Iterator[Problem]:
    """Everything that is wrong with what the tools share."""
    for name, fact in _named_facts(shared):
        if not fact.source:
            yield (name,), "a known value needs a source"
        for at, value in enumerate(fact.value):
            for problem in _value_problems(name, value):
                yield (name, "value", at), problem


def catalog_problems(tools: Iterable[Tool], shared: Shared) -> Iterator[tuple[str, Where, str]]:
    """What is wrong between entries: (tool's id, where, what). Names that must be one tool's alone are used twice."""
    entries = sorted(tools, key=lambda tool: tool.id)
    names: dict[str, str] = {}
    for tool in entries:
        for name in (tool.id, *tool.aliases):
            owner = names.setdefault(name.lower(), tool.id)
            if owner != tool.id:
                yield tool.id, ("aliases",), f'"{name}" already names {owner}'
    for surface in ("packages", "extensions", "libraries"):
        owners: dict[str, str] = {}
        for tool in entries:
            for at, name in enumerate(_values(tool.surfaces, surface)):
                owner = owners.setdefault(name.lower(), tool.id)
                if owner != tool.id:
                    yield tool.id, ("surfaces", surface, "value", at), f'"{name}" is already one of {owner}'
    for tool in entries:
        for surface, common in (("instructions", shared.instructions.value), ("hosts", shared.relay_hosts.value)):
            for at, name in enumerate(_values(tool.surfaces, surface)):
                if name in common and "relay" not in tool.kind.value:
                    yield tool.id, ("surfaces", surface, "value", at), f'"{name}" is shared by several tools'


def _values(surfaces: Surfaces, name: str) -> tuple[str, ...]:
    fact = getattr(surfaces, name)
    return fact.value if fact else ()


def _facts(tool: Tool) -> Iterator[tuple[Where, Fact[Any]]]:
    for owner, holder in (((), tool), (("data",), tool.data), (("surfaces",), tool.surfaces)):
        for name, fact in _named_facts(holder):
            yield (*owner, name), fact
    for at, switch in enumerate(tool.switches):
        yield ("switches", at), Fact(switch.name, switch.checked, switch.source)
    if tool.identity is not None:
        yield ("identity",), Fact(tool.identity.markers, tool.identity.checked, tool.identity.source)


def _named_facts(holder: Any) -> Iterator[tuple[str, Fact[Any]]]:
    for name, value in structs.asdict(holder).items():
        if isinstance(value, Fact):
            yield name, value


def _surface_problems(surfaces: Surfaces) -> Iterator[Problem]:
    libraries = _values(surfaces, "libraries")
    for at, name in enumerate(_values(surfaces, "carriers")):
        if name not in libraries:
            yield ("carriers", "value", at), f'"{name}" is not among the libraries'
    for name, fact in _named_facts(surfaces):
        for at, value in enumerate(fact.value):
            for problem in _value_problems(name, value):
                yield (name, "value", at), problem


def _value_problems(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Location):
        yield from _path_problems(value.path)
    elif isinstance(value, int):
        if not 0 < value < 65536:
            yield f"{value} is no port"
    elif not value.strip():
        yield "an empty text says nothing"
    elif name in ("installs", "instructions", "residue"):
        yield from _path_problems(value)
    elif name in _NAMED:
        yield from _prefixed_problems(value, _NAMED[name])
    elif name.endswith("hosts"):
        if not _HOST.fullmatch(value):
            yield f'"{value}" is no host name: small letters, without scheme, port and path'
    elif name.endswith("_env") and not _VARIABLE.fullmatch(value):
        yield f'"{value}" is no name of a variable'


def _path_problems(path: str) -> Iterator[str]:
    if not _PATH.fullmatch(path) or ".." in path.split("/") or "//" in path:
        yield f'"{path}" does not begin with ~/, / or ./, or is no plain path'


def _prefixed_problems(value: str, prefixes: frozenset[str]) -> Iterator[str]:
    prefix, colon, name = value.partition(":")
    if not colon or not name or prefix not in prefixes:
        yield f'"{value}" does not begin with one of {", ".join(sorted(prefixes))} and a colon'


def _switch_problems(switches: tuple[Switch, ...]) -> Iterator[Problem]:
    names: set[str] = set()
    for at, switch in enumerate(switches):
        if switch.name in names:
            yield (at, "name"), f'"{switch.name}" stands here twice'
        names.add(switch.name)
        for position, setter in enumerate(switch.set):
            here = (at, "set", position)
            if setter.where == "env":
                if not _VARIABLE.fullmatch(setter.key):
                    yield (*here, "key"), f'"{setter.key}" is no name of a variable'
            else:
                for problem in _path_problems(setter.where):
                    yield (*here, "where"), problem
                if not setter.key:
                    yield here, "a setting in a file needs its key"


def _identity_problems(identity: Identity) -> Iterator[Problem]:
    if not identity.markers:
        yield ("markers",), "an identity without a marker tells nothing"
    for at, marker in enumerate(identity.markers):
        here = ("markers", at)
        if not 1 <= marker.least <= len(set(marker.any)):
            yield here, f"{marker.least} of {len(set(marker.any))} different strings can never or always be found"
        for position, text in enumerate(marker.any):
            if len(text.strip("^$*")) < 3:
                yield (*here, "any", position), "a string of fewer than three characters is everywhere"
    for at, version in enumerate(identity.versions):
        for problem in _regex_problems(version.pattern):
            yield ("versions", at, "pattern"), problem


def _regex_problems(pattern: str) -> Iterator[str]:
    try:
        compiled = re.compile(pattern.encode())
    except (re.error, RecursionError, OverflowError) as error:
        yield f"not a regular expression: {error}"
        return
    if compiled.groups != 1:
        yield f"the expression has {compiled.groups} groups instead of one, which is the version"
    if compiled.match(b""):
        yield "the expression matches the empty text"


def by_tool(problems: Iterable[tuple[str, Where, str]]) -> Mapping[str, tuple[Problem, ...]]:
    """Problems between entries, by the id of the entry that they are reported at."""
    found: dict[str, tuple[Problem, ...]] = {}
    for tool, where, what in problems:
        found[tool] = (*found.get(tool, ()), (where, what))
    return found
