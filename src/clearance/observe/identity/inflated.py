"""A deflated stream as a file that can be read anywhere: a program in a ZIP archive or a gzip file, looked at in place.

A program's tables lie at its end and point back to its beginning, so it cannot be looked at as it comes, and unpacking
hundreds of megabytes into memory or onto the disk is no way either. The stream is gone through once, and the decoder's
state is kept every few megabytes; a read goes on from the nearest one. Memory is bounded by `most`, whatever the bytes.
"""

from __future__ import annotations

import bisect
import zlib
from typing import Final

from clearance.observe.reader import Reader

RAW: Final = -zlib.MAX_WBITS
GZIP: Final = 16 + zlib.MAX_WBITS
STEP: Final = 4_194_304
"""Bytes of what is unpacked between two kept states. A state has 40 KB or so."""

INPUT: Final = 65_536
OUTPUT: Final = 262_144


class Inflated:
    """A `Reader` over what `packed` bytes from `offset` unpack to, `most` bytes of it. Damaged streams end early."""

    def __init__(self, inner: Reader, offset: int, packed: int, wbits: int, most: int) -> None:
        self._inner = inner
        self._end = min(offset + packed, inner.size)
        self._states = [_State(0, offset, b"", zlib.decompressobj(wbits))]
        self._ahead = self._states[0].copy()
        self._at, self._data = 0, b""
        self.size = most
        self.size = self._run(self._states[0].copy(), most, keep=True)

    def read(self, offset: int, length: int) -> bytes:
        """As `Reader.read`."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        if not self._at <= offset <= self._ahead.at:
            state = self._states[bisect.bisect_right(self._states, offset, key=lambda one: one.at) - 1]
            if not state.at <= self._ahead.at <= offset:
                self._ahead = state.copy()
            self._at, self._data = self._run(self._ahead, offset), b""
        missing = offset + length - self._ahead.at
        if missing > 0:
            out = bytearray(self._data[offset - self._at :])
            self._run(self._ahead, self._ahead.at + max(missing, OUTPUT), into=out)
            self._at, self._data = offset, bytes(out)
        return self._data[offset - self._at :][:length]

    def _run(self, state: _State, until: int, *, keep: bool = False, into: bytearray | None = None) -> int:
        """Unpack from a state until so many bytes are out; how many there were."""
        until = min(until, self.size)
        while state.at < until and not state.decoder.eof:
            if not state.pending:
                state.pending = self._inner.read(state.place, min(INPUT, self._end - state.place))
                state.place += len(state.pending)
            try:
                out = state.decoder.decompress(state.pending, min(OUTPUT, until - state.at))
            except zlib.error:
                break
            # Without more input, what the decoder still holds comes out; then nothing.
            if not out and not state.pending:
                break
            state.pending = state.decoder.unconsumed_tail
            state.at += len(out)
            if into is not None:
                into += out
            if keep and state.at - self._states[-1].at >= STEP:
                self._states.append(state.copy())
        return state.at


class _State:
    """How far a stream was unpacked: `at` bytes out, `place` in the file, and input not used yet."""

    def __init__(self, at: int, place: int, pending: bytes, decoder: zlib._Decompress) -> None:
        self.at = at
        self.place = place
        self.pending = pending
        self.decoder = decoder

    def copy(self) -> _State:
        return _State(self.at, self.place, self.pending, self.decoder.copy())
