from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from clearance.catalog import Catalog, load_catalog
from clearance.errors import Error
from clearance.judge.parse import parse
from clearance.model.enforcement import KnownFile
from clearance.tasks.enforce.blast_radius import FEW, BlastRadius, Program, blast_radius, programs_here, refuse, used
from clearance.tasks.enforce.table import Circumstances, Person, Tabled
from clearance.tasks.policy import judge_of

AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
HEAD = """apiVersion: clearance/v1
kind: Directive
metadata: {id: D-1, title: One, owner: security@example.com, review: 2035-10-10}
contact: https://intranet.example.com/ai-tools
"""
ALLOWED = HEAD + "default: {effect: allow}\n"
BARRED = HEAD + "default: {effect: block}\n"
FOR_BO = HEAD + "rules: [{id: bo, match: {user: bo}, effect: block, reason: r}]\ndefault: {effect: allow}\n"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    whole = load_catalog()
    return Catalog([whole.tools[name] for name in ("codex", "gemini-cli")], whole.shared)


def tabled(text: str, catalog: Catalog, mode: str = "block") -> Tabled:
    around = Circumstances("this", (Person(1000, "ana"), Person(1001, "bo")), {}, mode)  # type: ignore[arg-type]
    return Tabled(judge_of(parse((("d.yaml", text.encode()),)), catalog, 1), around, AT, 1)


def file(path: str, tool: str | None = "codex") -> KnownFile:
    return KnownFile(1, hash(path) % 10_000, 1, tool, "1.0", path=path)


def test_counted_is_what_would_newly_stop(catalog: Catalog) -> None:
    programs = [Program(file("/a"), (1000,), True), Program(file("/b")), Program(file("/c", None), (1000,), True)]
    found = blast_radius(tabled(ALLOWED, catalog), tabled(BARRED, catalog), programs, 100, 50)
    assert found == BlastRadius(("/a", "/b"), ("/a",), 100, 50)
    again = blast_radius(tabled(BARRED, catalog), tabled(BARRED, catalog), programs, 100, 50)
    assert again == BlastRadius((), (), 100, 50)
    freed = blast_radius(tabled(BARRED, catalog), tabled(ALLOWED, catalog), programs, 100, 50)
    assert freed.stopped == ()


def test_it_counts_also_on_a_host_that_only_observes_so_far(catalog: Catalog) -> None:
    found = blast_radius(
        tabled(ALLOWED, catalog, "observe"), tabled(BARRED, catalog, "observe"), [Program(file("/a"))], 10, 10
    )
    assert found.stopped == ("/a",)


def test_whose_program_it_is_counts(catalog: Catalog) -> None:
    old, new = tabled(ALLOWED, catalog), tabled(FOR_BO, catalog)
    programs = [Program(file("/ana"), (1000,), True), Program(file("/bo"), (1000, 1001), True)]
    assert blast_radius(old, new, programs, 10, 10).stopped_running == ("/bo",)


@pytest.mark.parametrize(
    ("stopped", "running", "percent", "large"),
    [(5, 0, 5, False), (6, 0, 5, True), (0, 0, 0, False), (1, 0, 0, True), (5, FEW - 1, 5, False), (5, FEW, 5, True),
     (100, 100, 100, False)],
)  # fmt: skip
def test_a_change_is_too_large_beyond_its_percentage(stopped: int, running: int, percent: int, large: bool) -> None:
    names = tuple(map(str, range(stopped)))
    found = BlastRadius(names, names[:running], 100, 100 if percent == 100 else 20)
    assert found.too_large(percent) == large
    if large:
        with pytest.raises(Error) as caught:
            refuse(found, percent)
        assert f"{stopped} of 100 programs" in caught.value.what
        assert "--accept-blast-radius" in caught.value.remedy
    else:
        refuse(found, percent)


def test_programs_of_this_host_are_counted_once(tmp_path: Path) -> None:
    for name in ("a/x", "a/y", "b/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert programs_here([str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "gone")]) == 2


def test_who_runs_a_file_is_who_runs_it_now() -> None:
    known = [KnownFile(1, 2, 0, "codex"), KnownFile(1, 3, 0, "codex")]
    assert used(known, {(1, 2): {1000, 1001}}) == [
        Program(known[0], tuple({1000, 1001}), True), Program(known[1], (None,), False)
    ]  # fmt: skip
