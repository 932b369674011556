from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.act.messages import LANGUAGES
from clearance.act.reader import Reader, reader


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Reader("en", "ascii")),
        ({"LANG": "C"}, Reader("en", "ascii")),
        ({"LANG": "POSIX"}, Reader("en", "ascii")),
        ({"LANG": "C.UTF-8"}, Reader("en", "utf-8")),
        ({"LANG": "de_DE.UTF-8"}, Reader("de", "utf-8")),
        ({"LANG": "de_AT.utf8@euro"}, Reader("de", "utf-8")),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}, Reader("fr", "utf-8")),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8", "LC_ALL": "es_ES.UTF-8"}, Reader("es", "utf-8")),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": ""}, Reader("de", "utf-8")),
        ({"LANG": "ja_JP.eucJP"}, Reader("ja", "euc_jp")),
        ({"LANG": "ja_JP.UTF-8", "LC_CTYPE": "C"}, Reader("en", "ascii")),
        ({"LANG": "zh_CN.GB18030"}, Reader("zh_CN", "gb18030")),
        ({"LANG": "zh_SG.UTF-8"}, Reader("zh_CN", "utf-8")),
        ({"LANG": "zh_Hans_CN.UTF-8"}, Reader("zh_CN", "utf-8")),
        ({"LANG": "zh_TW.UTF-8"}, Reader("en", "utf-8")),
        ({"LANG": "ko_KR.UTF-8"}, Reader("en", "utf-8")),
        ({"LANG": "de_DE"}, Reader("en", "ascii")),
        ({"LANG": "de_DE.ISO-8859-1"}, Reader("de", "iso8859-1")),
        ({"LANG": "../../etc/passwd\x1b"}, Reader("en", "ascii")),
        ({"LANGUAGE": "de", "TZ": "Europe/Berlin", "LC_TIME": "de_DE.UTF-8"}, Reader("en", "ascii")),
    ],
)
def test_only_the_readers_own_locale_says_it(environment: dict[str, str], expected: Reader) -> None:
    assert reader(environment) == expected


@given(st.text(max_size=40))
def test_any_value_gives_a_reader(value: str) -> None:
    found = reader({"LC_ALL": value})
    assert found.language in LANGUAGES
    "x".encode(found.encoding)
