"""The key that signs a ledger's checkpoints: an Ed25519 private key in PEM (PKCS 8), readable by its owner only."""

from __future__ import annotations

import os

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from clearance.errors import Error


def load_or_make(path: str) -> Ed25519PrivateKey:
    """The key in this file, which is made where it is missing. `Error` where it holds something else; OSError."""
    try:
        return load(path)
    except FileNotFoundError:
        return _make(path)


def load(path: str) -> Ed25519PrivateKey:
    """The key in this file. `Error` where it holds something else; OSError as open gives."""
    with open(path, "rb") as file:
        data = file.read(1 << 16)
    try:
        key = load_pem_private_key(data, None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Error(f"{path} is not an Ed25519 private key in PEM", remedy="a key that is missing is made by itself")
    return key


def _make(path: str) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, mode=0o700, exist_ok=True)
    draft = f"{path}.{os.getpid()}.new"
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # unlike a rename, it never takes the place of a key that somebody made meanwhile
    except FileExistsError:
        key = load(path)
    finally:
        os.unlink(draft)
    holder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(holder)
    finally:
        os.close(holder)
    return key
