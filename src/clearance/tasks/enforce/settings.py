"""Settings of tools put right, as `allow-with-settings` asks in mode `block`; each change can be undone.

Which settings deviate is judged elsewhere (`tasks/deviating.py`), and where a setting is set best is the same place
that a report names. What is set in the environment, in a project's files or in a form that this program does not edit
is left alone and said: whoever owns it has to change it.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from clearance.act import settings
from clearance.act.journal import Journal
from clearance.model.sighting import Deviation
from clearance.model.tool import Setter, Switch
from clearance.observe import documents
from clearance.tasks.deviating import best, place_of
from clearance.tasks.enforce.surveyed import PutRight

FLAT: Final = ("/User/settings.json", "/amazon-q/settings.json")
"""Documents whose keys have dots in them instead of objects in objects."""

FORMS: Final[dict[str, settings.Format]] = {"json": "jsonc", "jsonc": "jsonc", "toml": "toml"}


class Person(Struct, frozen=True):
    """Whose settings they are."""

    name: str
    uid: int
    gid: int
    home: str


def person(name: str) -> Person | None:
    """The person of this name on this machine."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return Person(found.pw_name, found.pw_uid, found.pw_gid, found.pw_dir)


def put_right(
    journal: Journal, deviations: Iterable[Deviation], switches: Iterable[Switch], people: Mapping[str, Person]
) -> tuple[PutRight, ...]:
    """Put right what deviates, where that can be done. `switches` are what the catalog knows of the tool."""
    known = {switch.name: switch for switch in switches}
    return tuple(_one(journal, deviation, known, people) for deviation in deviations)


def _one(journal: Journal, deviation: Deviation, known: Mapping[str, Switch], people: Mapping[str, Person]) -> PutRight:
    told = PutRight(deviation.user, deviation.setting, deviation.wanted)
    switch = known.get(deviation.switch.name) if deviation.switch else None
    offer = best(switch, deviation, "linux") if switch else None
    if deviation.switch is None or offer is None:
        return _left(told, "this machine has no place for it")
    setter, value = offer
    there = place_of(deviation.switch, deviation.wanted)
    if setter.where == "env":
        return _left(told, f"it is set by the variable {setter.key}", setter)
    if setter.scope == "project":
        return _left(told, f"a project sets it: {there}" if there else "only a project can set it", setter)
    who = Person("root", 0, 0, "/root") if setter.scope == "managed" else people.get(deviation.user or "")
    if who is None or (setter.scope == "managed" and deviation.user is not None):
        return _left(told, "it holds for everybody, and is for an administrator to set", setter)
    form = FORMS.get(setter.where.rpartition(".")[2].lower())
    if form is None or "*" in setter.key:
        return _left(told, "it is written in a form that is not changed here", setter)
    path = there.removesuffix(f" {setter.key}") if there else os.path.join(who.home, setter.where.removeprefix("~/"))
    if not path.startswith("/"):
        return _left(told, f"it is set elsewhere: {there}", setter)
    return _put(journal, told, setter, value, path, form, who)


def _put(
    journal: Journal,
    told: PutRight,
    setter: Setter,
    value: str | int | bool,
    path: str,
    form: settings.Format,
    who: Person,
) -> PutRight:
    try:
        data = settings.read(path, who.uid, who.gid)
        document = documents.parse(data, form) if data.strip() else {}
        key = names(document, setter.key, flat=setter.where.endswith(FLAT))
        settings.put_right(journal, path, form, key, value, who.uid, who.gid)
    except (OSError, ValueError) as error:
        why = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
        return PutRight(told.user, told.setting, told.wanted, path, setter.key, f"it could not be changed: {why}")
    return PutRight(told.user, told.setting, told.wanted, path, setter.key)


def names(document: Any, key: str, *, flat: bool) -> tuple[str, ...]:
    """The names that lead to a dotted key: as the document has it, else one name (`flat`) or a name for each part."""
    if isinstance(document, dict):
        if key in document:
            return (key,)
        parts = key.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            head, rest = ".".join(parts[:cut]), ".".join(parts[cut:])
            if isinstance(document.get(head), dict):
                return (head, *names(document[head], rest, flat=flat))
    return (key,) if flat else tuple(key.split("."))


def _left(told: PutRight, why: str, setter: Setter | None = None) -> PutRight:
    return PutRight(told.user, told.setting, told.wanted, "", setter.key if setter else "", why)
