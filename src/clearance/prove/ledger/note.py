"""Signed notes as C2SP writes them (c2sp.org/signed-note), with Ed25519 (signature type 0x01). Pure.

Guarantees: the text of a note is handed out only after a signature of the key that was asked for has been verified. A
note of another key, or with a signature of this key that does not verify, is refused, however it is written.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from hashlib import sha256
from typing import Final, Protocol

from msgspec import Struct

ED25519: Final = 1
LARGEST: Final = 1 << 20
MOST_SIGNATURES: Final = 100
_DASH: Final = "\u2014 "


class Unsigned(ValueError):
    """The text is no note that this key signed. It says why."""


class PublicKey(Protocol):
    """The public half of a `Signer`."""

    def public_bytes_raw(self) -> bytes: ...  # noqa: D102


class Signer(Protocol):
    """Who signs with an Ed25519 key: a private key of `cryptography`, or somebody who knows where one is."""

    def sign(self, data: bytes, /) -> bytes: ...  # noqa: D102
    def public_key(self) -> PublicKey: ...  # noqa: D102


class VerifierKey(Struct, frozen=True):
    """A name and an Ed25519 public key (32 bytes): who signs. Its text is the vkey of C2SP."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand before each signature."""
        return sha256(self.name.encode() + b"\n" + bytes([ED25519]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encoded(bytes([ED25519]) + self.public)}"

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Whether it is this key's signature of the text."""
        # Loaded when it is needed: it takes several megabytes.
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


def usable_name(name: str) -> bool:
    """Whether a key may be called so: no white space, no plus, no control character, not empty."""
    return bool(name) and not any(c == "+" or c.isspace() or unicodedata.category(c) in ("Cc", "Cs") for c in name)


def verifier_key(private: Signer, name: str) -> VerifierKey:
    """The public half under a name. ValueError for a name that cannot stand in a note."""
    if not usable_name(name):
        raise ValueError(f"{name!r} is not the name of a key")
    return VerifierKey(name, private.public_key().public_bytes_raw())


def parse_key(text: str) -> VerifierKey:
    """A vkey: `NAME+ID+BASE64`. ValueError for anything else, also where the id is not that of name and key."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not re.fullmatch("[0-9a-f]{8}", parts[1]) or not usable_name(parts[0]):
        raise ValueError("it is not of the form NAME+ID+KEY")
    material = decoded(parts[2])
    if len(material) != 33 or material[0] != ED25519:
        raise ValueError("it is not an Ed25519 key")
    key = VerifierKey(parts[0], material[1:])
    if key.id.hex() != parts[1]:
        raise ValueError("its id does not belong to its name and key")
    return key


def public_of_pem(data: bytes) -> bytes:
    """The raw public key of an Ed25519 key in PEM, public or private. ValueError for anything else."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    try:
        if b"PRIVATE KEY" in data:
            private = load_pem_private_key(data, None)
            public = private.public_key() if isinstance(private, Ed25519PrivateKey) else None
        else:
            loaded = load_pem_public_key(data)
            public = loaded if isinstance(loaded, Ed25519PublicKey) else None
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("it is not a key in PEM that can be used here") from error
    if public is None:
        raise ValueError("it is not an Ed25519 key")
    return public.public_bytes_raw()


def sign(text: str, private: Signer, name: str) -> str:
    """The text as a note with one signature. ValueError for a text that cannot be one."""
    if not text.endswith("\n") or _controls(text):
        raise ValueError("the text of a note ends with a newline and holds no other control character")
    key = verifier_key(private, name)
    return f"{text}\n{_DASH}{name} {encoded(key.id + private.sign(text.encode()))}\n"


def verified_text(note: str | bytes, key: VerifierKey) -> str:
    """The text of the note. `Unsigned` unless this key has signed it."""
    text, lines = _parts(note)
    found = 0
    for line in lines:
        name, blob = _signature(line)
        if name != key.name or blob[:4] != key.id:
            continue
        found += 1
        if not key.verifies(blob[4:], text.encode()):
            raise Unsigned(f"the signature of {key.name} does not belong to this text")
    if not found:
        raise Unsigned(f"it carries no signature of {key.name} (key {key.id.hex()})")
    return text


def signers(note: str | bytes) -> tuple[str, ...]:
    """The names that the note's signatures claim; nothing is verified. `Unsigned` where it is no note."""
    return tuple(_signature(line)[0] for line in _parts(note)[1])


def encoded(data: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(data).decode()


def decoded(text: str) -> bytes:
    """What standard base64 holds. ValueError for anything that `encoded` would not have written."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError("it is not base64") from error
    if encoded(data) != text:
        raise ValueError("it is not base64 as it is always written")
    return data


def _parts(note: str | bytes) -> tuple[str, list[str]]:
    if len(note) > LARGEST:
        raise Unsigned("it is too large to be a note")
    try:
        whole = note.decode() if isinstance(note, bytes) else note
        whole.encode()
    except UnicodeError as error:
        raise Unsigned("it is not UTF-8") from error
    if _controls(whole):
        raise Unsigned("it holds control characters")
    at = whole.rfind("\n\n")
    text, signatures = whole[: at + 1], whole[at + 2 :]
    if at < 0 or not text or not signatures.endswith("\n"):
        raise Unsigned("it is not a text, an empty line, and lines of signatures")
    lines = signatures[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise Unsigned("it carries too many signatures")
    return text, lines


def _signature(line: str) -> tuple[str, bytes]:
    name, space, text = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not usable_name(name):
        raise Unsigned("a line of its signatures is not one")
    try:
        blob = decoded(text)
    except ValueError as error:
        raise Unsigned(f"the signature of {name}: {error}") from error
    if len(blob) < 5:
        raise Unsigned(f"the signature of {name} is too short")
    return name, blob


def _controls(text: str) -> bool:
    return any(c < " " and c != "\n" for c in text)
