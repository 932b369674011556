"""A service whose children only listen, for the tests of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clearance.agent.footing import open_ledger
from clearance.agent.service import Service
from clearance.agent.settings import Settings
from clearance.agent.watched import Watched
from clearance.catalog import Catalog
from clearance.model.enforcement import Row
from clearance.model.record import Record
from clearance.observe.identity.rules import Rules
from clearance.prove.ledger.read import records_of
from clearance.wire.enforcement import Message, NewTable, Seen

HEAD = """apiVersion: clearance/v1
kind: Directive
metadata: {id: D-1, title: One, owner: security@example.com, review: 2035-10-10}
contact: https://intranet.example.com/ai-tools
"""
ALLOWED = HEAD + "default: {effect: allow}\n"
BARRED = (
    HEAD + "rules: [{id: none, match: {tool: codex}, effect: block, reason: r, risk: high}]\ndefault: {effect: allow}\n"
)
OWN = BARRED.replace("rules:", 'tools: [{id: icoder, kind: coding-agent, packages: ["npm:own-coder"]}]\nrules:')


class Crew:
    """Remembers what was asked of the children."""

    def __init__(self) -> None:
        self.given: list[tuple[str, Message]] = []
        self.told: list[tuple[str, Message]] = []
        self.ended: list[str] = []
        self.died: list[str] = []
        self.adopted: list[Rules] = []
        self.restarted = False

    def start(self, rules: Rules) -> None: ...
    def stop(self) -> None: ...

    def adopt(self, rules: Rules) -> None:
        self.adopted.append(rules)

    def pid(self, name: str) -> int:
        return 7

    def channels(self) -> Iterator[Any]:
        return iter(())

    def give(self, name: str, message: Message) -> None:
        self.given.append((name, message))

    def tell(self, name: str, message: Message) -> None:
        self.told.append((name, message))

    def lost(self, name: str) -> None:
        self.ended.append(name)

    def reap(self) -> list[str]:
        died, self.died = self.died, []
        return died

    def table(self, name: str = "guard") -> NewTable:
        """The newest table that a child was given."""
        found = [one for who, one in self.given if who == name and isinstance(one, NewTable)]
        return found[-1]


class Scene:
    """A service whose children only listen."""

    def __init__(self, folder: Path, catalog: Catalog, rules: Rules, text: str, **settings: Any) -> None:
        self.state, self.runtime = folder / "state", folder / "run"
        self.runtime.mkdir(exist_ok=True)
        self.directive = folder / "directive.yaml"
        self.directive.write_text(text)
        self.crew = Crew()
        chosen: dict[str, Any] = {"mode": "block", "directive": str(self.directive)} | settings
        self.service = Service(
            Settings(
                chosen["directive"], str(self.configured), chosen["mode"], Watched(("/w",), frozenset(), host=False),
                False, str(self.state), str(self.runtime),
            ),
            catalog, rules, open_ledger(str(self.state)), self.crew,  # type: ignore[arg-type]
        )  # fmt: skip

    @property
    def configured(self) -> Path:
        """Where a directive is looked for that nobody named."""
        return self.directive.with_name("none.d")

    def begin(self) -> Scene:
        self.service._begin()
        self.service.orders.give_tables()
        return self

    def turn(self) -> None:
        self.service._reap()
        self.service._clocks()
        if self.service.orders.changed:
            self.service.orders.give_tables()
        self.service.recording.write()
        self.service.recording.books.write()

    def hear(self, message: Message, name: str = "guard") -> None:
        self.service._message(name, message)

    def records(self) -> list[Record]:
        self.service.recording.books.write()
        return list(records_of(str(self.state / "ledger")))

    def events(self) -> list[str]:
        return [str(one.subject.get("event") or one.outcome.done) for one in self.records()]

    def row(self, tool: str = "codex") -> Row:
        return next(e.row for e in self.crew.table().table.entries if e.tool == tool)

    def seen(self, done: Any = "blocked") -> Seen:
        serial = self.crew.table().table.serial
        return Seen("exec", done, 42, 0, "/bin/codex", "codex", "1.0", self.row(), serial, 90)
