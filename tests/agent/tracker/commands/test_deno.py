"""What Deno runs."""

from __future__ import annotations

import pytest

from clearance.agent.tracker.commands import command
from tests.agent.tracker.commands.told import told

CASES = [
    ("deno run -A --config d.json cli.ts", {"script": ("cli.ts",)}),
    ("deno run -A npm:@acme/coder@1.2.3", {"script": ("npm:@acme/coder@1.2.3",)}),
    ("deno cli.ts", {"script": ("cli.ts",)}),
    ("deno run --preload ./a.ts cli.ts", {"loaded": ("./a.ts",), "script": ("cli.ts",)}),
    ("deno install x", {}),
    ("deno run -", {"stdin": True}),
    ("deno repl", {"stdin": True}),
]


@pytest.mark.parametrize(("line", "expected"), CASES, ids=[line for line, _ in CASES])
def test_what_is_run(line: str, expected: dict[str, object]) -> None:
    assert told("deno", line) == expected


def test_program_text_names_what_it_loads() -> None:
    assert command("deno", ["deno", "eval", "await import('npm:tool')"], {}).mentioned == ("npm:tool",)
