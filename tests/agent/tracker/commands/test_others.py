"""What shells, Java and the loader run."""

from __future__ import annotations

import pytest

from clearance.observe.identity.runtimes import Runtime
from tests.agent.tracker.commands.told import told

CASES: list[tuple[Runtime, str, dict[str, object]]] = [
    ("java", "java -Xmx1g -cp a:b -jar x.jar y", {"script": ("x.jar",)}),
    ("java", "java Main.java", {"script": ("Main.java",)}),
    ("java", "jar tf x.jar", {}),
    ("java", "javac -version", {}),
    ("shell", "bash -x -o pipefail run.sh a", {"script": ("run.sh",)}),
    ("shell", "bash --rcfile x -- -run.sh", {"script": ("-run.sh",)}),
    ("shell", "bash -lc something", {}),
    ("shell", "sh", {"stdin": True}),
    ("shell", "bash -s a", {"stdin": True}),
    ("loader", "ld.so --library-path /l --argv0=x /bin/tool a", {"program": ("/bin/tool", "a")}),
    ("loader", "ld.so --inhibit-cache tool", {"program": ("tool",)}),
    ("loader", "ld.so -- --tool", {"program": ("--tool",)}),
    ("loader", "ld.so --list tool", {}),
    ("loader", "ld.so", {}),
]


@pytest.mark.parametrize(("runtime", "line", "expected"), CASES, ids=[line for _, line, _ in CASES])
def test_what_is_run(runtime: Runtime, line: str, expected: dict[str, object]) -> None:
    assert told(runtime, line) == expected
