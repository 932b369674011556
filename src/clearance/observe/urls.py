"""The host that a base URL names, without anything secret.

User names, passwords, paths and query strings of a URL may hold tokens: only scheme, host and port leave this module.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 4096

_URL = re.compile(
    r"""^(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,20})://)?
        (?:[^/?\#@\s]*@)?
        (?P<host>\[[0-9A-Fa-f:.%]+\]|[^/?\#:@\s]+)
        (?::(?P<port>\d{1,5}))?
        (?:[/?\#]|$)""",
    re.VERBOSE,
)


def host_of(url: str) -> str | None:
    """The lower-case host name of a URL or `host:port`, without port; None where the text names no host.

    A reference to a variable (`${GATEWAY}`) names none.
    """
    match = _URL.match(url.strip()[:LONGEST])
    if match is None:
        return None
    host = match["host"].strip("[]").rstrip(".").lower()
    plain = bool(re.fullmatch(r"[a-z0-9._:%-]+", host))
    named = "." in host or ":" in host or host == "localhost" or match["scheme"] is not None
    return host if plain and named else None


def redact(url: str) -> str:
    """`scheme://host:port` of a URL; `(not a URL)` where there is no host."""
    host = host_of(url)
    if host is None:
        return "(not a URL)"
    match = _URL.match(url.strip()[:LONGEST])
    assert match is not None
    scheme = f"{match['scheme'].lower()}://" if match["scheme"] else ""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}{shown}{':' + match['port'] if match['port'] else ''}"
