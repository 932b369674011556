"""Plug-ins of Vim and Neovim, and what Mason installs for them.

A plug-in has no id of its own: it is known by the repository that its checkout names as origin (`owner/name`). Where
the checkout's `.git` is gone, its folder's name and its layout leave a weak sighting.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.model.tool import Tool
from clearance.observe import documents
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import package, sighting, text

FOLDERS: Final = (
    "~/.local/share/nvim/lazy",
    "~/.local/share/nvim/plugged",
    "~/.local/share/nvim/site/pack/*/start",
    "~/.local/share/nvim/site/pack/*/opt",
    "~/.config/nvim/pack/*/start",
    "~/.config/nvim/pack/*/opt",
    "~/.config/nvim/plugged",
    "~/.vim/pack/*/start",
    "~/.vim/pack/*/opt",
    "~/.vim/plugged",
    "~/.vim/bundle",
    "~/.cache/dein/repos/github.com/*",
    "~/AppData/Local/nvim-data/lazy",
    "~/AppData/Local/nvim-data/plugged",
    "~/AppData/Local/nvim-data/site/pack/*/start",
    "~/vimfiles/pack/*/start",
    "~/vimfiles/plugged",
    "/usr/share/nvim/site/pack/*/start",
    "/usr/share/vim/vimfiles/pack/*/start",
    "**/pack/*/start",
    "**/pack/*/opt",
)
RECEIPTS: Final = (
    "~/.local/share/nvim/mason/packages/*/mason-receipt.json",
    "~/AppData/Local/nvim-data/mason/packages/*/mason-receipt.json",
)
CONFIG_LIMIT: Final = 1 << 16
LAYOUT: Final = frozenset(("plugin", "autoload", "lua", "ftplugin"))

_ORIGIN = re.compile(rb"^[ \t]*url[ \t]*=[ \t]*(\S{1,1000})[ \t]*\r?$", re.MULTILINE)
_OWNER = re.compile(r"[/:]([A-Za-z0-9][A-Za-z0-9-]{0,60})/([A-Za-z0-9._-]{1,100}?)(?:\.git)?/?$")
_PURL = re.compile(r"^pkg:(npm|pypi|cargo|github|golang)/([^@?#]+(?:%40)?[^@?#]*)@?([^?#]*)")


class VimPlugins:
    """`surface: editor-extension`, of Vim and Neovim; `package` for what Mason installs."""

    name = "vim-plugins"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The plug-in folders of the usual managers, and Mason's receipts."""
        return (
            *(Pattern(f"{folder}/*/.git/config", read=CONFIG_LIMIT, tag="origin") for folder in FOLDERS),
            *(Pattern(f"{folder}/*", folder=True, tag="folder") for folder in FOLDERS if folder[0] != "*"),
            *(Pattern(receipt, read=CONFIG_LIMIT, tag="mason") for receipt in RECEIPTS),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """At most one sighting."""
        if found.pattern.tag == "mason":
            return _mason(found, catalog)
        return (_checkout if found.pattern.tag == "origin" else _folder)(found, catalog)


def origins(config: bytes) -> list[str]:
    """`owner/name` of the remotes in a git configuration, lower-case. What else their addresses hold is not kept."""
    found = []
    for address in _ORIGIN.findall(config):
        match = _OWNER.search(address.decode("utf-8", "replace"))
        if match:
            found.append(f"{match[1]}/{match[2]}".lower())
    return found


def _checkout(found: Found, catalog: Catalog) -> Iterator[Observation]:
    for origin in origins(found.data()):
        tool = catalog.by_extension.get(f"vim:{origin}")
        if tool:
            path = posixpath.dirname(posixpath.dirname(found.path))
            yield sighting(found, tool, "editor-extension", path, "strong", (Evidence("git-origin", origin),))
            return


def _folder(found: Found, catalog: Catalog) -> Iterator[Observation]:
    tool = _folders(catalog).get(posixpath.basename(found.path).lower())
    if tool and not LAYOUT.isdisjoint(found.names):
        evidence = (Evidence("plug-in folder", posixpath.basename(found.path)),)
        yield sighting(found, tool, "editor-extension", found.path, "weak", evidence)


def _mason(found: Found, catalog: Catalog) -> Iterator[Observation]:
    try:
        receipt = documents.parse(found.data(), "json")
    except ValueError as error:
        yield Skipped(VimPlugins.name, found.path, str(error), matters=False)
        return
    source = receipt.get("source") or receipt.get("primary_source") if isinstance(receipt, dict) else None
    match = _PURL.match(text(source.get("id"))) if isinstance(source, dict) else None
    if match:
        name, version = unquote(match[2]), match[3]
        tool = package(catalog, match[1], name)
        if tool:
            evidence = (Evidence("mason-receipt", f"{match[1]}:{name} {version}"[:200]),)
            path = posixpath.dirname(found.path)
            yield sighting(found, tool, "package", path, "strong", evidence, version=version)


@lru_cache(maxsize=8)
def _folders(catalog: Catalog) -> dict[str, Tool]:
    """The tools by the folder that a checkout of their plug-in gets."""
    prefix = "vim:"
    return {key.rpartition("/")[2]: tool for key, tool in catalog.by_extension.items() if key.startswith(prefix)}
