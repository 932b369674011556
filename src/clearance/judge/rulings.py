"""What each waiver, each rule and the default of a directive say where they decide, made ready for judging."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from msgspec import UNSET, Struct

from clearance.judge.enforcement import carried_out
from clearance.judge.instants import FOREVER, in_words, span, zone
from clearance.judge.match import Term, terms
from clearance.judge.message import Template, default_message, filled, template
from clearance.model.decision import Replacement, ToolFacts
from clearance.model.directive import Default, Directive, Match, Metadata, Rule, Waiver
from clearance.model.terms import Effect, Enforce, Risk


class Ruling(Struct, frozen=True):
    """One waiver, one rule, or the default.

    It is in force from `start` to before `end` (see `instants.py`), which `since` and `until` say as the directive has
    it. `enforce` is how far its effect is carried out before the host's mode.
    """

    kind: Literal["waiver", "rule", "default"]
    id: str
    effect: Effect
    enforce: Enforce
    reason: str
    terms: tuple[Term, ...] = ()
    risk: Risk | None = None
    replacement: Replacement | None = None
    message: Template = ()
    settings: dict[str, str | int | float | bool] = {}
    since: str | None = None
    until: str | None = None
    start: int = -FOREVER
    end: int = FOREVER


class Rulings:
    """The rulings of a directive: `ordered` are the waivers, then the rules, each in their order; `default` is the last
    word. `zone` is the time zone its dates are in, `contact` where people turn to."""

    zone: dt.tzinfo
    contact: str
    ordered: tuple[Ruling, ...]
    default: Ruling

    def __init__(self, directive: Directive, tools: Mapping[str, ToolFacts]) -> None:
        metadata = Metadata(id="") if directive.metadata is UNSET else directive.metadata
        self.zone = zone(metadata.timezone)
        self.contact = "" if directive.contact is UNSET else directive.contact
        self._groups = directive.groups
        self._tools = tools
        self._words = {"contact": self.contact, "directive.id": metadata.id, "directive.title": metadata.title}
        self.ordered = (*map(self._of_waiver, directive.waivers), *map(self._of_rule, directive.rules))
        self.default = self._of_default(Default() if directive.default is UNSET else directive.default)

    def _of_waiver(self, waiver: Waiver) -> Ruling:
        own = Match(tool=waiver.tool, group=waiver.group, user=waiver.user, host=waiver.host)
        inner = terms(waiver.match, self._groups) if waiver.match else ()
        bounds = span(waiver.from_, waiver.until, self.zone)
        return Ruling(
            kind="waiver",
            id=waiver.id,
            effect="allow",
            enforce=carried_out("allow"),
            reason=waiver.reason,
            terms=(*terms(own, self._groups), *inner),
            since=waiver.from_,
            until=waiver.until,
            start=bounds.start,
            end=bounds.end,
        )

    def _of_rule(self, rule: Rule) -> Ruling:
        bounds = span(rule.from_, rule.until, self.zone)
        replacement = self._replacement(rule.replacement)
        words = {
            "rule.id": rule.id,
            "rule.reason": rule.reason,
            "rule.from": in_words(rule.from_ or ""),
            "rule.until": in_words(rule.until or ""),
        }
        return Ruling(
            kind="rule",
            id=rule.id,
            effect=rule.effect,
            enforce=carried_out(rule.effect, rule.enforce),
            reason=rule.reason,
            terms=terms(rule.match, self._groups),
            risk=rule.risk,
            replacement=replacement,
            message=self._message(rule, replacement, words),
            settings=rule.settings,
            since=rule.from_,
            until=rule.until,
            start=bounds.start,
            end=bounds.end,
        )

    def _of_default(self, default: Default) -> Ruling:
        replacement = self._replacement(default.replacement)
        return Ruling(
            kind="default",
            id="default",
            effect=default.effect,
            enforce=carried_out(default.effect, default.enforce),
            reason=default.reason,
            replacement=replacement,
            message=self._message(default, replacement, {"rule.reason": default.reason}),
        )

    def _replacement(self, tool: str | None) -> Replacement | None:
        if tool is None:
            return None
        facts = self._tools.get(tool)
        return Replacement(tool, facts.name if facts else tool, facts.command if facts else "")

    def _message(self, rule: Rule | Default, replacement: Replacement | None, words: Mapping[str, str]) -> Template:
        """What to tell, but for what only the request knows."""
        if not rule.message:
            return default_message(rule, replacement, self.contact)
        known = {**self._words, **words}
        if replacement:
            known["replacement.id"] = replacement.tool
            known["replacement.name"] = replacement.name
            known["replacement.command"] = replacement.command
        return filled(template(rule.message), known)
