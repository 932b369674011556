"""The words are part of every document and directive: none may be renamed, dropped or put into another order."""

from __future__ import annotations

import re
from typing import get_args

import msgspec
import pytest

from clearance.model import terms

WORDS = {
    "EFFECTS": "allow allow-with-settings warn block",
    "ENFORCES": "observe warn block",
    "RISKS": "low medium high critical",
    "KINDS": "coding-agent code-completion assistant-app general-agent model-server relay",
    "DEPLOYMENTS": "cloud hybrid on-prem local unknown",
    "TRAININGS": "never opt-in opt-out always by-plan unknown",
    "SURFACES": (
        "binary package editor-extension browser-extension config instructions session-store credential base-url"
        " mcp-server process socket endpoint"
    ),
    "ENDPOINT_CLASSES": "vendor cleared-gateway cloud-provider relay unknown",
    "CONFIDENCES": "certain strong weak",
    "SCOPES": "managed user project",
    "TOPICS": (
        "telemetry error-reports training indexing snapshot session-sync sharing web-search remote-session feedback"
        " updates file-content"
    ),
}
TYPES = {
    "EFFECTS": terms.Effect,
    "ENFORCES": terms.Enforce,
    "RISKS": terms.Risk,
    "KINDS": terms.Kind,
    "DEPLOYMENTS": terms.Deployment,
    "TRAININGS": terms.Training,
    "SURFACES": terms.Surface,
    "ENDPOINT_CLASSES": terms.EndpointClass,
    "CONFIDENCES": terms.Confidence,
    "SCOPES": terms.Scope,
    "TOPICS": terms.Topic,
}


@pytest.mark.parametrize("name", WORDS)
def test_the_words_and_their_order(name: str) -> None:
    assert getattr(terms, name) == tuple(WORDS[name].split())
    assert get_args(TYPES[name]) == getattr(terms, name)


def test_every_set_of_words_is_looked_at_here() -> None:
    sets = {name for name, value in vars(terms).items() if name.isupper() and isinstance(value, tuple)}
    assert sets == set(WORDS) == set(TYPES)


@pytest.mark.parametrize("name", WORDS)
def test_words_are_spelled_alike_and_no_other_is_taken(name: str) -> None:
    for word in getattr(terms, name):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", word)
        assert msgspec.convert(word, TYPES[name]) == word
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(word.upper(), TYPES[name])
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert("", TYPES[name])


def test_what_nobody_knows_is_a_word_of_those_facts_that_may_be_unknown() -> None:
    having = {name for name in WORDS if terms.UNKNOWN in getattr(terms, name)}
    assert having == {"DEPLOYMENTS", "TRAININGS", "ENDPOINT_CLASSES"}


def test_systems() -> None:
    assert get_args(terms.OS) == ("linux", "macos", "windows")
