from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from clearance.cli import output
from clearance.errors import Error


@pytest.fixture(autouse=True)
def _ordinary_mask() -> Any:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_text_goes_to_standard_output_or_into_a_file_as_it_is(tmp_path: Path, capsys: Any) -> None:
    text = "eins\r\nzwei – drei"
    output.write(text, None)
    assert capsys.readouterr().out == text
    for alone, expected in ((False, 0o644), (True, 0o600)):
        path = tmp_path / f"{alone}"
        output.write(text * 2, str(path), alone=alone)
        output.write(text, str(path), alone=alone)
        assert path.read_bytes() == text.encode()
        assert mode(path) == expected


def test_lines_come_as_they_are_and_are_counted(tmp_path: Path, capfd: Any) -> None:
    lines = [b'{"a":"\xe2\x80\xae"}', b"{}"]
    assert output.write_lines(lines, None) == 2
    assert capfd.readouterr().out.encode() == b"\n".join(lines) + b"\n"
    assert output.write_lines(iter(lines), str(tmp_path / "out")) == 2
    assert (tmp_path / "out").read_bytes() == b"\n".join(lines) + b"\n"
    assert output.write_lines([], str(tmp_path / "out")) == 0
    assert (tmp_path / "out").read_bytes() == b""


def test_on_a_terminal_json_is_harmless(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert output.write_lines([b'{"a":"\xe2\x80\xae"}'], None) == 1
    assert capsys.readouterr().out == '{"a":"\\u202e"}\n'
    output.print_document({"a": "\u202e"})
    assert capsys.readouterr().out == '{\n  "a": "\\u202e"\n}\n'


def test_a_file_is_made_sure_of_without_losing_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("held")
    output.check_writable(str(path))
    assert path.read_text() == "held"
    output.check_writable(str(tmp_path / "new"))
    assert mode(tmp_path / "new") == 0o600


def test_what_cannot_be_written_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    missing = str(tmp_path / "none" / "out\x1b")
    said = r"--output .*/none/out\\x1b: cannot write the result: no such file or directory\n  name a file"
    with pytest.raises(Error, match=said):
        output.check_writable(missing)
    with pytest.raises(Error, match=said):
        output.write("", missing)
    with pytest.raises(Error, match=said):
        output.write_lines([], missing)
    with pytest.raises(Error, match="--output /dev/full: cannot write the result: no space left on device"):
        output.write_lines([b"{}"], "/dev/full")


def test_a_reader_that_went_away_is_left_to_the_door(tmp_path: Path) -> None:
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def lines() -> Any:
        yield b"{}"
        os.close(reader)
        for _ in range(10_000):
            yield b"{}" * 100

    with pytest.raises(BrokenPipeError):
        output.write_lines(lines(), pipe)
