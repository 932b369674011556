"""Quick identity on small programs of every form, with a budget, and patched anywhere."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity import quick
from clearance.observe.identity.types import Identification, Package
from clearance.observe.reader import BudgetReader, BytesReader
from tests.observe.identity import made
from tests.observe.identity.made import RULES, SOURCE

FILL = b"function other(){return 1}\n" * 4000
NOTE = made.note(b"NODE_SEA_BLOB", made.sea("acme-loader.js", SOURCE + FILL))
CONSTANTS = b"\0".join([b"crates/acme-cli/src/main.rs", b"ACME_HOME is not set", b"x" * 40_000, b"acme-client/3.1.4 "])
PROGRAMS = {
    "bun": made.elf({".rodata": b"runtime", ".bun": made.bun({"/$bunfs/root/acme": SOURCE + FILL})}),
    "bun-stripped": made.elf({".bun": made.bun({"/$bunfs/root/acme": SOURCE + FILL})}, stripped=True),
    "bun-pe": made.pe({".rdata": b"runtime", ".bun": made.bun({"/$bunfs/root/acme": SOURCE + FILL})}),
    "bun-macho": made.macho({"__BUN,__bun": made.bun({"/$bunfs/root/acme": SOURCE + FILL})}),
    "bun-wide": made.elf({".bun": made.bun({"/$bunfs/root/acme": (SOURCE + FILL).decode().encode("utf-16-le")})}),
    "bun-arguments": made.elf(
        {".bun": made.bun({"/$bunfs/root/index.js": SOURCE}, arguments="--user-agent=acme/1.2.3 --x")}
    ),
    "sea": made.elf({".rodata": b"node"}, note=NOTE),
    "rust": made.elf({".rodata": CONSTANTS}),
    "script": SOURCE,
    "bundle": b"#!/usr/bin/env node\n" + FILL * 8 + SOURCE,
    "wide-bundle": (SOURCE + FILL * 4).decode().encode("utf-16-le"),
}

NAMES = ("@acme/coder", "fork-coder", "@acme/sdk", "other-thing")


def identify(data: bytes, package: Package | None = None) -> Identification | None:
    return quick.identify(BytesReader(data), RULES, package)


@pytest.mark.parametrize("form", PROGRAMS)
def test_every_form_is_told_with_its_version(form: str) -> None:
    verdict = identify(PROGRAMS[form])
    assert verdict is not None
    assert (verdict.tool, verdict.confidence) == ("acme", "certain")
    assert verdict.version == ("3.1.4" if form == "rust" else "1.2.3")


@pytest.mark.parametrize("form", PROGRAMS)
def test_at_most_a_mebibyte_is_read(form: str) -> None:
    counted = BudgetReader(BytesReader(PROGRAMS[form]), quick.MOST_BYTES)
    assert quick.identify(counted, RULES) == identify(PROGRAMS[form])


@pytest.mark.parametrize("data", [*PROGRAMS.values(), FILL, b""])
@pytest.mark.parametrize(
    "package", [None, *(Package("npm", n, "4.5.6", "p", runs) for n in NAMES for runs in (False, True))]
)
def test_what_lies_in_a_package(data: bytes, package: Package | None) -> None:
    """A tool's package tells what the content does not, and any other leaves what that says."""
    alone, together = identify(data), identify(data, package)
    assert quick.identify_in(BytesReader(data), RULES, package) == (together or alone)


@pytest.mark.parametrize("form", PROGRAMS)
def test_one_byte_patched_anywhere_is_no_disguise(form: str) -> None:
    draw = random.Random(form)
    data = PROGRAMS[form]
    for _ in range(60):
        at = draw.randrange(64, len(data))
        verdict = identify(data[:at] + bytes([data[at] ^ 0x21]) + data[at + 1 :])
        assert verdict is not None, at
        assert verdict.tool == "acme"


def test_a_name_is_no_proof() -> None:
    assert identify(b"#!/usr/bin/env node\nconsole.log('acme')\n") is None
    assert identify(made.elf({".bun": made.bun({"/$bunfs/root/viewer": b"ACME_HOME"})})) is None


def test_go_and_cargo_name_their_package() -> None:
    for section, content, version in (
        (".go.buildinfo", made.go_buildinfo("acme.example/coder", "v2.0.1"), "2.0.1"),
        (".dep-v0", made.crates("acme-cli", "0.9.1"), "0.9.1"),
    ):
        verdict = identify(made.elf({section: content, ".rodata": b"x" * 100}))
        assert verdict is not None
        assert (verdict.tool, verdict.version, verdict.confidence) == ("acme", version, "strong")


def test_a_go_library_among_the_dependencies_is_not_the_tool() -> None:
    info = made.go_buildinfo("other.example/viewer", "v1.0.0", "dep\tacme.example/coder\tv2.0.1\th1:=\n")
    assert identify(made.elf({".go.buildinfo": info})) is None


def test_python_console_script() -> None:
    script = b"#!/v/bin/python\nimport sys\nfrom acme_cli.main import main\nif True:\n    sys.exit(main())\n"
    verdict = identify(script)
    assert verdict is not None
    assert verdict.evidence[0].kind == "console-script"
    assert identify(script.replace(b"acme_cli.main", b"acme_cli.main.tests")) is None


def test_zipapp_by_its_members() -> None:
    verdict = identify(
        made.archive({"__main__.py": b"run()", "acme/core/x.py": b"x"}, before=b"#!/usr/bin/env python3\n")
    )
    assert verdict is not None
    assert verdict.evidence[0].detail == "module: acme/core/"


def test_pyinstaller_by_its_names() -> None:
    data = made.elf({".rodata": b"x"}, overlay=made.pyinstaller({"acme_start": b"x"}, library=b"acme.core.loop"))
    verdict = identify(data)
    assert verdict is not None
    assert verdict.confidence == "certain"


def test_the_neighbour_package() -> None:
    launcher = b"#!/usr/bin/env node\nrun()\n" * 4
    package = Package("npm", "@acme/coder", "1.9.0", "/p/package.json", program=True)
    verdict = identify(launcher, package)
    assert verdict is not None
    assert (verdict.version, verdict.confidence) == ("1.9.0", "strong")
    assert identify(launcher, Package("npm", "@acme/coder", "1.9.0", "/p/package.json")) is None


def test_related_modules_are_read_for_the_version() -> None:
    modules = {
        "/$bunfs/root/acme": b'import"/$bunfs/root/chunk-v.js";// Acme Coder, your agent',
        "/$bunfs/root/chunk-v.js": b'ACME_VERSION="8.8.8"',
    }
    for together in (True, False):
        verdict = identify(made.elf({".bun": made.bun(modules, together=together)}))
        assert verdict is not None
        assert verdict.version == "8.8.8"


@given(st.sampled_from(sorted(PROGRAMS)), st.data())
def test_hostile_programs_never_fail(form: str, draw: st.DataObject) -> None:
    data = bytearray(PROGRAMS[form][:20_000])
    for _ in range(draw.draw(st.integers(1, 30))):
        data[draw.draw(st.integers(0, min(len(data), 3000) - 1))] = draw.draw(st.integers(0, 255))
    identify(bytes(data))


@given(st.binary(max_size=3000))
def test_any_bytes_never_fail(data: bytes) -> None:
    identify(data)


def test_empty() -> None:
    assert identify(b"") is None
