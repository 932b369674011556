"""Where a tool sends, what kind of place that is, and where data sent there stays.

Residency and endpoint class are those of tool and endpoint together. The endpoint is the one in the request, else the
tool's own default, its first host. What it is, is said by the first that knows it: the directive's `endpoints`, in
order; the tool's own hosts, which are its vendor's; the catalog's lists of cloud providers and relays. Where nobody
knows, the value is `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from clearance.judge.glob import fold, matcher
from clearance.model.decision import ToolFacts
from clearance.model.directive import EndpointRule
from clearance.model.terms import IN_HOUSE, UNKNOWN, EndpointClass

_NOBODY_KNOWS: tuple[str, ...] = (UNKNOWN,)


class Destination(Struct, frozen=True):
    """A host, what kind of place it is, and where data sent to it stays."""

    host: str = UNKNOWN
    class_: EndpointClass = UNKNOWN
    residency: tuple[str, ...] = _NOBODY_KNOWS


class Destinations:
    """What each host is when a tool (or an unknown agent: None) sends to it. `default` is where it sends by itself."""

    def __init__(
        self,
        facts: ToolFacts | None,
        stated: tuple[EndpointRule, ...],
        listed: Mapping[str, EndpointClass],
    ) -> None:
        own = _own_residency(facts) if facts else _NOBODY_KNOWS
        known: list[tuple[Callable[[str], bool], EndpointClass, tuple[str, ...]]] = []
        for rule in stated:
            otherwise = own if rule.class_ == "vendor" else _NOBODY_KNOWS
            residency = tuple(fold(region) for region in rule.residency)
            known.append((matcher((fold(rule.host),)), rule.class_, residency or otherwise))
        if facts:
            known.append((matcher(fold(host) for host in facts.hosts), "vendor", own))
        for class_ in dict.fromkeys(listed.values()):
            hosts = (fold(host) for host, given in listed.items() if given == class_)
            known.append((matcher(hosts), class_, _NOBODY_KNOWS))
        self._known = tuple(known)
        # A tool without a host of its own keeps its data where the tool is.
        self.default = self.at(facts.hosts[0]) if facts and facts.hosts else Destination(residency=own)

    def at(self, host: str) -> Destination:
        """What this host is. Capitals and a dot at its end do not count."""
        name = fold(host).removesuffix(".")
        for matches, class_, residency in self._known:
            if matches(name):
                return Destination(name, class_, residency)
        return Destination(name)


def _own_residency(facts: ToolFacts) -> tuple[str, ...]:
    """Where the tool's own default keeps data. A local one that sends nowhere by itself keeps it in-house."""
    known = tuple(fold(region) for region in facts.residency) or _NOBODY_KNOWS
    stays = facts.deployment == "local" and not facts.hosts and known == _NOBODY_KNOWS
    return (IN_HOUSE,) if stays else known
