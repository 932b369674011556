"""What a JavaScript text loads."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.agent.tracker.commands.javascript import data, imports, loads, named


def test_what_a_text_imports() -> None:
    text = """import a from "./a.js"; import './b.js'
    const c = require('c'), d = await import(`d/e`); export * from "node:fs"; const no = './no.js'; """
    assert imports(text) == ("./a.js", "./b.js", "c", "d/e")


def test_a_name_in_other_letters() -> None:
    assert imports(r"""import('/opt/g\x65t/\u0061\u{62}.js')""") == ("/opt/get/ab.js",)


def test_comments_in_between() -> None:
    assert imports("import /* a */ './b.js'; await import/**/(// c\n './d.js')") == ("./b.js", "./d.js")


@pytest.mark.parametrize(
    "text",
    [
        "const where = '/a/b.js'; await import(where)",
        "const at = new URL('/a/b.js', import.meta.url); await import(at)",
        "new Worker('/a/b.js')",
        "const load = require; load('/a/b.js')",
        "(0, require)('/a/b.js')",
        "fork(`/a/b.js`)",
        "const r = createRequire(import.meta.url); r('/a/b.js')",
    ],
)
def test_a_name_that_is_loaded_by_another(text: str) -> None:
    assert "/a/b.js" in tuple(loads(text))


def test_names_in_a_text_that_loads_nothing_by_a_name() -> None:
    assert named("import x from './y.js'; lint('/a/b.js', 'c.js')") == ()
    assert named("await import(name); lint('/a/b.js', 'c.js', 'fs', 'd.txt')") == ("/a/b.js", "./c.js")


def test_text_in_an_address() -> None:
    text = "import 'file:///a.js'"
    assert data(f"data:text/javascript,{text}") == text
    assert data("data:text/javascript;base64," + base64.b64encode(text.encode()).decode().rstrip("=")) == text
    assert data("data:text/javascript;base64,=*=") == ""
    assert data("file:///a.js,b") == data("data:") == ""


@given(st.text())
def test_any_text(text: str) -> None:
    assert all(isinstance(one, str) for one in loads(text))
    data("data:;base64," + text)
