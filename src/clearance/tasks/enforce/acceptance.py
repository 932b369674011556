"""Which directive is in force on this host: a candidate is checked, counted, kept, and only then put in force.

A bad candidate leaves the one in force as it is. What is in force lies in the state folder, so that it survives the
file that it came from; it changes by one rename.

What reads a directive is loaded where one is read: the service has it read by a child, and judges.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import UNSET, Struct

from clearance.catalog import Catalog
from clearance.errors import Error, Place
from clearance.judge.engine import Judge
from clearance.judge.merged import Merged
from clearance.model.decision import PolicyRef
from clearance.model.directive import Default, Directive, Enforcement
from clearance.tasks.judges import facts, judge_of

FOLDER: Final = "accepted"
SIGNATURE: Final = ".sig"
LARGEST_KEY: Final = 65_536

OWNERS_KEY: Final = "directive_key names the public key of who signs directives: Ed25519, in PEM"
MAKE_ONE: Final = "make one: openssl genpkey -algorithm ed25519"


class Accepted(Struct, frozen=True):
    """The directive in force: how many were accepted before and with it, its digest, when, and where it came from."""

    generation: int
    sha256: str
    at: str
    source: str


class Candidate(Struct, frozen=True):
    """A directive that may be put in force: as parsed, the documents it was parsed from, and their path."""

    merged: Merged
    documents: tuple[tuple[str, bytes], ...]
    source: str


class InForce(Struct, frozen=True):
    """A directive in force, ready to judge, and the documents that it was parsed from."""

    accepted: Accepted
    judge: Judge
    documents: tuple[tuple[str, bytes], ...] = ()


def nothing(catalog: Catalog) -> InForce:
    """What is in force where no directive can be: everything is allowed. Its generation is 0, and it is never kept."""
    silent = Directive("clearance/v1", "Directive", default=Default("allow"))
    return InForce(Accepted(0, "", "", ""), Judge(silent, facts(catalog), PolicyRef(0, "", ()), catalog.hosts))


def candidate(path: str, catalog: Catalog, key: str = "") -> Candidate:
    """The directive at `path`, if it may be put in force.

    `Error` where it cannot be read, where the lint calls it wrong, and, with a `key` (a PEM public key of Ed25519),
    where `PATH.sig` is not its owner's signature.
    """
    from clearance.judge.parse import parse
    from clearance.tasks.policy import check, documents, now

    found = documents(path)
    merged = parse(found)
    if not merged.directive.rules and merged.directive.default is UNSET:
        raise Error(
            "this directive has neither rules nor a default: perhaps it was not written to its end",
            place=Place(path),
            remedy="if nothing is to be decided here, say so: default: {effect: allow}",
        )
    wrong = [remark for remark in check(merged, catalog, now()) if remark.severity == "error"]
    if wrong:
        first = wrong[0]
        raise Error(first.what, place=first.place, remedy=f"{first.remedy}; all remarks: clearance policy check {path}")
    if key:
        _verify(merged, path, key)
    return Candidate(merged, found, os.path.abspath(path))


def sign(path: str, key: str) -> str:
    """Write the owner's signature of a directive to `PATH.sig` and return that path. `key` is a PEM private key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from clearance.judge.parse import parse
    from clearance.tasks.policy import documents

    merged = parse(documents(path))
    try:
        private = load_pem_private_key(_bytes(key), None)
    except (ValueError, TypeError) as error:
        raise Error("this is no PEM private key", place=Place(key), remedy=MAKE_ONE) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise Error("this is no Ed25519 key", place=Place(key), remedy=MAKE_ONE)
    target = path.rstrip("/") + SIGNATURE
    signature = base64.b64encode(private.sign(bytes.fromhex(merged.sha256)))
    _replace(Path(target), signature + b"\n")
    return target


def in_force(state: str, catalog: Catalog) -> InForce | None:
    """What was accepted last; None on a host that never accepted one. `Error` where it was damaged."""
    last = accepted(state)
    if last is None:
        return None
    kept = documents_in_force(state, last)
    return InForce(last, judge_of(kept.merged, catalog, last.generation), kept.documents)


def accepted(state: str) -> Accepted | None:
    """Which directive was accepted last; None on a host that never accepted one. `Error` where that cannot be read."""
    folder = Path(state) / FOLDER
    try:
        return msgspec.json.decode((folder / "accepted.json").read_bytes(), type=Accepted)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise Error(
            f"what is in force cannot be read: {error}",
            place=Place(str(folder)),
            remedy="give a directive again: clearance enforce run --directive FILE",
        ) from error


