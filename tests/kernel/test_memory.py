from __future__ import annotations

from clearance.kernel import memory


def test_what_is_in_use_stays() -> None:
    kept = [bytes(100_000) for _ in range(50)]
    for _ in range(50):
        bytes(1_000_000)
    memory.trim()
    assert all(piece == bytes(100_000) for piece in kept)
