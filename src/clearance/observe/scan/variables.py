"""Environment variables of tools in shell start-up files, `.env` files and the environment of running processes.

Looked for: base-URL overrides, data switches and the presence of credentials. Only names that the catalog lists are
read; of a base URL the host is kept, of a credential nothing but its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from clearance.catalog.index import Catalog, values
from clearance.observe import variables
from clearance.observe.probe import Found, Observation, Pattern, SettingRead
from clearance.observe.scan.places import project_of, user_of
from clearance.observe.urls import redact

LIMIT: Final = 1 << 18

FILES: Final = (
    "~/.bashrc", "~/.bash_profile", "~/.bash_login", "~/.bash_aliases", "~/.profile", "~/.zshrc", "~/.zshenv",
    "~/.zprofile", "~/.zlogin", "~/.cshrc", "~/.tcshrc", "~/.kshrc", "~/.config/fish/config.fish",
    "~/.config/fish/conf.d/*.fish", "~/.config/environment.d/*.conf", "~/.pam_environment", "~/.xsessionrc",
    "~/.config/powershell/*.ps1", "~/Documents/PowerShell/*.ps1", "~/Documents/WindowsPowerShell/*.ps1",
    "~/.config/nushell/env.nu", "~/.env", "~/.envrc",
    "/etc/environment", "/etc/profile", "/etc/profile.d/*.sh", "/etc/bash.bashrc", "/etc/bashrc", "/etc/zsh/zshenv",
    "/etc/zsh/zshrc", "/etc/zshenv", "/etc/environment.d/*.conf", "/etc/security/pam_env.conf",
    "/etc/fish/config.fish", "/etc/launchd.conf",
)  # fmt: skip

PROJECT_FILES: Final = ("**/.env", "**/.env.*", "**/.envrc", "**/*.env")


TEMPLATES: Final = frozenset({"example", "sample", "template", "tmpl", "dist", "defaults", "schema", "test", "md"})
"""Endings of `.env` files that set nothing: they are there to be copied."""


class Meaning(Struct, frozen=True):
    """What a variable is to a tool."""

    tool: str
    what: str
    name: str


def meanings(catalog: Catalog) -> dict[str, tuple[Meaning, ...]]:
    """Every variable that the catalog lists, with what it is to which tools."""
    index: dict[str, list[Meaning]] = {}
    for tool in catalog.tools.values():
        for name in values(tool.surfaces.base_url_env):
            index.setdefault(name, []).append(Meaning(tool.id, "base-url", name))
        for name in values(tool.surfaces.credential_env):
            index.setdefault(name, []).append(Meaning(tool.id, "credential", name))
        for switch in tool.switches:
            for setter in switch.set:
                if setter.where == "env":
                    index.setdefault(setter.key, []).append(Meaning(tool.id, "switch", switch.name))
    return {name: tuple(dict.fromkeys(found)) for name, found in index.items()}


def reads(name: str, value: str, known: Mapping[str, tuple[Meaning, ...]], place: SettingRead) -> Iterator[SettingRead]:
    """What a variable with this value means, in the place that `place` describes. Secrets are dropped here."""
    for meaning in known.get(name, ()):
        if meaning.what == "base-url":
            # A switch such as USE_BEDROCK=1 stands in the same list; its value is no address and holds no secret.
            shown = value if value.lower() in ("1", "true", "yes", "on", "0", "false", "no", "off") else redact(value)
            yield _at(place, meaning, "base-url", shown, name)
        elif meaning.what == "credential":
            if value:
                yield _at(place, meaning, "credential", "", name)
        else:
            yield _at(place, meaning, "switch", value[:100], name)


def _at(place: SettingRead, meaning: Meaning, what: str, value: str, key: str) -> SettingRead:
    return SettingRead(
        tool=meaning.tool,
        what="switch" if what == "switch" else "credential" if what == "credential" else "base-url",
        name=meaning.name,
        value=value,
        scope=place.scope,
        path=place.path,
        key=key,
        user=place.user,
        line=place.line,
        folder=place.folder,
        pid=place.pid,
    )


class Variables:
    """Variables in files. What is in force is settled later, because a file is only one of the places that count."""

    name = "variables"

    def __init__(self) -> None:
        self._known: tuple[Catalog, dict[str, tuple[Meaning, ...]]] | None = None

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """Shell start-up files of every home and of the system, and `.env` files anywhere."""
        own = tuple(Pattern(glob, read=LIMIT, scope="managed" if glob.startswith("/") else "user") for glob in FILES)
        return own + tuple(Pattern(glob, read=LIMIT, scope="project") for glob in PROJECT_FILES)

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """A `SettingRead` for each assignment to a variable that the catalog lists."""
        if found.folder or found.path.rpartition(".")[2].lower() in TEMPLATES:
            return
        if self._known is None or self._known[0] is not catalog:
            self._known = (catalog, meanings(catalog))
        known = self._known[1]
        for assignment in variables.assignments(found.data(), known):
            place = SettingRead(
                tool="",
                what="base-url",
                name="",
                value="",
                scope="user" if found.pattern.scope == "managed" else found.pattern.scope,
                path=found.path,
                key="",
                user=user_of(found),
                line=assignment.line,
                folder=project_of(found) or "",
            )
            yield from reads(assignment.name, assignment.value, known, place)
