from __future__ import annotations

import os
import subprocess
import sys

import pytest
from cyclopts import App

from clearance import __version__
from clearance.cli import main as door
from clearance.cli.main import VERBS, main
from clearance.errors import Error, Place


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == main(["--help"]) == main(["-h"]) == 0
    out = capsys.readouterr().out
    assert all(out.count(f"\n  {verb.name} ") == 3 for verb in VERBS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"clearance {__version__}\n"


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_every_verb_has_help_and_refuses_what_it_does_not_know(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out
    assert main([verb, "--no-such-flag"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert f"clearance {verb}" in err


def test_an_unknown_verb_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scam"]) == 2
    assert "did you mean `scan`?" in capsys.readouterr().err


def run_verb(monkeypatch: pytest.MonkeyPatch, act: object) -> int:
    app = App(name="explain")
    app.default(act)  # type: ignore[call-overload]
    monkeypatch.setattr("clearance.cli.explain.app", app)
    return main(["explain"])


def test_an_error_is_printed_once_with_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def act() -> int:
        raise Error("bad thing", place=Place("f", 1, 2), remedy="mend it")

    assert run_verb(monkeypatch, act) == 2
    assert capsys.readouterr().err == "error: f:1:2: bad thing\n  mend it\n"


def test_a_defect_is_an_internal_error_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def act() -> int:
        raise KeyError("oops")

    assert run_verb(monkeypatch, act) == 101
    err = capsys.readouterr().err
    assert "KeyError" in err
    assert "Traceback" not in err


def test_an_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def act() -> int:
        raise KeyboardInterrupt

    assert run_verb(monkeypatch, act) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m clearance explain | head -c 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False)
    assert done.stderr == b""
    assert done.returncode in (0, 141)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("words", [("explain",), ("--help",), ("explain", "codex", "--json")])
def test_a_full_medium_is_told_in_words(words: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "clearance", *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.stderr == "error: standard output: no space left on device\n  write to a place that has room\n"
    assert done.returncode == 2


def test_help_imports_no_library() -> None:
    code = (
        "import sys; from clearance.cli.main import main; main(['--help']); "
        "print(sorted(set(sys.modules) & {'cyclopts', 'rich', 'msgspec', 'ruamel'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_the_readme_lists_the_exit_codes() -> None:
    for code in ("0", "1", "2", "3", "4", "101"):
        assert f" {code} " in f" {door.EXIT_CODES} "


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("scan", "extra"), "error: scan does not know what to do with 'extra'\n  see: clearance scan --help"),
        (("policy", "check"), "error: policy check needs DIRECTIVE\n  see: clearance policy check --help"),
        (("ledger", "verify", "x"), "error: ledger verify needs --key\n  see: clearance ledger verify --help"),
        (("scan", "--root"), "error: --root needs a value\n  see: clearance scan --help"),
        (("scan", "--frmat", "json"), "error: unknown option: --frmat. Did you mean --format?"),
    ],
)
def test_a_slip_on_the_command_line_is_told_in_words(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(list(words)) == 2
    assert capsys.readouterr().err.startswith(said)
