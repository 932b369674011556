"""What the commands read: the ledger's folder, and files that the command line names.

Guarantees: whatever cannot be read is an `Error` that names it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from clearance.config import load_settings
from clearance.errors import Error
from clearance.prove.formats.escape import plain
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import parts
from clearance.prove.ledger.checkpoint import Checkpoint
from clearance.prove.ledger.note import Unsigned, VerifierKey, parse_key


@contextlib.contextmanager
def naming(path: str) -> Iterator[None]:
    """Within it, what lies at a path is read: an OSError becomes an `Error` that names the file."""
    try:
        yield
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else path
        raise Error(f"{plain(name)}: {error.strerror or error}") from error


def exists(path: str) -> bool:
    """Whether there is something. `Error` where that cannot be told."""
    with naming(path):
        try:
            os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
    return True


def folder_of(given: str | None) -> str:
    """The ledger's folder: the one that was given, else the configured one."""
    folder = given or os.path.join(load_settings(os.environ)["state"].value, "ledger")
    if not exists(folder) or not os.path.isdir(folder):
        raise Error(f"{plain(folder)}: there is no ledger", remedy="name its folder with --ledger")
    return folder


def meta_of(folder: str) -> parts.Meta:
    """Whose ledger it is."""
    path = os.path.join(folder, parts.META)
    try:
        with naming(path):
            return parts.parse_meta(parts.small_file(path))
    except ValueError as error:
        raise Error(f"{plain(path)}: {error}") from error


def key_of(folder: str) -> VerifierKey:
    """The key that its checkpoints are signed with."""
    try:
        return parse_key(meta_of(folder).key)
    except ValueError as error:
        raise Error(f"{plain(os.path.join(folder, parts.META))}: its key: {error}") from error


def content(path: str) -> bytes:
    """A file's content, as far as the largest that is of use goes, and a byte more."""
    with naming(path), open(path, "rb") as file:
        return file.read(checkpoints.LARGEST_PROOF + 1)


def opened(note: bytes, key: VerifierKey, path: str) -> Checkpoint:
    """The checkpoint that a note signs, which was read at `path`."""
    try:
        return checkpoints.opened(note, key)
    except Unsigned as error:
        raise Error(f"{plain(path)}: {error}", remedy="nothing can be measured by it") from error
