from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "make_screenshot.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_screenshot", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_command_sees_a_terminal_of_the_width_asked_for(script: ModuleType) -> None:
    program = "import os, sys; print(sys.stdout.isatty(), os.get_terminal_size().columns, '\\x1b[31mred\\x1b[0m')"
    assert script.printed([sys.executable, "-c", program], 77) == "True 77 \x1b[31mred\x1b[0m\n"


def test_the_picture_shows_prompt_and_output_and_refers_to_nothing(script: ModuleType) -> None:
    svg = script.drawn("\x1b[31mred\x1b[0m <b> & plain\n", prompt="show it", title="a title", width=40)
    texts = [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]
    shown = "".join(text or "" for text in texts).replace("\N{NO-BREAK SPACE}", " ")
    assert shown.startswith("a title$ show it")
    assert "red <b> & plain" in shown
    assert "#d73a32" in svg
    assert "url(http" not in svg
    assert "<script" not in svg
    assert svg.count("http") == 1


def test_an_svg_is_written_where_asked(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "a.svg"
    monkeypatch.setattr(
        sys, "argv", ["x", "-o", str(output), "--width", "40", "--", sys.executable, "-c", "print('hi')"]
    )
    script.main()
    assert "hi" in output.read_text("utf-8")


def test_a_command_that_prints_nothing_makes_no_picture(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "a.svg"
    monkeypatch.setattr(sys, "argv", ["x", "-o", str(output), "--", sys.executable, "-c", "pass"])
    with pytest.raises(SystemExit, match="printed nothing"):
        script.main()
    assert not output.exists()
