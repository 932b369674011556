from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearance.catalog import load_catalog
from clearance.cli.main import EXIT_CODES, INTERNAL, INTERRUPTED, USAGE, VERBS
from clearance.errors import Error
from clearance.tasks import policy
from clearance.tasks.suppressing import load_suppressions
from tests.docs import generated
from tests.docs.console import commands, missing, run_page
from tests.docs.pages import ROOT, Fence, anchors, fences, inline_code, links, pages, prose

README = ROOT / "README.md"
USAGE_PAGE = ROOT / "docs" / "usage.md"
QUICKSTART = ROOT / "docs" / "quickstart.md"
PAGES = pages()
PLACE = re.compile(r"(?:\.ci|docs|examples|packaging|requirements|schemas|src|tests)/[a-z0-9_./-]+")
TEST = re.compile(r"(tests/[a-z0-9_/]+\.py)::(\w+)")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_is_made_from_the_program_is_what_the_program_gives(page: Path) -> None:
    text = page.read_text("utf-8")
    assert generated.renewed(text) == text, "run: make docs"
    assert text.count("<!-- made by: ") == text.count("<!-- end -->") == len(generated.PART.findall(text))


def test_everything_that_is_made_from_the_program_is_shown_somewhere() -> None:
    shown = {match["name"] for page in PAGES for match in generated.PART.finditer(page.read_text("utf-8"))}
    assert shown == set(generated.PARTS)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name(page)}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{name(page)}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_that_are_named_exist(page: Path) -> None:
    for code in inline_code(page):
        if PLACE.fullmatch(code):
            assert (ROOT / code).exists(), f"{name(page)}: {code}"
        for path, function in TEST.findall(code):
            assert re.search(rf"(?m)^def {function}\b", (ROOT / path).read_text("utf-8")), f"{name(page)}: {code}"


def test_modules_that_the_architecture_names_exist() -> None:
    modules = {path.name for path in (ROOT / "src/clearance").rglob("*.py")}
    named = [code for code in inline_code(ROOT / "docs/architecture.md") if code.endswith(".py")]
    assert len(named) > 30
    assert [code for code in named if code.rpartition("/")[2] not in modules] == []


def command_lines(page: Path) -> Iterator[str]:
    yield from inline_code(page)
    for block in fences(page):
        for line in block.text.splitlines():
            yield line.removeprefix("$ ").strip()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_that_are_named_exist_with_their_options(page: Path) -> None:
    known = {" ".join(words): generated.help_of(*words) for words in generated.command_lines()}
    for line in command_lines(page):
        match = re.match(r"(?:\.venv/bin/)?clearance ([a-z]+)(?: ([a-z]+))?", line)
        if match is None:
            continue
        verb = f"{match[1]} {match[2]}" if f"{match[1]} {match[2]}" in known else match[1]
        assert verb in known, f"{name(page)}: {line}"
        for flag in re.findall(r"(?<=\s)--[a-z-]+", line.split(" | ")[0]):
            assert flag == "--help" or f"{flag} " in known[verb], f"{name(page)}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_make_targets_that_are_named_exist(page: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8")))
    for code in inline_code(page):
        if match := re.fullmatch(r"make ([a-z-]+)", code):
            assert match[1] in targets, f"{name(page)}: {code}"


DOCUMENTS = [block for page in PAGES for block in fences(page) if block.text.startswith("apiVersion: ")]


@pytest.mark.parametrize("block", DOCUMENTS, ids=lambda block: name(block.page))
def test_documents_that_are_shown_can_be_read(block: Fence, tmp_path: Path) -> None:
    path = tmp_path / "shown.yaml"
    path.write_text(block.text, "utf-8")
    if "kind: Directive\n" in block.text:
        judge = policy.judge_of(policy.load(str(path)), load_catalog())
        assert judge.rulings
    elif "kind: Suppressions\n" in block.text:
        assert load_suppressions(str(path))
    else:
        assert "kind: DirectiveTest\n" in block.text


def exit_codes(page: Path) -> dict[int, str]:
    rows = re.findall(r"(?m)^\| (\d+) \| (.+) \|$", page.read_text("utf-8"))
    return {int(code): meaning.replace("`", "") for code, meaning in rows}


def test_exit_codes_are_the_programs() -> None:
    said = {int(code): " ".join(text.split()) for code, text in re.findall(r"(\d+) ([^·\d]+)", EXIT_CODES)}
    shown = exit_codes(USAGE_PAGE)
    assert shown == exit_codes(README)
    assert list(shown) == list(said)
    assert all(shown[code].startswith(said[code]) for code in said)
    assert Error.exit_code == USAGE
    assert {USAGE, INTERNAL} <= set(said)
    assert f"Ctrl-C ends with {INTERRUPTED}" in prose(USAGE_PAGE)


def test_the_readme_names_every_verb_and_no_more_tools_than_there_are() -> None:
    text = README.read_text("utf-8")
    assert [verb.name for verb in VERBS if f"`clearance {verb.name}" not in text] == []
    counts = re.findall(r"(\d+) AI coding tools", text)
    assert counts
    assert all(int(count) <= len(load_catalog().tools) for count in counts)


def test_the_readme_is_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) < 250


def test_every_library_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {re.split(r"[<>=]", line)[0].lower() for line in project["dependencies"]}
    decided = (ROOT / "docs" / "adr" / "0001-libraries.md").read_text("utf-8")
    assert needed == {row.lower() for row in re.findall(r"(?m)^\| [^|]+ \| ([\w.-]+) \|", decided)} - {"library"}


def test_what_the_quickstart_shows_is_what_happens(tmp_path: Path) -> None:
    if Path("/etc/clearance").exists():
        pytest.skip("this machine has a configuration of its own, by which the example would be judged")
    assert run_page(QUICKSTART, tmp_path) > 5


def test_the_quickstart_runs_all_that_it_shows_but_the_first_steps() -> None:
    skipped = [block.text for block in fences(QUICKSTART) if block.language == "console" and "run" not in block.options]
    assert len(skipped) == 1
    assert "make run" in skipped[0]


@pytest.mark.long
def test_the_first_steps_work_in_a_fresh_clone(tmp_path: Path) -> None:
    (first,) = (block for block in fences(QUICKSTART) if block.language == "console" and "run" not in block.options)
    lines = [command.replace("<this repository>", f"file://{ROOT}") for command, _ in commands(first)]
    assert all("<" not in line for line in lines)
    script = "\n".join(["set -e", *lines, "clearance --version"])
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Looked at" in done.stdout


def test_shown_lines_must_come_in_order() -> None:
    output = "one 1\ntwo … 2\nthree\n"
    assert list(missing(["one …", "…", "three"], output)) == []
    assert list(missing(["three", "one 1"], output)) == ["one 1"]
    assert list(missing(["tw"], output)) == ["tw"]
