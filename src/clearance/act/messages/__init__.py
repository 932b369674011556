"""The sentences of a notice in the languages that people read, as data: one file a language, by its locale name."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

LANGUAGES: Final = ("en", "de", "es", "fr", "ja", "zh_CN")


@cache
def messages(language: str) -> dict[str, Any]:
    """The sentences of a language of `LANGUAGES`. All have the same keys."""
    text = Path(__file__).with_name(f"{language}.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
