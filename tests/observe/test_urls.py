from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.urls import host_of, redact


@pytest.mark.parametrize(
    ("url", "host", "shown"),
    [
        ("https://user:pass@Relay.Example.net:8443/v1?key=s", "relay.example.net", "https://relay.example.net:8443"),
        ("localhost:11434", "localhost", "localhost:11434"),
        ("http://[::1]:80/", "::1", "http://[::1]:80"),
        ("api.example.com./v1", "api.example.com", "api.example.com"),
        ("http://gateway", "gateway", "http://gateway"),
    ],
)
def test_host_and_what_may_be_shown(url: str, host: str, shown: str) -> None:
    assert host_of(url) == host
    assert redact(url) == shown


@pytest.mark.parametrize("text", ["", "1", "true", "${GATEWAY}/v1", "unix:///run/x.sock", "sk-ant-secret", "a b.c"])
def test_what_names_no_host(text: str) -> None:
    assert host_of(text) is None
    assert redact(text) == "(not a URL)"


@given(st.text(max_size=200), st.from_regex(r"[a-z0-9]{12}", fullmatch=True))
def test_a_secret_in_user_info_path_or_query_is_never_shown(noise: str, secret: str) -> None:
    for url in (
        f"https://u:{secret}@h.example/{noise}",
        f"https://h.example/{secret}",
        f"https://h.example?k={secret}",
    ):
        assert secret not in redact(url)
