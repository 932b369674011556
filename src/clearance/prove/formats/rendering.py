"""What an output format is, and what it may be told. A format looks nothing up: it is a pure function.

Guarantees that every format of this program gives: the same input gives the same text, byte for byte; the text is valid
Unicode; nothing that a scanned host wrote can control a terminal or run in a page.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

GroupBy = Literal["decision", "tool", "user"]
"""One block a tool: the strongest decision first, or by name, or once for each user."""


class RenderOptions(Struct, frozen=True):
    """How to show a result.

    `width` is in terminal cells. `home_prefixes` are (user, path of the home) and make paths below them print as
    `~/…`. `verbose` shows all of what is otherwise counted. `privileged`: the scan ran with all rights, so that
    advice to run as root would help nobody.
    """

    group_by: GroupBy = "decision"
    colour: bool = False
    width: int = 100
    home_prefixes: tuple[tuple[str, str], ...] = ()
    verbose: bool = False
    privileged: bool = False


class Format(Struct, frozen=True):
    """An entry of a registry of formats. `module` has `render(document, options) -> str` and is imported when used."""

    name: str
    module: str
    help: str
