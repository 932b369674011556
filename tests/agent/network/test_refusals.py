"""What a logged packet was refused for."""

from __future__ import annotations

from clearance.agent.network.policy import Policy
from clearance.agent.network.refusals import Known, verdict_of
from clearance.kernel.nflog import LoggedPacket
from clearance.model.enforcement import Row
from clearance.model.network import NetworkAddress, NetworkTable, UserRow, Verdict

BLOCK, OTHER = Row("block", "block", 1), Row("block", "block", 2)


def test_by_its_address_or_for_what_is_guarded() -> None:
    policy = Policy(lambda _: True, lambda: 0.0)
    assert verdict_of(LoggedPacket("address", 7, "192.0.2.7", 443), policy, Known(7)) is None
    policy.replace(
        NetworkTable(
            serial=1,
            generation=1,
            mode="block",
            addresses=(NetworkAddress("192.0.2.7", "coder", (UserRow(None, BLOCK),)),),
            guarded=(UserRow(7, OTHER),),
        )
    )
    named = verdict_of(LoggedPacket("address", 7, "192.0.2.7", 443), policy, Known(7))
    assert named == Verdict("192.0.2.7", "coder", BLOCK)
    around = LoggedPacket("encrypted_dns", 7, "192.0.2.7", 443)
    assert verdict_of(around, policy, Known(7)) == Verdict("192.0.2.7", "", OTHER)
    assert verdict_of(around, policy, Known(8)) is None
