from __future__ import annotations

import re

import pytest

from clearance.act.messages import LANGUAGES, messages


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same(language: str) -> None:
    english, said = messages("en"), messages(language)
    assert list(said) == list(english)
    assert len(said["months"]) == 12
    for key in english:
        if key != "months":
            assert said[key]
            assert set(re.findall(r"\{(\w+)\}", said[key])) == set(re.findall(r"\{(\w+)\}", english[key])), key
