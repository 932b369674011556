"""What holds for every format of a scan."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from clearance.model.sighting import ScanResult
from clearance.prove.formats.rendering import RenderOptions
from clearance.prove.formats.scan import FORMATS, NAMES, render
from tests.prove.formats.sample import OPTIONS, sample
from tests.prove.formats.strategies import results, texts

ROOT = Path(__file__).parents[4]
COLOURS = re.compile(r"\x1b\[[0-9;]*m")

options = st.builds(
    RenderOptions,
    group_by=st.sampled_from(("decision", "tool", "user")),
    colour=st.just(False),
    width=st.integers(1, 200),
    home_prefixes=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    verbose=st.booleans(),
    privileged=st.booleans(),
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(result=results, how=options)
def test_a_hostile_host_controls_nothing(name: str, result: ScanResult, how: RenderOptions) -> None:
    text = render(name, result, how)
    text.encode()
    assert text.endswith("\n")
    assert text.replace("\n", "").isprintable()
    assert render(name, result, how) == text


@settings(max_examples=60)
@given(result=results, how=options)
def test_colour_adds_colours_and_nothing_else(result: ScanResult, how: RenderOptions) -> None:
    coloured = render("text", result, structs.replace(how, colour=True))
    assert COLOURS.sub("", coloured) == render("text", result, how)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_does_not_depend_on_hashing(name: str) -> None:
    program = (
        "import sys; from tests.prove.formats.sample import *; from clearance.prove.formats.scan import render;"
        "sys.stdout.buffer.write(render(sys.argv[1], sample(), OPTIONS).encode())"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", program, name],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
        for seed in ("1", "2")
    }
    assert made == {render(name, sample(), OPTIONS).encode()}


def test_names_are_distinct_and_modules_exist() -> None:
    assert len(set(NAMES)) == len(FORMATS)
    for entry in FORMATS:
        assert entry.help


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError):
        render("pdf", sample(), OPTIONS)


def test_a_format_loads_no_other_format() -> None:
    program = (
        "import sys; from tests.prove.formats.sample import *; from clearance.prove.formats.scan import render;"
        "render('json', sample(), OPTIONS); print(*sorted(m for m in sys.modules if '.' not in m))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    assert not {"rich", "cyclonedx", "jinja2"} & set(done.stdout.split())
