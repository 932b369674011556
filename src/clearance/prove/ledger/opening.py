"""Opening a ledger for writing: it is made where there is none, and a damaged one is refused or set aside.

Guarantees: one process at a time writes to a folder. What is opened is what was signed, and behind its last whole
record at most what a crash left there; nothing is repaired silently. A ledger that is set aside is moved whole.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from clearance.errors import Error
from clearance.prove.ledger import parts
from clearance.prove.ledger.clock import Clock, instant, now
from clearance.prove.ledger.disk import Disk, Locked
from clearance.prove.ledger.note import Signer, VerifierKey, usable_name, verifier_key
from clearance.prove.ledger.survey import Damaged, Standing, small_file, survey
from clearance.prove.ledger.tail import pending

OnDamage = Literal["refuse", "set-aside"]


@dataclass(frozen=True)
class Opened:
    """A folder that nobody else writes to, and where the ledger in it stands.

    `pending` are the files of torn ends that no record speaks of yet. `event` is what the first record of a new ledger
    is to say of the one that was set aside.
    """

    disk: Disk
    signer: Signer
    key: VerifierKey
    standing: Standing
    pending: tuple[str, ...]
    event: dict[str, object] | None = None


def held(path: str) -> Signer:
    """The key in this file, in this process's memory; it is made where it is missing."""
    from clearance.prove.ledger.keys import load_or_make

    return load_or_make(path)


def open_folder(
    folder: str,
    key_file: str,
    *,
    clock: Clock = now,
    origin: str | None = None,
    on_damage: OnDamage = "refuse",
    disk: Callable[[str], Disk] = Disk,
    signer: Callable[[str], Signer] = held,
    verifier: Callable[[Signer, str], VerifierKey] = verifier_key,
) -> Opened:
    """The ledger's folder, open for writing; see `store.Ledger.open`. Whoever gets it closes its disk."""
    try:
        signs = signer(key_file)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        door = disk(folder)
    except OSError as error:
        raise Error(f"{error.filename or folder}: {error.strerror}", remedy="the ledger cannot be kept") from error
    try:
        door.lock(parts.LOCK)
        try:
            return _opened(door, signs, verifier, clock, origin, None)
        except Damaged as damage:
            if on_damage == "refuse":
                raise Error(
                    f"{folder} is damaged: {damage}",
                    remedy=f"see what: clearance ledger verify {folder} --key …; then move it away: the next start "
                    "begins a new one",
                ) from damage
            aside = _set_aside(door, clock())
            said: dict[str, object] = {"event": "ledger-damaged", "what": str(damage), "set_aside": aside}
            return _opened(door, signs, verifier, clock, origin, said)
    except Locked as error:
        door.close()
        raise Error(str(error), remedy="one process at a time writes to a ledger") from error
    except OSError as error:
        door.close()
        raise Error(f"{error.filename or folder}: {error.strerror}", remedy="the ledger cannot be kept") from error
    except BaseException:
        door.close()
        raise


def _opened(
    disk: Disk,
    signer: Signer,
    verifier: Callable[[Signer, str], VerifierKey],
    clock: Clock,
    origin: str | None,
    event: dict[str, object] | None,
) -> Opened:
    names = disk.names()
    key = _owner(disk, names, signer, verifier, clock, origin)
    standing = survey(disk, key)
    for name in standing.superseded:
        disk.remove(name)
    if standing.newest:
        disk.sync(standing.newest.name)  # it may have been written, and not yet synced, when the process was killed
    disk.sync_folder()
    return Opened(disk, signer, key, standing, pending(names), event)


def _owner(
    disk: Disk,
    names: list[str],
    signer: Signer,
    verifier: Callable[[Signer, str], VerifierKey],
    clock: Clock,
    origin: str | None,
) -> VerifierKey:
    """The key that the ledger belongs to; a new one belongs to the signer's. `Damaged` where that is another one."""
    if parts.META in names:
        try:
            meta = parts.parse_meta(small_file(disk, parts.META))
            key = verifier(signer, meta.origin)
        except ValueError as error:
            raise Damaged(f"{parts.META}: {error}") from error
        if str(key) != meta.key:
            raise Damaged(f"it belongs to the key {meta.key}, not to {key}")
        return key
    if parts.parts_of(names):
        raise Damaged(f"{parts.META} is missing")
    origin = origin if origin is not None else new_origin(os.uname().nodename)
    key = verifier(signer, origin)
    made = parts.Meta(parts.LEDGER, origin, str(key), instant(clock()))
    disk.replace(parts.META, msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    return key


def new_origin(host: str) -> str:
    """A name for a new ledger of this host, which no other ledger has."""
    said = "".join(c if usable_name(c) else "-" for c in host.lower()) or "host"
    return f"{said}/clearance/{os.urandom(8).hex()}"


def _set_aside(disk: Disk, at: dt.datetime) -> str:
    """Move everything but the lock into a folder inside. Its name."""
    name = f"damaged-{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{os.urandom(4).hex()}"
    os.mkdir(os.path.join(disk.path, name), 0o700)
    # The file that says whose ledger it is goes first: a crash then leaves what is found damaged again, never a ledger
    # of the same origin that begins anew.
    moving = [each for each in disk.names() if each != parts.LOCK and not each.startswith("damaged-")]
    for each in sorted(moving, key=lambda each: each != parts.META):
        disk.rename(each, f"{name}/{each}")
    disk.sync_folder()
    return name
