"""Self-contained pages: a template and a style sheet become one HTML text that loads nothing and runs no script.

Guarantees: every value is escaped for HTML, and characters that would not show (controls, bidirectional overrides,
zero-width ones) are written visibly; the style sheet is allowed by its hash and nothing else is allowed at all
(`default-src 'none'`).
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from clearance.prove.formats.escape import plain

LONGEST: Final = 2000


class Trusted(Markup):
    """Text of this program's own that is written as it is: a style sheet."""


def page(name: str, extra_style: str, **values: Any) -> str:
    """The page `pages/NAME.html` with the style `pages/NAME.css` and what is added to it.

    `extra_style` must hold nothing that came from a scanned host.
    """
    style = _packaged(f"{name}.css") + extra_style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = _environment().get_template(f"{name}.html")
    return template.render(style=Trusted(style), style_hash=f"sha256-{digest}", **values)


@lru_cache
def _packaged(name: str) -> str:
    return (resources.files("clearance.prove.formats") / "pages" / name).read_text("utf-8")


@lru_cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_packaged),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: Any) -> Any:
    """What an expression of a template is written as; a macro's output has gone through here already."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return plain(value, limit=LONGEST)
    return value
