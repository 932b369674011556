"""The name in the first message of a TLS connection, without decrypting anything. Pure; bytes in, facts out.

Only what a client sends in the clear is read: the server's name (RFC 6066), whether the message holds another,
encrypted one (RFC 9849), and the protocols that it offers. Source: RFC 8446 sections 4.1.2 and 5.1.

What servers are lenient about is read as they do: empty records and warnings before the message or within it, any
version of a record. What no client sends and some servers would still read (a message of great length or in thousands
of records, two names) is called `hiding`.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from msgspec import Struct

LARGEST: Final = 1 << 16
"""Bytes of a connection that are held at most until its name is known. Hellos with the keys of today have up to 4 KiB;
one that is larger than this is no hello of any client there is."""

MOST_RECORDS: Final = 2048
"""Records that a hello may come in. One is enough; some programs use two."""

_HANDSHAKE: Final = 22
_BESIDE: Final = (20, 21)
"""Records that change the cipher, and alerts: some servers pass over them."""

_VERSIONS: Final = 0x10
_CLIENT_HELLO: Final = 1
_SERVER_NAME: Final = 0
_PROTOCOLS: Final = 16
_ENCRYPTED_HELLO: Final = 0xFE0D
_HOST: Final = re.compile(rb"[A-Za-z0-9_.\-]{1,255}")
_CONNECT: Final = re.compile(rb"CONNECT[ \t]{1,16}([^ \t\r\n]{1,300})[ \t\r\n]", re.IGNORECASE)
_METHOD: Final = b"CONNECT"
_BLANK: Final = b"\r\n\t "
_END: Final = re.compile(rb"\r?\n\r?\n")
_LONGEST_REQUEST: Final = 400
"""Bytes of the first line of a request to a proxy, with what blanks stand before it."""

State = Literal["incomplete", "tls", "proxy", "hiding", "other"]
"""`incomplete`: more bytes are needed; `proxy`: a request to a proxy, whose name is the one it asks for; `hiding`: TLS
as no client there is begins it; `other`: none of them, and it will not become one."""


class Hello(Struct, frozen=True):
    """What the first bytes of a connection show. `name` None: none is given, or it is no host name. `encrypted`: there
    is a field for an encrypted hello, real or not; who sends it may be asking for another name than `name`. `length` of
    a request to a proxy: its bytes; what comes behind them is for whom it leads to."""

    state: State
    name: str | None = None
    encrypted: bool = False
    protocols: tuple[bytes, ...] = ()
    length: int = 0


INCOMPLETE: Final = Hello("incomplete")
HIDING: Final = Hello("hiding")
OTHER: Final = Hello("other")


class _Cut(Exception):
    """The message says that it is longer than it is."""


class _Twice(Exception):
    """Something is given twice, so that two readers take it differently."""


def read(data: bytes) -> Hello:
    """What these first bytes of a connection show. Total: any bytes have an answer, in time linear in their number."""
    if not data:
        return INCOMPLETE
    if data[0] != _HANDSHAKE and data[0] not in _BESIDE:
        return _proxy(data)
    message = _handshake(data)
    if isinstance(message, Hello):
        return message
    try:
        return _hello(message)
    except _Cut:
        return OTHER
    except _Twice:
        return HIDING


def _handshake(data: bytes) -> bytes | Hello:
    """The body of the client hello, put together from its records."""
    found = bytearray()
    at = 0
    for _ in range(MOST_RECORDS):
        if at + 5 > len(data):
            return _more(data, at)
        length = int.from_bytes(data[at + 3 : at + 5], "big")
        if not _record(data[at], data[at + 1]) or length > 1 << 14:
            return OTHER
        if data[at] == _HANDSHAKE:
            found += data[at + 5 : at + 5 + length]
        at += 5 + length
        if found and found[0] != _CLIENT_HELLO:
            return OTHER
        if len(found) >= 4:
            size = int.from_bytes(found[1:4], "big")
            if size > LARGEST:
                return HIDING
            if len(found) >= 4 + size:
                return bytes(found[4 : 4 + size])
        if at > len(data):
            return _more(data, at)
    return HIDING


def _record(kind: int, version: int) -> bool:
    return (kind == _HANDSHAKE or kind in _BESIDE) and version < _VERSIONS


def _more(data: bytes, at: int) -> Hello:
    if at + 1 < len(data) and not _record(data[at], data[at + 1]):
        return OTHER
    return HIDING if len(data) >= LARGEST else INCOMPLETE


def _hello(body: bytes) -> Hello:
    at = 2 + 32
    at = _skip(body, at, 1)
    at = _skip(body, at, 2)
    at = _skip(body, at, 1)
    if at == len(body):
        return Hello("tls")
    end = _skip(body, at, 2)
    at += 2
    name: str | None = None
    encrypted = False
    protocols: tuple[bytes, ...] = ()
    seen: set[int] = set()
    while at < end:
        if at + 4 > end:
            raise _Cut
        kind = int.from_bytes(body[at : at + 2], "big")
        start, at = at + 4, _skip(body, at + 2, 2)
        if at > end:
            raise _Cut
        if kind in seen and kind in (_SERVER_NAME, _ENCRYPTED_HELLO):
            raise _Twice
        seen.add(kind)
        value = body[start:at]
        if kind == _SERVER_NAME:
            name = _server_name(value)
        elif kind == _PROTOCOLS:
            protocols = _protocols(value)
        elif kind == _ENCRYPTED_HELLO:
            encrypted = True
    return Hello("tls", name, encrypted, protocols)


def _skip(body: bytes, at: int, width: int) -> int:
    """The place after a vector whose length is written in `width` bytes."""
    if at + width > len(body):
        raise _Cut
    end = at + width + int.from_bytes(body[at : at + width], "big")
    if end > len(body):
        raise _Cut
    return end


def _server_name(value: bytes) -> str | None:
    """The first host name of the list. Some servers pass over entries of other kinds."""
    at = 2
    while at + 3 <= len(value):
        start = at + 3
        kind, at = value[at], start + int.from_bytes(value[at + 1 : start], "big")
        if kind == 0:
            raw = value[start:at]
            return raw.decode("ascii").removesuffix(".").lower() if _HOST.fullmatch(raw) else None
    return None


def _protocols(value: bytes) -> tuple[bytes, ...]:
    found = []
    at = 2
    while at < len(value):
        length = value[at]
        found.append(value[at + 1 : at + 1 + length])
        at += 1 + length
    return tuple(found)


def _proxy(data: bytes) -> Hello:
    """A request to a proxy for a connection to somewhere else. Blanks are read as lenient proxies do."""
    line = data[:_LONGEST_REQUEST].lstrip(_BLANK)
    method = line[: len(_METHOD)].upper()
    if not _METHOD.startswith(method):
        return OTHER
    found = _CONNECT.match(line)
    if found is None:
        return INCOMPLETE if b"\n" not in line and len(data) < _LONGEST_REQUEST else OTHER
    host = found[1].rpartition(b":")[0] or found[1]
    plain = host.strip(b"[]")
    if not re.fullmatch(rb"[A-Za-z0-9_.:\-]{1,255}", plain):
        return OTHER
    end = _END.search(data, data.index(found[1]))
    if end is None:
        return HIDING if len(data) >= LARGEST else INCOMPLETE
    return Hello("proxy", plain.decode("ascii").removesuffix(".").lower(), length=end.end())
