"""What one decision costs, against the 20 microseconds it may take, for directives of several sizes.

`python -m tests.bench decide` prints ratios to that limit (below 1 is within it). Nothing here asserts a time.
"""

from __future__ import annotations

import datetime as dt
import timeit
from pathlib import Path

from clearance.catalog import load_catalog
from clearance.judge.engine import Judge, compile_directive
from clearance.judge.merged import Merged
from clearance.judge.parse import parse
from clearance.model.decision import Request
from clearance.model.directive import Directive, EndpointRule, Group, Match, Metadata, Rule, Waiver
from clearance.tasks.policy import facts, judge_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "directives" / "approved-list.yaml"
AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
LIMIT = 20e-6
CALLS = 200
ROUNDS = 60


def large(rules: int, tools: tuple[str, ...]) -> Merged:
    """A directive of so many rules, most on one tool each, with groups, waivers, dates and endpoints."""
    match = (
        Match(tool=tools[n % len(tools)], version=f">={n % 7}.1,<{n % 7 + 1}", group=f"g{n % 9}") for n in range(rules)
    )
    return Merged(
        Directive(
            apiVersion="clearance/v1",
            kind="Directive",
            metadata=Metadata(id="D", timezone="Europe/Zurich"),
            groups={f"g{n}": Group(users=(f"user-{n}*",), unix_groups=("dev",), hosts=("lab-*",)) for n in range(9)},
            endpoints=tuple(EndpointRule(host=f"*.gw{n}.example", class_="cleared-gateway") for n in range(9)),
            rules=(
                *(Rule(id=f"r{n}", match=m, effect="warn", reason="r") for n, m in enumerate(match)),
                Rule(
                    id="z",
                    match=Match(kind="coding-agent", not_=Match(residency="in-house")),
                    effect="block",
                    from_="2026-07-10",
                ),
                Rule(id="soon", match=Match(), effect="block", from_="2027-07-10"),
            ),
            waivers=tuple(Waiver(id=f"W{n}", tool=tools[n], group="g1", until="2026-12-31") for n in range(9)),
        )
    )


def cost(judge: Judge, request: Request) -> float:
    """Seconds for one decision: the best of several rounds, since everything else only adds to it."""
    judge.decide(request)
    return min(timeit.repeat(lambda: judge.decide(request), number=CALLS, repeat=ROUNDS)) / CALLS


def main() -> None:
    """Print a line for each directive and request."""
    catalog = load_catalog()
    tools = facts(catalog)
    claude = tools["claude-code"]
    nothing_seen = Request(tool=claude, at=AT)
    all_seen = Request(
        tool=claude, at=AT, version="2.1.196-beta.3", surface="binary", endpoint="relay.example.net", user="ana",
        unix_groups=("users",), host="desk-4", confidence="certain",
    )  # fmt: skip
    agent = Request(tool=None, at=AT, score=0.9)
    judges = [("the example, 6 rules", judge_of(parse([(EXAMPLE.name, EXAMPLE.read_bytes())]), catalog))]
    for size in (100, 1000, 5000):
        judges.append((f"{size} rules", compile_directive(large(size, tuple(tools)), tools, hosts=catalog.hosts)))
    for name, judge in judges:
        for what, request in (("nothing seen", nothing_seen), ("all seen", all_seen), ("unknown agent", agent)):
            took = cost(judge, request)
            print(f"{name:<22} {what:<14} {took * 1e6:6.1f} µs   {took / LIMIT:.2f} of the limit")


if __name__ == "__main__":
    main()
