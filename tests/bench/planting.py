"""Real programs and agents hidden in a tree, under names that say nothing."""

from __future__ import annotations

import os
import random
from pathlib import Path

from tests.real_tools import REAL_TOOLS, Unavailable, fetch

LARGE_ENOUGH = 20_000
"""Bytes: a real tool's program of this size can be told by itself; smaller ones only launch what lies beside them."""

SUFFIXES = ("", ".txt", ".dat", ".png", ".bin", ".log", ".js", ".old", ".so.1", ".md", ".csv", ".cache", ".exe", ".o")

AGENT = '''#!/usr/bin/env python3
"""{purpose}"""
import json
import os
import subprocess
import sys

{sdk}

{model} = os.environ.get("{variable}", "{host}")
SYSTEM = "You are {role}. Use the tools to read and edit files and to run commands until the task is done."
TOOLS = [
    {{"name": "run_command", "description": "Run a shell command",
     "input_schema": {{"type": "object", "properties": {{"command": {{"type": "string"}}}}}}}},
    {{"name": "write_file", "description": "Write a file",
     "input_schema": {{"type": "object", "properties": {{"path": {{"type": "string"}}}}}}}},
]


def act(name, arguments):
    if name == "run_command":
        return subprocess.run(arguments["command"], shell=True, capture_output=True, text=True).stdout
    with open(arguments["path"], "w") as out:
        return str(out.write(arguments["text"]))


def main():
    messages = [{{"role": "user", "content": " ".join(sys.argv[1:])}}]
    while True:
        {call}
        messages.append({{"role": "assistant", "content": reply.content}})
        uses = [block for block in reply.content if block.type == "tool_use"]
        if not uses:
            return
        results = [{{"type": "tool_result", "tool_use_id": u.id, "content": act(u.name, u.input)}} for u in uses]
        messages.append({{"role": "user", "content": json.dumps(results)}})


if __name__ == "__main__":
    main()
'''

SDKS = (
    (
        "from anthropic import Anthropic",
        'reply = Anthropic().messages.create(model="m", system=SYSTEM, tools=TOOLS, messages=messages, max_tokens=999)',
        "ANTHROPIC_BASE_URL",
        "https://api.anthropic.com/v1",
    ),
    (
        "from openai import OpenAI",
        'reply = OpenAI().chat.completions.create(model="m", tools=TOOLS, tool_choice="auto", messages=messages)',
        "OPENAI_BASE_URL",
        "https://api.openai.com/v1",
    ),
    (
        "import litellm",
        'reply = litellm.completion(model="m", tools=TOOLS, tool_choice="auto", messages=messages)',
        "LITELLM_BASE_URL",
        "https://openrouter.ai/api/v1",
    ),
)


def agent(seed: int) -> bytes:
    """A small agent that no catalog knows. No two are alike."""
    rng = random.Random(seed)
    sdk, call, variable, host = rng.choice(SDKS)
    role = rng.choice(("a coding agent", "an autonomous software engineer", "an assistant that changes code by itself"))
    return AGENT.format(
        purpose=f"Agent {seed}.", sdk=sdk, call=call, variable=variable, host=host, role=role, model=f"HOST_{seed}"
    ).encode()


def programs() -> list[tuple[str, Path]]:
    """(catalog id, file) of every real tool's own program that can be had here."""
    found = []
    for real in REAL_TOOLS:
        try:
            prefix = fetch(real.name)
        except Unavailable:
            continue
        found += [(real.tool, prefix / p) for p in real.programs if (prefix / p).stat().st_size >= LARGE_ENOUGH]
    return found


def plant(tree: Path, count: int, seed: int = 1) -> dict[str, str]:
    """Hide `count` programs and agents below `tree`; path below it to catalog id, empty for an agent."""
    rng = random.Random(seed)
    folders = sorted(path for path in _folders(tree, rng, 4000))
    real = programs()
    planted = {}
    for number in range(count):
        path = Path(rng.choice(folders)) / f"{rng.randbytes(4).hex()}{rng.choice(SUFFIXES)}"
        # A run that was broken off left it, perhaps as another name of a program.
        path.unlink(missing_ok=True)
        if number % 4 == 0:
            path.write_bytes(agent(number))
            planted[str(path.relative_to(tree))] = ""
            continue
        tool, program = real[number % len(real)]
        os.link(program, path)
        planted[str(path.relative_to(tree))] = tool
    return planted


def _folders(tree: Path, rng: random.Random, most: int) -> list[str]:
    folders = [root for root, _, _ in os.walk(tree) if rng.random() < 0.2]
    return rng.sample(folders, min(most, len(folders)))
