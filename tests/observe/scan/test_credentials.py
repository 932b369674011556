from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.model.sighting import Sighting
from clearance.observe.scan.credentials import HEAD, Credentials, kind_of
from tests.builders import catalog, found, location, tool

CATALOG = catalog(tool("t", credentials=(location("~/.t/auth.json", format="json"),)))


def parse(data: bytes, mode: int) -> Sighting:
    (pattern,) = Credentials().patterns(CATALOG)
    assert pattern.read == HEAD
    (seen,) = Credentials().parse(found(pattern, "/home/ana/.t/auth.json", data, mode=mode), CATALOG)
    assert isinstance(seen, Sighting)
    return seen


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b'{"claudeAiOauth": {"accessToken": "x"}}', "OAuth"),
        (b'{"access_token": "x", "expires_in": 3}', "OAuth"),
        (b'{"apiKey": "x"}', "API key"),
        (b"OPENAI_API_KEY=x", "API key"),
        (b"token: x", "token"),
        (b'{"email": "x"}', "login session"),
        (b"SQLite format 3\0rest", "database"),
        (b"\x00\x01\x02", "kind not shown"),
    ],
)
def test_the_kind_is_told_by_the_names_of_members(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


@given(st.from_regex(r"[a-z0-9]{20}", fullmatch=True))
def test_no_value_is_ever_in_a_sighting(secret: str) -> None:
    assert secret not in str(parse(f'{{"refresh_token": "{secret}", "k": "{secret}"}}'.encode(), 0o100600))


def test_mode_and_exposure() -> None:
    assert parse(b'{"token": "x"}', 0o100600).evidence[0].detail == "token, mode 0600"
    assert [e.kind for e in parse(b'{"token": "x"}', 0o100644).evidence] == ["credential", "exposed"]


def test_an_empty_file_is_no_credential() -> None:
    (pattern,) = Credentials().patterns(CATALOG)
    assert list(Credentials().parse(found(pattern, "/home/ana/.t/auth.json", b""), CATALOG)) == []


def test_settings_that_may_hold_a_credential_and_hold_none() -> None:
    place = location("~/.t/settings.json", format="json")
    index = catalog(tool("t", credentials=(place,), config=(place,)))
    (pattern,) = Credentials().patterns(index)
    plain = found(pattern, "/home/ana/.t/settings.json", b'{"theme": "dark"}')
    assert list(Credentials().parse(plain, index)) == []
    assert list(Credentials().parse(found(pattern, "/home/ana/.t/settings.json", b'{"apiKey": "x"}'), index))
