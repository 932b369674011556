from __future__ import annotations

from typing import get_args

from clearance.model.record import Draft, Outcome, PolicyMark, Record, RecordKind


def test_a_record_has_the_fields_of_the_contract_and_a_draft_all_but_the_number() -> None:
    contract = ["n", "at", "kind", "subject", "decision", "outcome", "policy"]
    assert list(Record.__struct_fields__) == contract
    assert set(Draft.__struct_fields__) == set(contract) - {"n"}
    assert Outcome.__struct_fields__ == ("done", "latency_us")
    assert PolicyMark.__struct_fields__ == ("generation", "sha256")
    assert get_args(RecordKind) == ("decision", "policy", "audit", "vet", "pause", "failure", "change", "exchange")
