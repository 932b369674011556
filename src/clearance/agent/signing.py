"""The ledger's private key is in no process that stays: what signs with it is a child that ends with its signature.

Guarantees: neither the service nor any child that it starts, now or later, ever has the key in its memory; what the
child needs to sign it reads from the disk. A key that is missing is made when a ledger is opened, and at no other time.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from clearance.agent.children import apart
from clearance.errors import Error
from clearance.prove.ledger.note import PublicKey, Signer, VerifierKey, verifier_key
from clearance.wire.channel import packed


class Said(Struct, frozen=True):
    """What a child found out, or why it could not."""

    data: bytes = b""
    wrong: str = ""
    remedy: str = ""


class KeyApart:
    """Who signs with the key of a file, without having it. `Error` where nothing can be signed."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._public = _asked(lambda: _made(path))

    def sign(self, data: bytes, /) -> bytes:
        """The signature of the very key that was there at the beginning."""
        return _asked(lambda: _signature(self._path, self._public, data))

    def public_key(self) -> PublicKey:
        """The public half."""
        return self

    def public_bytes_raw(self) -> bytes:
        """The 32 bytes of the public half."""
        return self._public


class VerifierApart(VerifierKey, frozen=True):
    """A public key that is used by a child: what checks signatures takes several megabytes."""

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Whether it is this key's signature of the text. `Error` where that cannot be found out."""
        return _asked(lambda: b"yes" if VerifierKey.verifies(self, signature, text) else b"no") == b"yes"


def verifier_apart(signer: Signer, name: str) -> VerifierKey:
    """The public half under a name. ValueError for a name that cannot stand in a note."""
    key = verifier_key(signer, name)
    return VerifierApart(key.name, key.public)


def _asked(run: Callable[[], bytes]) -> bytes:
    said = apart("signer", lambda: packed(_told(run)))
    if said is None:
        raise Error("no process could sign", remedy="it is tried again; the log says more")
    told = msgspec.msgpack.decode(said, type=Said)
    if told.wrong:
        raise Error(told.wrong, remedy=told.remedy)
    return told.data


def _told(run: Callable[[], bytes]) -> Said:
    try:
        return Said(run())
    except Error as error:
        return Said(wrong=error.what, remedy=error.remedy)
    except OSError as error:
        where = error.filename or "the key of the ledger"
        return Said(wrong=f"{where}: {error.strerror}", remedy="records are signed with it: see to that place")
    except ImportError as error:
        # Another release may lie on the disk by now, or none.
        return Said(wrong=f"what signs is gone ({error})", remedy="start the service anew")


def _made(path: str) -> bytes:
    from clearance.prove.ledger.keys import load_or_make

    return load_or_make(path).public_key().public_bytes_raw()


def _signature(path: str, public: bytes, data: bytes) -> bytes:
    from clearance.prove.ledger.keys import load

    key = load(path)
    if key.public_key().public_bytes_raw() != public:
        raise Error(f"{path} is not the key that this ledger is signed with", remedy="put the old one back")
    return key.sign(data)
