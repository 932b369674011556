"""What a packet that the kernel refused was refused for. Pure."""

from __future__ import annotations

from msgspec import Struct

from clearance.agent.network.policy import Policy
from clearance.kernel.nflog import LoggedPacket
from clearance.model.network import Verdict


class Known(Struct, frozen=True):
    """Who sent a packet, as far as the kernel told."""

    uid: int | None
    pid: int = 0


def verdict_of(packet: LoggedPacket, policy: Policy, who: Known) -> Verdict | None:
    """The verdict that the packet was refused by: of its address, else the one for which ways around are closed."""
    verdict = policy.address(packet.address, who) if packet.prefix == "address" else None
    if verdict is not None:
        return verdict
    row = policy.reason(who.uid)
    return Verdict(packet.address, "", row) if row is not None else None
