"""Tables as somebody who wants to break a parser would leave them."""

from __future__ import annotations

from hypothesis import strategies as st


def damaged(good: bytes, *, within: int | None = None) -> st.SearchStrategy[bytes]:
    """The file with some of its first `within` bytes changed to anything, and perhaps cut off."""
    last = min(len(good), within or len(good)) - 1
    changes = st.lists(st.tuples(st.integers(0, last), st.integers(0, 255)), max_size=12)
    return st.builds(_changed, st.just(good), changes, st.none() | st.integers(0, len(good)))


def _changed(good: bytes, changes: list[tuple[int, int]], end: int | None) -> bytes:
    data = bytearray(good)
    for at, value in changes:
        data[at] = value
    return bytes(data[:end])
