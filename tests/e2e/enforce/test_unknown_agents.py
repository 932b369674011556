"""Agents that no catalog entry knows, where the directive bars them: they begin, are looked at, and are ended."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from clearance.model.record import Record
from tests.agent.tracker.outcomes import AGENT
from tests.enforcing import AGENTS_BARRED, HOME, PERSON, WORK, Enforced, Room

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces, and questions of the kernel"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs node"),
]

STAYS = "setInterval(() => {}, 1000);\n" + "// notes\n" * 30
LIBRARY = '{"name": "NAME", "version": "1.0.0", "type": "module", "exports": "./index.js"}'

OPEN = AGENTS_BARRED.replace("effect: block\n    reason: none is cleared here\ndefault", "effect: allow\ndefault")


@pytest.fixture
def room() -> Iterator[Room]:
    with Room() as made:
        for name in ("@anthropic-ai/sdk", "openai"):
            made.write(f"{WORK}/node_modules/{name}/package.json", LIBRARY.replace("NAME", name))
            made.write(f"{WORK}/node_modules/{name}/index.js", "export default class {}\n")
        made.write(f"{WORK}/notes.mjs", AGENT + STAYS)
        made.write(f"{WORK}/calm.mjs", STAYS)
        for name in ("notes", "calm"):
            os.chown(made.path(f"{WORK}/{name}.mjs"), PERSON, PERSON)
        yield made


def unknown(record: Record) -> bool:
    return record.kind == "decision" and record.subject["path"] == f"{WORK}/notes.mjs"


def begin(room: Room, name: str) -> int:
    return room.start("node", f"{WORK}/{name}.mjs", uid=PERSON, folder=HOME)


def test_it_is_ended_again_and_again_and_told_with_its_rule(room: Room) -> None:
    with Enforced(room) as here:
        first = here.next_record()
        calm = begin(room, "calm")
        for turn in range(3):
            done = room.wait(begin(room, "notes"), 60)
            print(f"\nstart {turn + 1}: ended after {done.ms:.0f} ms")
            assert done.code == -9
        here.until(lambda: len([one for one in here.decided(first) if unknown(one)]) >= 3, "it is not on record")
        found = [one for one in here.decided(first) if unknown(one)]
        assert {(one.subject["tool"], one.outcome.done) for one in found} <= {(None, "killed"), ("", "killed")}
        assert {(one.decision or {})["rule"] for one in found} == {"no-unknown-agents"}
        assert not room.ended(calm, 0.5)


def test_it_runs_where_nothing_comes_of_it(room: Room) -> None:
    assert OPEN != AGENTS_BARRED
    with Enforced(room, OPEN):
        running = begin(room, "notes")
        assert not room.ended(running, 5.0)