def documents_in_force(state: str, last: Accepted) -> Candidate:
    """The directive that was accepted last. `Error` where its documents are not what was accepted."""
    from clearance.judge.parse import parse
    from clearance.tasks.policy import documents

    folder = Path(state) / FOLDER
    found = documents(str(folder / "directive.d"))
    merged = parse(found)
    if merged.sha256 != last.sha256:
        raise Error(
            "the accepted directive is not what was accepted: its digest differs",
            place=Place(str(folder)),
            remedy="give a directive again: clearance enforce run --directive FILE",
        )
    return Candidate(merged, found, last.source)


def limits(merged: Merged) -> Enforcement:
    """How the directive wants to be enforced."""
    said = merged.directive.enforcement
    return Enforcement() if said is UNSET else said


def accept(state: str, new: Candidate, catalog: Catalog, old: InForce | None, at: str) -> InForce:
    """Put a candidate in force. The same directive again is no new generation. OSError where it cannot be kept."""
    if old is not None and old.accepted.sha256 == new.merged.sha256:
        return old
    generation = (old.accepted.generation if old else 0) + 1
    accepted = Accepted(generation, new.merged.sha256, at, new.source)
    _keep(Path(state), accepted, new.documents)
    return InForce(accepted, judge_of(new.merged, catalog, generation), new.documents)


def keep(state: str, now: InForce) -> None:
    """Keep what is in force once more, where the state folder was lost. OSError where it cannot be kept."""
    _keep(Path(state), now.accepted, now.documents)


def _keep(state: Path, accepted: Accepted, found: Sequence[tuple[str, bytes]]) -> None:
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    room = state / f".{FOLDER}-{os.urandom(8).hex()}"
    room.mkdir(mode=0o700)
    try:
        (room / "directive.d").mkdir()
        for number, (_, data) in enumerate(found):
            _write(room / "directive.d" / f"{number:04d}.yaml", data)
        _write(room / "accepted.json", msgspec.json.encode(accepted))
        target = state / FOLDER
        # A link is replaced in one step, a folder is not: the folder in force is the one that the link names.
        kept = state / f"{FOLDER}-{accepted.generation}-{accepted.sha256[:12]}"
        shutil.rmtree(kept, ignore_errors=True)
        room.rename(kept)
        link = state / f".{FOLDER}-link"
        link.unlink(missing_ok=True)
        link.symlink_to(kept.name)
        before = target.readlink().name if target.is_symlink() else ""
        if not before and target.is_dir():
            # A copy of a state folder that was made through the link.
            before = f".{FOLDER}-copied"
            shutil.rmtree(state / before, ignore_errors=True)
            target.rename(state / before)
        link.replace(target)
        _sync(state)
        if before and before != kept.name:
            shutil.rmtree(state / before, ignore_errors=True)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _verify(merged: Merged, path: str, key: str) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    name = path.rstrip("/") + SIGNATURE
    remedy = "have its owner sign it: clearance policy sign DIRECTIVE --key KEY"
    try:
        public = load_pem_public_key(_bytes(key))
    except ValueError as error:
        raise Error("this is no PEM public key", place=Place(key), remedy=OWNERS_KEY) from error
    if not isinstance(public, Ed25519PublicKey):
        raise Error("this is no Ed25519 key", place=Place(key), remedy=OWNERS_KEY)
    try:
        signature = base64.b64decode(Path(name).read_bytes()[:1024], validate=False)
        public.verify(signature, bytes.fromhex(merged.sha256))
    except OSError as error:
        what = "a signed directive is required, and this one has no signature"
        raise Error(what, place=Place(name), remedy=remedy) from error
    except (InvalidSignature, ValueError) as error:
        what = "the signature is not its owner's, or the directive was changed since"
        raise Error(what, place=Place(name), remedy=remedy) from error


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_KEY)
    except OSError as error:
        what = f"cannot be read: {(error.strerror or '').lower()}"
        raise Error(what, place=Place(path), remedy="name a file that holds a key") from error


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, data: bytes) -> None:
    room = path.with_name(f".{path.name}.new")
    _write(room, data)
    room.replace(path)


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
