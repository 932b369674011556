"""The rules as text. What they do is tried in `tests/agent/network/test_main.py`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from clearance.act.linux.nftables import MARK, PacketRules, Refused, Users, nothing, ruleset, sign_of_life

EVERYBODY, NOBODY = Users(), Users((), others=False)


@pytest.mark.parametrize(
    ("users", "condition", "nobody"),
    [
        (EVERYBODY, "", False),
        (NOBODY, "", True),
        (Users((2, 1), others=False), "meta skuid { 1, 2 } ", False),
        (Users((7,), others=True), "meta skuid != { 7 } ", False),
    ],
)
def test_users(users: Users, condition: str, nobody: bool) -> None:
    assert (users.condition(), users.nobody()) == (condition, nobody)


def rules(watched: Users = EVERYBODY, guarded: Users = EVERYBODY, **more: object) -> PacketRules:
    return PacketRules(watched, guarded, 1053, 1443, **more)  # type: ignore[arg-type]


def test_every_chain_that_sees_packets_passes_the_guards_own_and_rests_when_it_hangs() -> None:
    text = ruleset(rules(addresses=(Refused("192.0.2.7/32", EVERYBODY),), group="x/cut", level=2))
    chains = [part for part in text.split(" chain ") if "hook" in part]
    assert len(chains) == 2
    for chain in chains:
        lines = [line.strip() for line in chain.splitlines()]
        assert lines[2:4] == [f"meta mark {MARK:#x} accept", "meta l4proto != @alive accept"]
    assert "flags owner" in text
    assert 'socket cgroupv2 level 2 "x/cut"' in text


def test_who_is_only_watched_is_asked_for_names_and_nothing_else() -> None:
    text = ruleset(rules(guarded=NOBODY))
    assert "redirect to :1053" in text
    assert "redirect to :1443" not in text
    assert "jump around" not in text


def test_a_table_that_rests_still_has_what_the_kernel_translates_by() -> None:
    text = nothing()
    assert "type nat hook output" in text
    assert "ct state" in text
    assert "flags owner" in text
    assert not [word for word in ("redirect", "reject", "set ") if word in text]


def test_nobody_is_nobody() -> None:
    text = ruleset(rules(NOBODY, NOBODY, addresses=(Refused("192.0.2.7/32", NOBODY),)))
    assert "redirect" not in text
    assert "192.0.2.7" not in text


@pytest.mark.parametrize("path", ['x" accept', "a\nb", "", "x" * 300])
def test_a_groups_path_is_nothing_but_a_path(path: str) -> None:
    if not path:
        assert "cgroupv2" not in ruleset(rules(group=path))
        return
    with pytest.raises(ValueError, match="not a control group"):
        ruleset(rules(group=path, level=1))


HERE = """
from clearance.act.linux.nftables import *
both = PacketFilter()
wide = PacketRules(Users((33,)), Users((5, 6), others=False), 1053, 1443, ("192.0.2.1", "2001:db8::1"),
                   ("192.0.2.2", "2001:db8::2"),
                   (Refused("192.0.2.0/24", Users()), Refused("2001:db8::/48", Users((5,)))))
both.beat(); both.remove(); print(both.counters())
for rules in (wide, wide, PacketRules(Users(), Users((), others=False), 1, 2)):
    both.apply(rules)
    both.beat()
print(sorted(both.counters()))
both.remove(); both.remove()
print(repr(both._nft.run("list ruleset")))
both.apply(wide)
try:
    both.apply(PacketRules(Users(), Users(), 1, 2, group="not/there", level=2))
except OSError:
    print("the one before holds:", "1053" in both._nft.run("list ruleset"))
both.close()
print(repr(PacketFilter()._nft.run("list ruleset")))
"""
SAID = ["{}", "['address', 'encrypted_dns', 'process', 'quic']", "''", "the one before holds: True", "''"]


@pytest.mark.long
@pytest.mark.skipif(bool(os.geteuid()), reason="needs root")
def test_the_kernel_takes_them_and_nothing_stays() -> None:
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", HERE], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == SAID


def test_a_sign_of_life_is_one_transaction_that_cannot_fail_for_what_has_expired() -> None:
    assert sign_of_life().splitlines()[0].startswith("flush set")
