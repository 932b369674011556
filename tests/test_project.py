from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import pytest
from msgspec import Struct

ROOT = Path(__file__).resolve().parents[1]
NOT_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}

# Written in parts, because the hosts of package registries stand in no file.
REGISTRIES = (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"),
    ("deb", "debian", "org"), ("security", "debian", "org"), ("archive", "ubuntu", "com"), ("rubygems", "org"),
    ("static", "crates", "io"), ("index", "crates", "io"), ("proxy", "golang", "org"), ("conda", "anaconda", "org"),
)  # fmt: skip
ROOMS_OF_A_SCAN = ("catalog", "model", "observe", "judge", "prove", "tasks", "cli")
STARTS = re.compile(r"subprocess|pty|os\.(?:system|popen|exec\w*|spawn\w*|posix_spawnp?|startfile)|psutil\.Popen")
CONNECTS = re.compile(
    r"socket|ssl|asyncio|ftplib|smtplib|telnetlib|http\.client|urllib\.request|xmlrpc\.client|httpx2?|requests"
)
ORDINARY = {"/", "/home", "/root", "/tmp", "/opt", "/srv", "/usr/src", "/usr/local/src", "/workspace", "/workspaces"}


@lru_cache(maxsize=1)
def tracked() -> tuple[tuple[str, bytes], ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = [name for name in listed.stdout.decode("utf-8", "surrogateescape").split("\0") if name]
    return tuple((name, (ROOT / name).read_bytes()) for name in names if (ROOT / name).is_file())


def holding(pattern: re.Pattern[bytes]) -> list[str]:
    return [
        f"{name}:{data.count(bytes([10]), 0, match.start()) + 1}"
        for name, data in tracked()
        for match in pattern.finditer(data)
    ]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    hosts = "|".join(re.escape(".".join(parts)) for parts in REGISTRIES)
    assert holding(re.compile(rf"(?<![\w-])(?:{hosts})(?![\w-])".encode())) == []


def test_no_file_names_the_place_where_it_was_written() -> None:
    if str(ROOT) in ORDINARY:
        return  # a word that pages may well use
    found = holding(re.compile(rf"(?<![\w.~*/-]){re.escape(str(ROOT))}(?![\w-])".encode()))
    # The picture of a terminal is taken in a checkout that lies where people put such things.
    assert [place for place in found if not place.startswith("docs/scan.svg:")] == []


def modules() -> list[str]:
    package = ROOT / "src" / "clearance"
    found = (path.relative_to(package) for path in package.rglob("*.py"))
    return sorted(path.as_posix() for path in found if not path.name.startswith("__"))


def own_test(module: str) -> Path:
    path = Path(module)
    return ROOT / "tests" / path.parent / f"test_{path.name}"


def test_every_module_has_its_test_beside_it() -> None:
    assert [module for module in modules() if not own_test(module).is_file()] == []


def test_every_value_of_the_vocabulary_is_frozen_and_says_what_it_is() -> None:
    rooms = [import_module(f"clearance.{m[:-3].replace('/', '.')}") for m in modules() if m.startswith("model/")]
    values = [
        value
        for room in rooms
        for value in vars(room).values()
        if isinstance(value, type) and issubclass(value, Struct) and value.__module__ == room.__name__
    ]
    assert len(values) > 50
    assert [value.__qualname__ for value in values if not (value.__struct_config__.frozen and value.__doc__)] == []


def test_modules_are_called_what_they_are_about() -> None:
    words = {part for module in modules() for part in module.removesuffix(".py").split("/")}
    assert words & NOT_NAMES == set()


def used(room: str) -> Iterator[tuple[str, str]]:
    """Each module of a room with each name that it imports, or uses of a module, in full."""
    for path in sorted((ROOT / "src" / "clearance" / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names = [f"{node.value.id}.{node.attr}"]
            yield from ((path.relative_to(ROOT).as_posix(), name) for name in names)


@pytest.mark.parametrize("room", ROOMS_OF_A_SCAN)
def test_a_scan_starts_no_program(room: str) -> None:
    assert [(module, name) for module, name in used(room) if STARTS.fullmatch(name)] == []


@pytest.mark.parametrize("room", ROOMS_OF_A_SCAN)
def test_a_scan_opens_no_connection(room: str) -> None:
    assert [(module, name) for module, name in used(room) if CONNECTS.fullmatch(name)] == []
