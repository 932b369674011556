"""Fuzzes directives and their test cases: `python -m tests.fuzz.fuzz_directive [SECONDS] [SEED]`.

The shipped directives are mutated byte by byte, line by line and word by word. Whatever comes out must be read, or
refused with an `Error`; what can be read must compile, be linted, decide, be explained and compared. Anything else that
is raised, or more than `SLOW` seconds for one input, ends the run with that input.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from clearance.catalog.source import LARGEST
from clearance.errors import Error
from clearance.judge.cases import run_cases
from clearance.judge.diff import diff
from clearance.judge.engine import compile_directive
from clearance.judge.lint import lint
from clearance.judge.parse import parse
from tests.fuzz.rounds import spend
from tests.judge.builders import AT, HOSTS, TOOLS, ask, judge

SLOW: Final = 10.0
EXAMPLES: Final = Path(__file__).parents[2] / "examples" / "directives"
DIRECTIVES: Final = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.yaml")) if ".test." not in path.name]
CASES: Final = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.test.yaml"))]
WORDS: Final = (
    b"match", b"not", b"tool", b"alpha", b"*", b"?", b"[a", b"[!", b"&a ", b"*a", b"!!x ", b"{", b"}", b"[",
    b"]", b": ", b"- ", b"| ", b"> ", b"\\u001b", b'"', b"'", b"#", b"%", b"\t", b"\0", b"\xff",
    b"\xe2\x80\xae", b"2026-07-10", b"9999-12-31", b"0001-01-01", b">=1,<2", b"~=1.4", b"==2.*",
    b"99999999999999999999", b"1e999", b"null", b"true", b"unknown", b"effect", b"block", b"\n  ",
    b"{tool.name}", b"{{", b"}}", b"score", b"vetted", b"within_days", b"group", b"residency", b"UTC",
    b"America/New_York",
)  # fmt: skip


def mutated(seed: bytes, rng: random.Random) -> bytes:
    """The document with some places changed."""
    data = bytearray(seed)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        change = rng.randrange(6)
        if change == 0:
            data[at : at + rng.randint(0, 12)] = rng.choice(WORDS)
        elif change == 1:
            data[at:at] = rng.choice(WORDS) * rng.choice((1, 1, 2, 200))
        elif change == 2:
            del data[at : at + rng.randint(1, 40)]
        elif change == 3:
            data[at : at + 1] = bytes([rng.randrange(256)])
        elif change == 4:
            lines = bytes(data).split(b"\n")
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            data = bytearray(b"\n".join(lines))
        else:
            lines = bytes(data).split(b"\n")
            rng.shuffle(lines)
            data = bytearray(b"\n".join(lines))
    return bytes(data[: LARGEST + 1])


def try_directive(data: bytes) -> bool:
    """Whether the bytes are a directive; all that can be done with one is done."""
    try:
        merged = parse([("fuzzed.yaml", data)])
    except Error as error:
        assert "\x1b" not in str(error)
        return False
    judged = compile_directive(merged, TOOLS, hosts=HOSTS)
    for request in (ask(), ask(None, score=0.9), ask(version="1.5", user="ana", host="h", endpoint="relay.example")):
        assert judged.explain(request).decision == judged.decide(request)
    lint(merged, TOOLS, AT, hosts=HOSTS)
    diff(judged, judge("rules: []"), AT)
    return True


def try_cases(data: bytes) -> bool:
    """Whether the bytes are test cases; they are run."""
    try:
        run_cases("fuzzed.test.yaml", data, judge("tools: [{id: claude-code}, {id: qwen-code}]"))
    except Error as error:
        assert "\x1b" not in str(error)
        return False
    return True


def drawn(rng: random.Random) -> tuple[bytes, Callable[[bytes], bool]]:
    """A broken directive, or broken test cases."""
    target: Callable[[bytes], bool]
    seeds, target = rng.choice(((DIRECTIVES, try_directive), (CASES, try_cases)))
    return mutated(rng.choice(seeds), rng), target


def main() -> None:
    """Run for so many seconds from this seed."""
    tried, read = spend(drawn, SLOW)
    print(f"{tried} documents, {read} of them could be read; every other one was refused with its place")


if __name__ == "__main__":
    main()
