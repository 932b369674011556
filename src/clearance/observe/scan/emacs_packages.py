"""Packages of Emacs: those of its own package manager, and checkouts of straight and elpaca."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import sighting
from clearance.observe.scan.vim_plugins import origins

HOMES: Final = ("~/.emacs.d", "~/.config/emacs", "~/.config/emacs/.local", "~/AppData/Roaming/.emacs.d")
CHECKOUTS: Final = ("straight/repos/*", "elpaca/repos/*", "elpaca/sources/*", "site-lisp/*", "lisp/*")
LIMIT: Final = 1 << 16

_DEFINED = re.compile(rb'\(define-package\s+"([^"]{1,200})"\s+"([^"]{1,100})"')


class EmacsPackages:
    """`surface: editor-extension`, of Emacs."""

    name = "emacs-packages"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The package folders of every place that Emacs reads."""
        return (
            *(Pattern(f"{home}/elpa/*/*-pkg.el", read=LIMIT, tag="elpa") for home in HOMES),
            Pattern("/usr/share/emacs/site-lisp/elpa/*/*-pkg.el", read=LIMIT, tag="elpa"),
            *(
                Pattern(f"{home}/{checkout}/.git/config", read=LIMIT, tag="origin")
                for home in HOMES
                for checkout in CHECKOUTS
            ),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """At most one sighting."""
        return (_defined if found.pattern.tag == "elpa" else _checkout)(found, catalog)


def _defined(found: Found, catalog: Catalog) -> Iterator[Observation]:
    match = _DEFINED.search(found.data())
    if match is None:
        return
    name, version = match[1].decode("utf-8", "replace"), match[2].decode("utf-8", "replace")
    tool = catalog.by_extension.get(f"emacs:{name.lower()}")
    if tool:
        evidence = (Evidence("define-package", f"{name} {version}"[:200]),)
        path = posixpath.dirname(found.path)
        yield sighting(found, tool, "editor-extension", path, "strong", evidence, version=version)


def _checkout(found: Found, catalog: Catalog) -> Iterator[Observation]:
    for origin in origins(found.data()):
        name = origin.rpartition("/")[2].removesuffix(".el")
        tool = catalog.by_extension.get(f"emacs:{origin}") or catalog.by_extension.get(f"emacs:{name}")
        if tool:
            path = posixpath.dirname(posixpath.dirname(found.path))
            yield sighting(found, tool, "editor-extension", path, "strong", (Evidence("git-origin", origin),))
            return
