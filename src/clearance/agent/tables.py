"""The tables that guard, tracker and network answer from: judged in a process of their own, kept by the service.

Judging looks at every rule, tool and person, and memory that is looked at is no longer shared with those who were
forked before. So a child judges, and the service takes over what it says.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from msgspec import Struct

from clearance.agent.children import apart
from clearance.agent.policy import Policy
from clearance.catalog import Catalog
from clearance.model.decision import Decision
from clearance.model.network import NetworkTable
from clearance.model.terms import Enforce
from clearance.tasks.enforce.destinations import Person, Surroundings, compile_network
from clearance.tasks.enforce.table import Judged, Tabled
from clearance.wire.channel import packed

PEOPLE: Final = 100
"""Users for whom the network's rows are made."""


class Judgement(Struct, frozen=True):
    """What the child says: the rows of starts, and those of the network with the decisions that they mean."""

    starts: Judged
    network: NetworkTable | None
    decisions: tuple[Decision, ...]


def make(
    policy: Policy, catalog: Catalog, host: str, now: dt.datetime, *, network: bool
) -> tuple[Tabled, NetworkTable | None]:
    """New tables for now: that of starts, whose decisions are the network's too, and that of the network if asked for.

    `Error` where no directive is in force.
    """
    said = apart("tables", lambda: packed(_judged(policy, catalog, host, now, network=network)[1]))
    if said is None:
        # Whatever became of the child, nobody is left without a table for it.
        tabled, judgement = _judged(policy, catalog, host, now, network=network)
    else:
        judgement = msgspec.msgpack.decode(said, type=Judgement)
        tabled = policy.make(now, judgement.starts)
    tabled.decisions.extend(judgement.decisions)
    return tabled, judgement.network


def _judged(
    policy: Policy, catalog: Catalog, host: str, now: dt.datetime, *, network: bool
) -> tuple[Tabled, Judgement]:
    tabled = policy.make(now)
    if not network:
        return tabled, Judgement(tabled.judged, None, ())
    around = Surroundings(
        now,
        host,
        tuple(Person(one.uid, one.login, one.unix_groups) for one in policy.survey.people[:PEOPLE]),
        {(tool, user): host for tool, user, host in policy.survey.endpoints},
    )
    mode: Enforce = "observe" if policy.pause else policy.mode
    compiled = compile_network(
        policy.judge, catalog, around, mode=mode, serial=tabled.serial, first=len(tabled.decisions)
    )
    return tabled, Judgement(tabled.judged, compiled.table, compiled.decisions)
