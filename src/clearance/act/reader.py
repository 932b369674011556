"""In which language and which characters somebody reads, as the locale variables of their own process say. Pure.

Nothing else is asked: no name, place, keyboard or time zone. POSIX: `LC_ALL` wins over `LC_MESSAGES` (language) and
`LC_CTYPE` (characters), these over `LANG`; an empty variable is as one that is not set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from clearance.act.messages import LANGUAGES

CODECS: Final = {
    "utf8": "utf-8", "iso88591": "iso8859-1", "iso885915": "iso8859-15", "iso88592": "iso8859-2", "cp1252": "cp1252",
    "eucjp": "euc_jp", "ujis": "euc_jp", "gb18030": "gb18030", "gbk": "gbk", "gb2312": "gb2312", "euccn": "gb2312",
}  # fmt: skip
"""Character sets of which every byte below 128 is ASCII and no sequence changes a state. Others are read as ASCII."""

_LOCALE: Final = re.compile(
    r"([A-Za-z]{2,3})(?:[_-]([A-Za-z]{2,4}))?(?:[_-][A-Za-z0-9]+)*(?:\.([A-Za-z0-9_-]+))?(?:@\w+)?"
)
_SIMPLIFIED: Final = frozenset({"", "CN", "SG", "HANS"})


class Reader(Struct, frozen=True):
    """Who reads: the language (of `LANGUAGES`) and the character set (a codec's name; `ascii` where unknown)."""

    language: str = "en"
    encoding: str = "ascii"

    @property
    def unicode(self) -> bool:
        """Whether every character can be shown."""
        return self.encoding == "utf-8"


def reader(environment: Mapping[str, str]) -> Reader:
    """The reader whose process has this environment."""
    language, _ = _parts(_first(environment, "LC_ALL", "LC_MESSAGES", "LANG"))
    _, encoding = _parts(_first(environment, "LC_ALL", "LC_CTYPE", "LANG"))
    if encoding != "utf-8" and not _writable(language, encoding):
        language = "en"
    return Reader(language, encoding)


def _first(environment: Mapping[str, str], *names: str) -> str:
    return next((value for name in names if (value := environment.get(name, ""))), "")


def _parts(locale: str) -> tuple[str, str]:
    match = _LOCALE.fullmatch(locale)
    if match is None:
        return "en", CODECS.get(_bare(locale.rpartition(".")[2]), "ascii") if "." in locale else "ascii"
    language, region = match[1].lower(), (match[2] or "").upper()
    if language == "zh":
        language = "zh_CN" if region in _SIMPLIFIED else "en"
    return language if language in LANGUAGES else "en", CODECS.get(_bare(match[3] or ""), "ascii")


def _bare(codeset: str) -> str:
    return re.sub(r"[^a-z0-9]", "", codeset.lower())


def _writable(language: str, encoding: str) -> bool:
    return {
        "de": encoding.startswith(("iso8859", "cp1252")),
        "es": encoding in ("iso8859-1", "iso8859-15", "cp1252"),
        "fr": encoding == "cp1252",
        "ja": encoding == "euc_jp",
        "zh_CN": encoding.startswith("gb"),
    }.get(language, False)
