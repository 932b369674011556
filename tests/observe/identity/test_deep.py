"""Deep identity: what quick tells stands; more is read, unpacked and weighed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity import deep, quick
from clearance.observe.identity.types import REPORTING_THRESHOLD, Identification, Package, Traits
from clearance.observe.reader import BytesReader
from tests.observe.identity import made
from tests.observe.identity.made import RULES, SOURCE
from tests.observe.identity.test_quick import PROGRAMS

NOISE = bytes(range(32, 127)) * 12_000
AGENT = b'''#!/usr/bin/env python3
"""A few pages that keep house."""
import json, os, subprocess, sys
import anthropic

SYSTEM = "You are a careful colleague. You have access to a shell."
TOOLS = [{"name": "run_command", "input_schema": {"type": "object"}}]

def main():
    client = anthropic.Anthropic(base_url=os.environ.get("ANTHROPIC_BASE_URL"))
    messages = [{"role": "user", "content": sys.argv[1]}]
    while True:
        reply = client.messages.create(model="m", system=SYSTEM, tools=TOOLS, messages=messages)
        for block in reply.content:
            if block.type == "tool_use":
                out = subprocess.run(block.input["command"], shell=True, capture_output=True)
                messages.append({"role": "user", "content": [{"type": "tool_result", "content": out.stdout}]})

if __name__ == "__main__":
    main()
'''
PACKAGES = (
    None,
    Package("npm", "@acme/coder", "4.5.6", "p/package.json", True),
    Package("npm", "@acme/coder", "4.5.6", "p/package.json"),
    Package("npm", "fork-coder", "4.5.6", "p/package.json", True),
    Package("npm", "@acme/sdk", "4.5.6", "p/package.json", True),
    Package("npm", "other-thing", "4.5.6", "p/package.json", True),
    Package("npm", "other-thing", None, "p/package.json"),
)


def identify(data: bytes, package: Package | None = None) -> Identification | Traits | None:
    return deep.identify(BytesReader(data), RULES, package)


def told(data: bytes) -> tuple[str, str | None]:
    verdict = identify(data)
    assert isinstance(verdict, Identification)
    return verdict.tool, verdict.version


@pytest.mark.parametrize("form", PROGRAMS)
def test_both_depths_agree(form: str) -> None:
    assert identify(PROGRAMS[form]) == quick.identify(BytesReader(PROGRAMS[form]), RULES)


def test_markers_that_lie_where_quick_does_not_look() -> None:
    body = NOISE * 9
    middle = len(body) // 2 + 12_345
    data = b"#!/usr/bin/env node\n" + body[:middle] + SOURCE + body[middle:]
    assert told(data) == ("acme", "1.2.3")


def test_a_version_before_its_tool_is_told() -> None:
    data = (
        b"#!/usr/bin/env node\n"
        + NOISE
        + b'ACME_VERSION="1.2.3"'
        + NOISE * 4
        + b"// Acme Coder, your agent ACME_HOME ACME_PROFILE"
        + NOISE * 2
    )
    assert told(data) == ("acme", "1.2.3")


PROGRAM = made.elf({".rodata": b"x" * 100, ".bun": made.bun({"/$bunfs/root/acme": SOURCE + NOISE})})


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, brotli.compress])
def test_packed_programs(pack: object) -> None:
    data = pack(PROGRAM)  # type: ignore[operator]
    data = data + bytes(max(0, 1_100_000 - len(data))) if pack is not brotli.compress else data
    assert told(data) == ("acme", "1.2.3")


def test_wheel_jar_vsix_and_what_they_hold() -> None:
    assert told(made.archive({"acme_cli/bin/start": PROGRAM})) == ("acme", "1.2.3")
    manifest = b'{"name": "@acme/coder", "version": "5.0.0"}'
    assert told(made.archive({"extension/package.json": manifest, "extension/x.txt": b"y" * 600})) == ("acme", "5.0.0")


def test_an_archive_of_many_packages_is_none_of_them() -> None:
    files = {"package.json": b'{"name": "@acme/coder", "version": "1"}', "package/package.json": b'{"name": "x"}'}
    assert identify(made.archive(files)) is None


def test_npm_tarball() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as out:
        for name, data in {"package/package.json": b'{"name": "@acme/coder", "version": "3.3.3"}'}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            out.addfile(entry, io.BytesIO(data))
    assert told(buffer.getvalue() + bytes(70_000)) == ("acme", "3.3.3")


def test_electron_archive() -> None:
    data = made.asar({"package.json": b'{"name": "desk", "version": "1.0.0"}'})
    assert identify(data) is None


def test_constants_of_a_program_in_utf_16() -> None:
    text = "crates/acme-cli/src/main.rs ACME_HOME is not set".encode("utf-16-le")
    data = made.elf({".rodata": b"acme: no profile", ".strange": b"\x01\x02\x03" * 50_000 + text})
    verdict = identify(data)
    assert isinstance(verdict, Identification)
    assert {one.kind for one in verdict.evidence} == {"elf-data", "anywhere"}


def test_an_unknown_agent_is_weighed() -> None:
    verdict = identify(AGENT)
    assert isinstance(verdict, Traits)
    assert verdict.score >= REPORTING_THRESHOLD
    assert "is started as a program" in verdict.traits


def test_compiled_agents_are_weighed() -> None:
    script = b'import Anthropic from "@anthropic-ai/sdk";' + AGENT
    for data in (
        made.elf({".bun": made.bun({"/$bunfs/root/notes": script})}),
        made.elf({".rodata": b"x"}, overlay=made.pyinstaller({"notes": AGENT})),
        made.archive({"__main__.py": AGENT}, before=b"#!/usr/bin/env python3\n"),
    ):
        verdict = identify(data)
        assert isinstance(verdict, Traits)
        assert verdict.score >= REPORTING_THRESHOLD


def test_libraries_and_what_is_never_started_are_not() -> None:
    library = AGENT.replace(b"#!/usr/bin/env python3\n", b"").replace(b'if __name__ == "__main__":', b"def other():")
    verdict = identify(library.replace(b"sys.argv[1]", b"argument"))
    assert verdict is None or (isinstance(verdict, Traits) and verdict.score < REPORTING_THRESHOLD)
    known = identify(AGENT, Package("npm", "@acme/sdk", "1.0", "/p/package.json"))
    assert isinstance(known, Traits)
    assert known.score < REPORTING_THRESHOLD
    shared = made.elf({".rodata": AGENT}, kind=3)
    verdict = identify(shared)
    assert verdict is None or (isinstance(verdict, Traits) and verdict.score < REPORTING_THRESHOLD)


def test_the_parts_of_an_archive_are_weighed_one_by_one_unless_it_is_a_program() -> None:
    talks = b"import anthropic\nKEY = 'ANTHROPIC_API_KEY'\nREPLY = 'messages.create('\n" + b"# more\n" * 100
    offers = b"import sys\nTOOLS = ['tool_use', 'tool_result', 'input_schema', 'run_command']\n" + b"# more\n" * 100
    acts = b"import subprocess\nsubprocess.run(sys.argv)\nSYSTEM = 'You are an expert'\n" + b"# more\n" * 100
    parts = {"kit/talks.py": talks, "kit/offers.py": offers, "kit/acts.py": acts + b"# run_command\n"}
    library, program, agent = made.archive(parts), made.archive({**parts, "__main__.py": acts}), {"a/x.py": AGENT}
    scores = []
    for data in (library, program, made.archive({**parts, **agent}), made.archive({"inner": made.archive(agent)})):
        verdict = identify(data)
        scores.append(verdict.score if isinstance(verdict, Traits) else 0.0)
    assert [score >= REPORTING_THRESHOLD for score in scores] == [False, True, True, True], scores
    sdk = identify(made.archive(agent), Package("npm", "@acme/sdk", "1", "p/package.json"))
    assert isinstance(sdk, Traits)
    assert sdk.score < REPORTING_THRESHOLD


def test_a_viewer_that_holds_every_word_is_no_agent() -> None:
    verdict = identify(made.elf({".rodata": AGENT + b"api.openai.com api.anthropic.com /v1/messages"}))
    assert isinstance(verdict, Traits)
    assert verdict.score < REPORTING_THRESHOLD


def test_bombs_are_bounded() -> None:
    bomb = gzip.compress(bytes(80_000_000))
    assert identify(bomb + bytes(70_000)) is None
    nested = made.archive({"bin/a": made.archive({"bin/b": made.archive({"bin/c": SOURCE * 10})})})
    assert identify(nested) is None


@given(st.sampled_from([gzip.compress(SOURCE * 50), bz2.compress(SOURCE * 50), lzma.compress(SOURCE * 50)]), st.data())
def test_damaged_streams_never_fail(packed: bytes, draw: st.DataObject) -> None:
    data = bytearray(packed)
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    identify(bytes(data))


@given(st.binary(max_size=2000))
def test_any_bytes_never_fail(data: bytes) -> None:
    for start in (b"", b"\x1f\x8b\x08\0", b"PK\x03\x04", b"\x04\0\0\0", b"\xfd7zXZ\0", b"BZh9"):
        identify(start + data)


@given(st.sampled_from([*PROGRAMS.values(), AGENT, NOISE[:9000], b"x"]), st.sampled_from(PACKAGES))
def test_what_lies_in_a_package(data: bytes, package: Package | None) -> None:
    """The content says what it says without the package; the package adds to it, or is a tool's and tells alone."""
    alone, together = identify(data), identify(data, package)
    there = deep.identify_in(BytesReader(data), RULES, package)
    ours = package is not None and RULES.tool_of_package(package.ecosystem, package.name) is not None
    assert there == ((together or alone) if ours or alone is not None else None)
