"""What Python runs."""

from __future__ import annotations

import pytest

from clearance.agent.tracker.commands import command
from clearance.agent.tracker.commands.python import imports, paths, runs
from tests.agent.tracker.commands.told import told

CASES = [
    ("python -m aider --model x", {"modules": ("aider",)}),
    ("python -maider", {"modules": ("aider",)}),
    ("python -Im aider", {"modules": ("aider",)}),
    ("python -X dev -W ignore -u x.py -m y", {"script": ("x.py",)}),
    ("python -Xdev -Wd -OO x.py", {"script": ("x.py",)}),
    ("python -", {"stdin": True}),
    ("python -i", {"stdin": True}),
    ("python3.11", {"stdin": True}),
    ("python --version", {}),
    ("python -V", {}),
    ("python --check-hash-based-pycs always x.pyz", {"script": ("x.pyz",)}),
    ("python -m runpy aider", {"modules": ("runpy", "aider"), "script": ("aider",)}),
    ("python -m cProfile -o out -m aider", {"modules": ("cProfile", "aider"), "script": ("out",)}),
    ("python -m pdb cli.py", {"modules": ("pdb",), "script": ("cli.py",)}),
    ("python -m", {"modules": ("",)}),
]


@pytest.mark.parametrize(("line", "expected"), CASES, ids=[line for line, _ in CASES])
def test_what_is_run(line: str, expected: dict[str, object]) -> None:
    assert told("python", line) == expected


def test_flags_say_where_modules_are_looked_for() -> None:
    assert command("python", ["python", "-sE", "-m", "x"], {"PYTHONSAFEPATH": "1"}).flags == {"s", "E", "P"}
    assert command("python", ["python", "-I", "x.py"], {}).flags == {"I"}


def test_program_text_names_what_it_loads() -> None:
    text = "import os, aider.main as a; from x.y import z\nexec(open('/t.py'))"
    found = command("python", ["python", "-c", text], {})
    assert found.imports == ("aider.main", "x.y")
    assert found.mentioned == ("/t.py",)
    assert command("python", ["python", "-c", "import runpy; runpy.run_module('aider')"], {}).modules == ("aider",)


def test_what_a_script_loads() -> None:
    text = "#!/x\nimport os\n  import one.two\nfrom three import x\nrun_path('/a.py'); importlib.import_module('b')\n"
    assert imports(text) == ("one.two", "three")
    assert runs(text) == ("b",)
    assert paths(text) == ("/a.py",)


def test_a_command_line_of_megabytes_is_taken() -> None:
    words = ["python", *["-u", "-OO"] * 100_000, "-m", "tool"]
    assert command("python", words, {}).modules == ("tool",)
    text = "'" * 1_000_000 + "import " * 200_000
    command("python", ["python", "-c", text], {})
