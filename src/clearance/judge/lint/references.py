"""Names that point at something: tools, vendors, groups, endpoints, switches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from clearance.catalog.source import shown
from clearance.judge.glob import fold, is_glob, matcher
from clearance.judge.lint.review import Review, each, nearest
from clearance.model.review import Remark
from clearance.model.terms import IN_HOUSE, TOPICS, UNKNOWN

_ADD_TOOL: Final = "see the ids with: clearance explain; or add the tool under `tools:`"


def tools(review: Review) -> Iterator[Remark]:
    """A tool that neither the catalog nor the directive knows; a glob that none of theirs matches."""
    known = review.judge.tools
    folded = [fold(tool) for tool in known]
    for path, subject, match in review.matches():
        for where, value in each(match, "tool", path):
            name = shown(value)
            if not is_glob(value):
                if fold(value) not in folded:
                    what = f'{subject} names the tool "{name}", which is not known'
                    yield review.remark("unknown-tool", "error", where, what, nearest(value, known) or _ADD_TOOL)
            elif not any(map(matcher((fold(value),)), folded)):
                what = f'{subject}: no known tool has an id like "{name}"'
                yield review.remark("unknown-tool", "warning", where, what, _ADD_TOOL)
    for path, rule, _ruling in review.rules():
        if rule.replacement is not None and rule.replacement not in known:
            what = f'rule "{shown(rule.id)}" points to "{shown(rule.replacement)}", which is not known'
            remedy = nearest(rule.replacement, known) or _ADD_TOOL
            yield review.remark("unknown-tool", "error", (*path, "replacement"), what, remedy)
    if (instead := review.judge.default.replacement) and instead.tool not in known:
        what = f'the default points to "{shown(instead.tool)}", which is not known'
        remedy = nearest(instead.tool, known) or _ADD_TOOL
        yield review.remark("unknown-tool", "error", ("default", "replacement"), what, remedy)


def vendors_and_regions(review: Review) -> Iterator[Remark]:
    """A vendor that no known tool has; a country or region that looks like a slip."""
    vendors = {fold(facts.vendor): facts.vendor for facts in review.judge.tools.values()}
    for path, subject, match in review.matches():
        for where, value in each(match, "vendor", path):
            if fold(value) != UNKNOWN and not any(map(matcher((fold(value),)), vendors)):
                what = f'{subject}: no known tool is of the vendor "{shown(value)}"'
                remedy = nearest(fold(value), vendors) or "see the vendors with: clearance explain"
                yield review.remark("unknown-vendor", "warning", where, what, remedy)
        for where, value in each(match, "country", path):
            if not is_glob(value) and fold(value) != UNKNOWN and len(value) != 2:
                what = f'{subject}: "{shown(value)}" is no country code'
                yield review.remark("unknown-country", "warning", where, what, "write two letters, as in US or CH")
        for where, value in each(match, "residency", path):
            if slip := _slip(value):
                what = f'{subject}: no tool states the region "{shown(value)}"'
                yield review.remark("unknown-region", "warning", where, what, f'did you mean "{slip}"?')
    for index, endpoint in enumerate(review.directive.endpoints):
        for number, region in enumerate(endpoint.residency):
            if slip := _slip(region):
                what = f'endpoint "{shown(endpoint.host)}" keeps data in "{shown(region)}", which is no region'
                where = ("endpoints", index, "residency", number)
                yield review.remark("unknown-region", "warning", where, what, f'did you mean "{slip}"?')


def _slip(region: str) -> str:
    """What was probably meant by a word that is nearly `in-house` or `unknown`."""
    letters = "".join(char for char in fold(region) if char.isalpha())
    for word in (IN_HOUSE, UNKNOWN):
        if fold(region) != word and letters in (
            word.replace("-", ""),
            word.replace("-", "") + "d",
            "onpremises",
            "onprem",
        ):
            return word
    return ""


def groups(review: Review) -> Iterator[Remark]:
    """A group that is not defined, one that nobody can belong to, one that nothing uses."""
    defined = review.directive.groups
    used = set()
    for path, subject, match in review.matches():
        for where, name in each(match, "group", path):
            used.add(name)
            if name not in defined:
                what = f'{subject} names the group "{shown(name)}", which is not defined'
                remedy = nearest(name, defined) or "define it under `groups:`"
                yield review.remark("undefined-group", "error", where, what, remedy)
    for name, group in defined.items():
        if not (group.users or group.unix_groups or group.hosts):
            what = f'group "{shown(name)}" matches nobody'
            remedy = "give it users, unix_groups or hosts"
            yield review.remark("empty-group", "error", ("groups", name), what, remedy, key=True)
        elif name not in used:
            what = f'group "{shown(name)}" is used by no rule and no waiver'
            yield review.remark("unused-group", "warning", ("groups", name), what, "take it out, or use it", key=True)


def endpoints(review: Review) -> Iterator[Remark]:
    """A cleared gateway that does not say where data stays; an endpoint that an earlier one hides."""
    earlier: list[str] = []
    for index, endpoint in enumerate(review.directive.endpoints):
        subject = f'endpoint "{shown(endpoint.host)}"'
        if endpoint.class_ == "cleared-gateway" and not endpoint.residency:
            what = f"{subject} is cleared and gives no residency, which therefore counts as unknown"
            yield review.remark(
                "endpoint-without-residency",
                "warning",
                ("endpoints", index),
                what,
                "add residency: [in-house], or where it is",
            )
        if not is_glob(endpoint.host) and matcher(earlier)(fold(endpoint.host)):
            what = f"{subject} is never looked at: an earlier one matches it"
            yield review.remark("hidden-endpoint", "warning", ("endpoints", index), what, "put it before the wider one")
        earlier.append(fold(endpoint.host))


def local_tools(review: Review) -> Iterator[Remark]:
    """A new tool without a kind; a tool of the catalog stated to be in-house while its hosts are still the vendor's."""
    for index, tool in enumerate(review.directive.tools):
        known = review.judge.catalog.get(tool.id)
        subject = f'tool "{shown(tool.id)}"'
        if known is None and not tool.kind:
            what = f"{subject} has no kind: rules that match on one pass it by"
            yield review.remark(
                "tool-without-kind", "warning", ("tools", index), what, "add kind: coding-agent, or what it is"
            )
        facts = review.judge.tools[tool.id]
        if (
            known is not None
            and known.hosts
            and not tool.hosts
            and IN_HOUSE in facts.residency
            and IN_HOUSE not in known.residency
        ):
            what = (
                f"{subject} is stated to be in-house, yet its hosts are still the vendor's ({shown(known.hosts[0])}, …)"
            )
            yield review.remark(
                "in-house-with-vendor-hosts",
                "warning",
                ("tools", index),
                what,
                "add hosts: with where it sends to here",
            )


def settings(review: Review) -> Iterator[Remark]:
    """A setting that is neither a topic nor a data switch of a tool that the rule can match."""
    for path, rule, ruling in review.rules():
        tools = review.judge.tools.values() if rule.settings else ()
        matched = (tool for tool in tools if review.can_match(ruling, tool))
        names = {name for tool in matched for name in review.switches.get(tool.id, ())}
        for name in rule.settings:
            if name not in names and name not in TOPICS:
                what = f'rule "{shown(rule.id)}" sets "{shown(name)}", which is no data switch of a tool it can match'
                remedy = nearest(name, (*names, *TOPICS)) or "see a tool's switches with: clearance explain TOOL"
                yield review.remark("unknown-switch", "error", (*path, "settings", name), what, remedy, key=True)
