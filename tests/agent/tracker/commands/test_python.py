"""What Python runs."""

from __future__ import annotations

import marshal

import pytest

from clearance.agent.tracker.commands import command
from clearance.agent.tracker.commands.python import compiled, imports, near, paths, places, runs
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
    ("python -m code", {"modules": ("code",), "stdin": True}),
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
    assert found.imports == ("aider.main", "x.y", "os")
    assert found.mentioned == ("/t.py",)
    assert command("python", ["python", "-c", "import runpy; runpy.run_module('aider')"], {}).modules == ("aider",)


def test_what_a_script_loads() -> None:
    text = "#!/x\nimport os\n  import one.two\nfrom three import x\nrun_path('/a.py'); importlib.import_module('b')\n"
    assert imports(text) == ("one.two", "three", "os")
    assert imports("from \\\n  a.b \\\n  import c") == ("a.b",)
    assert runs(text) == ("b",)
    assert paths(text) == ("/a.py",)


def test_a_command_line_of_megabytes_is_taken() -> None:
    words = ["python", *["-u", "-OO"] * 100_000, "-m", "tool"]
    assert command("python", words, {}).modules == ("tool",)
    text = "'" * 1_000_000 + "import " * 200_000
    command("python", ["python", "-c", text], {})


def test_where_a_text_looks_for_modules() -> None:
    text = "import sys\nsys.path.insert(0, '/a'); x = '/no'\nsys.path[:0] = ['/b', \"c.zip\"]\nsite.addsitedir('/d')\n"
    assert places(text) == ("/a", "/b", "c.zip", "/d")
    assert command("python", ["python", "-c", text], {}).places == ("/a", "/b", "c.zip", "/d")


def test_text_that_is_timed() -> None:
    found = command("python", ["python", "-m", "timeit", "-n1", "import a"], {})
    assert (found.modules, found.imports) == (("timeit",), ("a",))


def test_files_that_a_text_runs() -> None:
    text = """exec(open('a.txt').read()); exec(Path("b").read_text()); spec_from_file_location("x", '/c.bin')"""
    assert paths(text) == ("/c.bin", "a.txt", "b")
    assert paths("print(open('a.py').read(), Path('b').read_text(), re.compile('x'))") == ()


def test_what_a_given_text_runs_and_what_it_reads() -> None:
    def mentioned(*words: str) -> tuple[str, ...]:
        return command("python", ["python", "-c", *words], {}).mentioned

    assert mentioned("ast.parse(open('/a.py').read())", "/b.py") == ()
    assert mentioned("exec(open('/a.py').read())") == ("/a.py",)
    assert mentioned("import runpy, sys; runpy.run_path(sys.argv[1])", "/b.py") == ("/b.py",)


def test_what_a_text_imports_from_its_own_package() -> None:
    text = "from . import a, b as c\nfrom ..d.e import (\n  x,\n)\nfrom .f import *\nfrom g import h\n"
    assert near(text) == ((0, "a"), (0, "b"), (1, "d.e"), (0, "f"))
    assert imports(text) == ("g",)


def test_names_in_compiled_text() -> None:
    code = marshal.dumps(compile("import os, tool.run as t; from other import thing", "x", "exec"))
    assert {"tool.run", "other"} <= set(compiled(code))
    assert "os" not in compiled(code)
    assert compiled(b"\xda\x09a") == compiled(b"") == ()


def test_what_runs_before_a_prompt() -> None:
    environment = {"PYTHONSTARTUP": "a.py"}
    assert command("python", ["python", "-i"], environment).mentioned == ("./a.py",)
    assert command("python", ["python", "-E", "-"], environment).mentioned == ()
    assert command("python", ["python", "x.py"], environment).mentioned == ()
