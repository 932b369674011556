"""The weights: what counts, and what caps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity.traits import HOSTS, SIGNALS, weigh
from clearance.observe.identity.types import REPORTING_THRESHOLD

ALL = dict.fromkeys(SIGNALS, 3)


def test_everything_together_is_an_agent() -> None:
    assert weigh(ALL, hosts=2, started=True).score == 1.0


def test_no_trait_is_enough_alone() -> None:
    for signal in SIGNALS:
        assert weigh({signal: 3}, hosts=5, started=True).score < REPORTING_THRESHOLD


def test_without_a_model_or_a_start_or_instructions_it_is_not_reported() -> None:
    silent = {signal: 3 for signal in SIGNALS if signal not in ("sdk", "native sdk", "call")}
    assert weigh(silent, hosts=3, started=True).score < REPORTING_THRESHOLD
    lifeless = {signal: 3 for signal in SIGNALS if signal != "started"}
    assert weigh(lifeless, hosts=3).score < REPORTING_THRESHOLD
    mute = {signal: 3 for signal in SIGNALS if signal != "prompt"}
    assert weigh(mute, hosts=3, started=True).score < REPORTING_THRESHOLD
    assert weigh(mute, hosts=3, started=True, small=True).score >= REPORTING_THRESHOLD


def test_libraries_and_compiled_readers_are_capped() -> None:
    assert weigh(ALL, hosts=3, started=True, library=True).score < REPORTING_THRESHOLD
    words = {signal: 3 for signal in SIGNALS if signal != "native sdk"}
    assert weigh(words, hosts=9, started=True, native=True).score < REPORTING_THRESHOLD
    assert weigh(ALL, hosts=3, started=True, native=True).score >= REPORTING_THRESHOLD


@given(st.dictionaries(st.sampled_from(sorted(SIGNALS)), st.integers(1, 9)), st.integers(0, 20), st.booleans())
def test_scores_lie_between_0_and_1(counts: dict[str, int], hosts: int, started: bool) -> None:
    traits = weigh(counts, hosts=hosts, started=started)
    assert 0 <= traits.score <= 1
    assert len(set(traits.traits)) == len(traits.traits)


def test_a_string_is_one_signal() -> None:
    strings = [text for texts in SIGNALS.values() for text in texts] + list(HOSTS)
    assert len(strings) == len(set(strings))
