from __future__ import annotations

import subprocess
import sys

from clearance.catalog.index import Catalog
from clearance.judge.parse import parse
from clearance.model.terms import EndpointClass
from clearance.tasks import judges
from tests.builders import tool
from tests.judge.builders import HEADER, ask


def test_the_judge_has_the_catalogs_facts_and_hosts() -> None:
    merged = parse((("d.yaml", f"{HEADER}tools: [{{id: own}}]".encode()),))
    hosts: dict[str, EndpointClass] = {"relay.example": "relay"}
    catalog = Catalog((tool("alpha", hosts=("api.alpha.example",)), tool("beta")))
    catalog.hosts.update(hosts)
    judge = judges.judge_of(merged, catalog, 4, example=True)
    assert list(judge.tools) == ["alpha", "beta", "own"]
    assert list(judges.facts(catalog)) == ["alpha", "beta"]
    assert (judge.policy.generation, judge.policy.example) == (4, True)
    assert judge.decide(ask(judge.tools["alpha"], endpoint="relay.example")).endpoint_class == "relay"


def test_whoever_judges_has_nothing_in_memory_that_reads() -> None:
    ask = "import sys, clearance.tasks.judges; print([m for m in sys.modules if 'yaml' in m and 'msgspec' not in m])"
    assert subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout == "[]\n"
