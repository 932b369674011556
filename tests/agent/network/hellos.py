"""Client hellos, written field by field, and by the ssl module."""

from __future__ import annotations

import contextlib
import ssl


def extension(kind: int, value: bytes) -> bytes:
    """One extension."""
    return kind.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


def server_name(name: str) -> bytes:
    """The extension with a name."""
    raw = name.encode()
    entry = b"\0" + len(raw).to_bytes(2, "big") + raw
    return extension(0, len(entry).to_bytes(2, "big") + entry)


def message(*extensions: bytes, session: bytes = bytes(32)) -> bytes:
    """The handshake message."""
    inside = b"".join(extensions)
    body = b"\x03\x03" + bytes(32) + bytes([len(session)]) + session + b"\x00\x04\x13\x01\x1a\x1a" + b"\x01\x00"
    body += len(inside).to_bytes(2, "big") + inside
    return b"\x01" + len(body).to_bytes(3, "big") + body


def records(handshake: bytes, size: int = 16384) -> bytes:
    """The message in records of this size."""
    parts = [handshake[at : at + size] for at in range(0, len(handshake), size)]
    return b"".join(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part for part in parts)


def long_hello(name: str) -> bytes:
    """A whole hello of more than 64 KiB, with the name at its end."""
    short = message(extension(21, bytes(65_000)), server_name(name))
    ciphers = short.replace(b"\x00\x04\x13\x01\x1a\x1a", b"\x40\x00" + b"\x13\x01" * 8192, 1)
    return records(b"\x01" + (len(ciphers) - 4).to_bytes(3, "big") + ciphers[4:])


def client_hello(name: str | None, *, encrypted: bool = False, size: int = 16384) -> bytes:
    """A whole hello, with GREASE (RFC 8701) as browsers send it."""
    parts = [extension(0x1A1A, b"")]
    if name is not None:
        parts.append(server_name(name))
    parts.append(extension(16, b"\x00\x0c\x02h2\x08http/1.1"))
    if encrypted:
        parts.append(extension(0xFE0D, bytes(200)))
    parts.append(extension(0x2A2A, b"\0"))
    return records(message(*parts), size)


def real_hello(name: str | None) -> bytes:
    """What the ssl module sends."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(come, go, server_hostname=name).do_handshake()
    return go.read()
