"""What a file is to the guard: its content, the package that it lies in, and nothing by its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.model.enforcement import KnownFile
from clearance.observe.host import HostView
from clearance.observe.identity.runtimes import runtime
from clearance.observe.live.examination import Examination
from tests.observe.identity.made import RULES, SOURCE

HEADS = (b"", b"#!/bin/sh\n", b"\x7fELF\x02\x01\x01", b"MZ", b"import ")


@pytest.fixture
def here() -> Iterator[Examination]:
    view = HostView("/")
    yield Examination(view, RULES, lambda reader: runtime(reader, constants=False) is not None)
    view.rooted.close()


def look(here: Examination, path: Path, name: str | None = None) -> KnownFile:
    fd = os.open(path, os.O_RDONLY)
    try:
        return here.of(fd, str(path) if name is None else name)
    finally:
        os.close(fd)


def package(folder: Path, name: str = "@acme/coder", program: str = "cli.js", content: bytes = b"") -> Path:
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(f'{{"name": "{name}", "version": "4.5.6", "bin": {{"a": "{program}"}}}}')
    (folder / program).write_bytes(content or b"#!/usr/bin/env node\n" + b"// nothing to see here\n" * 60)
    return folder / program


def test_by_content_whatever_it_is_called(here: Examination, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(SOURCE)
    found = look(here, path)
    what = path.stat()
    assert (found.device, found.inode, found.changed) == (what.st_dev, what.st_ino, what.st_ctime_ns)
    assert (found.tool, found.version, found.entry, found.runtime) == ("acme", "1.2.3", True, False)


def test_by_its_package(here: Examination, tmp_path: Path) -> None:
    found = look(here, package(tmp_path / "p"))
    assert (found.tool, found.version) == ("acme", "4.5.6")


def test_a_package_of_somebody_else_says_nothing_of_it(here: Examination, tmp_path: Path) -> None:
    assert look(here, package(tmp_path / "p", "other-thing")).tool is None
    assert look(here, package(tmp_path / "q", "other-thing", content=SOURCE)).tool == "acme"


def test_a_path_that_leads_to_another_file_costs_only_the_packages_word(here: Examination, tmp_path: Path) -> None:
    inside = package(tmp_path / "p")
    other = tmp_path / "copy"
    other.write_bytes(inside.read_bytes())
    assert look(here, other, str(inside)).tool is None
    assert look(here, inside, "/nowhere").tool is None
    assert look(here, inside, "cli.js").tool is None


def test_folders_change(here: Examination, tmp_path: Path) -> None:
    path = package(tmp_path / "p", "other-thing")
    assert look(here, path).tool is None
    (tmp_path / "p/package.json").write_text('{"name": "@acme/coder", "version": "1.0.0", "bin": "cli.js"}')
    here.forget()
    assert look(here, path).tool == "acme"


def test_what_is_no_program(here: Examination, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello\n" * 400)
    (tmp_path / "empty").touch()
    for path in (tmp_path / "text", tmp_path / "empty", tmp_path, Path("/dev/null")):
        found = look(here, path)
        assert (found.tool, found.entry, found.runtime) == (None, False, False)


def test_runtimes_are_told_apart_from_tools(here: Examination) -> None:
    with open("/proc/self/maps", encoding="utf-8") as maps:
        loader = next(line.split()[-1] for line in maps if "/ld-" in line)
    assert look(here, Path(loader).resolve()).runtime
    assert not look(here, Path("/bin/true").resolve()).runtime


@given(st.binary(max_size=4096), st.sampled_from(HEADS))
def test_any_bytes_have_an_answer(tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(head + data)
    view = HostView("/")
    found = look(Examination(view, RULES, lambda reader: runtime(reader, constants=False) is not None), path)
    view.rooted.close()
    assert found.inode == path.stat().st_ino
