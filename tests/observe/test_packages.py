from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.observe.host import HostView
from clearance.observe.identity.types import Package
from clearance.observe.packages import Packages

SITE = "venv/lib/python3.11/site-packages"


def packages(root: Path, files: dict[str, str]) -> Packages:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Packages(HostView(str(root)))


def test_the_nearest_named_package_json_upwards(tmp_path: Path) -> None:
    found = packages(
        tmp_path,
        {
            "p/package.json": '{"name": "app"}',
            "p/node_modules/@s/x/package.json": '{"name": "@s/x", "version": "1.2", "bin": {"x": "./dist/cli.js"}}',
            "p/node_modules/@s/x/dist/package.json": '{"type": "module"}',
            "p/node_modules/y/package.json": '{"name": "y", "bin": "y.js"}',
        },
    )
    place = "/p/node_modules/@s/x/package.json"
    assert found.of("/p/node_modules/@s/x/dist/cli.js") == Package("npm", "@s/x", "1.2", place, True)
    assert found.of("/p/node_modules/@s/x/dist/lib/a.js") == Package("npm", "@s/x", "1.2", place, False)
    assert found.of("/p/node_modules/y/y.js") == Package("npm", "y", None, "/p/node_modules/y/package.json", True)
    assert found.of("/p/src/a.js") == Package("npm", "app", None, "/p/package.json", False)
    assert found.of("/p/node_modules/z/a.js") is None
    assert found.of("/other/a.js") is None


def test_the_distribution_of_a_module(tmp_path: Path) -> None:
    found = packages(
        tmp_path,
        {
            f"{SITE}/aider_chat-0.86.2.dist-info/top_level.txt": "aider\n",
            f"{SITE}/aider_chat-0.86.2.dist-info/entry_points.txt": (
                "[x]\na = b\n[console_scripts]\naider = aider.main:main\n\n[y]\nq = aider.other\n"
            ),
            f"{SITE}/Some.Tool-1.0.dist-info/METADATA": "",
        },
    )
    place = f"/{SITE}/aider_chat-0.86.2.dist-info/METADATA"
    for path, program in (("aider/main.py", True), ("aider/__main__.py", True), ("aider/other.py", False)):
        assert found.of(f"/{SITE}/{path}") == Package("pypi", "aider-chat", "0.86.2", place, program)
    assert found.of(f"/{SITE}/aider/__main__.pyc") == Package("pypi", "aider-chat", "0.86.2", place, True)
    assert found.of(f"/{SITE}/some_tool.pyc") == found.of(f"/{SITE}/some_tool.py")
    single = found.of(f"/{SITE}/some_tool.py")
    assert single is not None
    assert (single.name, single.version) == ("some-tool", "1.0")
    assert found.of(f"/{SITE}/unknown/x.py") is None
    assert found.of(f"/{SITE}") is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", '"x"', '{"name": 1}', '{"name": ""}', '{"name": "' + "x" * 300 + '"}', "[" * 100_000, "\0"],
)
def test_broken_metadata_is_no_package(tmp_path: Path, text: str) -> None:
    assert packages(tmp_path, {"p/package.json": text}).of("/p/a.js") is None


def test_odd_fields_are_passed_over(tmp_path: Path) -> None:
    odd = '{"name": "x", "version": {"a": 1}, "bin": {"a": 5, "b": "../../../etc/passwd"}}'
    found = packages(tmp_path, {"p/package.json": odd})
    assert found.of("/p/a.js") == Package("npm", "x", None, "/p/package.json", False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(), st.text())
def test_any_text_is_read(tmp_path: Path, manifest: str, scripts: str) -> None:
    (tmp_path / "p").mkdir(exist_ok=True)
    (tmp_path / "p/package.json").write_text(manifest, "utf-8", "surrogatepass")
    info = tmp_path / SITE / "x-1.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "entry_points.txt").write_text(scripts, "utf-8", "surrogatepass")
    found = Packages(HostView(str(tmp_path)))
    found.of("/p/a.js")
    found.of(f"/{SITE}/x/main.py")


def test_a_module_of_another_name_is_that_of_the_distribution_that_lists_it(tmp_path: Path) -> None:
    listed = (
        "interpreter/core.py,sha256=x,1\r",
        "single.py,sha256=y,2",
        "../../../bin/run,,",
        "x-1.dist-info/METADATA,,",
    )
    record = "\n".join(listed)
    found = packages(tmp_path, {f"{SITE}/open_interpreter-0.4.3.dist-info/RECORD": record})
    place = f"/{SITE}/open_interpreter-0.4.3.dist-info/METADATA"
    for path in ("interpreter/core.py", "interpreter/deep/loop.py", "single.py"):
        assert found.of(f"/{SITE}/{path}") == Package("pypi", "open-interpreter", "0.4.3", place, False)
    for path in ("bin/run", "..", "core.py"):
        assert found.of(f"/{SITE}/{path}") is None


def test_what_uv_unpacked_is_a_folder_of_distributions(tmp_path: Path) -> None:
    store = "home/ana/.cache/uv/archive-v0/hash"
    found = packages(tmp_path, {f"{store}/tinker-1.0.dist-info/top_level.txt": "tinkering\n"})
    place = f"/{store}/tinker-1.0.dist-info/METADATA"
    assert found.of(f"/{store}/tinkering/main.py") == Package("pypi", "tinker", "1.0", place, False)
    assert found.of("/home/ana/.cache/uv/archive-v0") is None


def test_a_part_of_a_package_is_no_program_of_it(tmp_path: Path) -> None:
    root = "p/node_modules/x"
    found = packages(
        tmp_path,
        {
            f"{root}/package.json": '{"name": "x", "bin": {"x": "bin/x.js"}, "description": "Does things"}',
            f"{root}/bin/x.js": 'import "../dist/main.js"\n',
            "p/node_modules/kit/package.json": '{"name": "kit", "bin": "x.js", "description": "An evaluation toolkit"}',
            "p/node_modules/kit/x.js": 'import("./main.js")\n',
            "p/node_modules/lib/package.json": '{"name": "lib", "description": 7}',
            "p/package.json": '{"name": "app"}',
        },
    )
    parts = {
        "/p/node_modules/x/bin/x.js": False,
        "/p/node_modules/x/dist/main.js": False,
        "/p/node_modules/x/dist/chunk-1.js": True,
        "/p/node_modules/kit/x.js": False,
        "/p/node_modules/kit/main.js": True,
        "/p/node_modules/lib/index.js": True,
        "/p/agent.js": False,
    }
    for path, part in parts.items():
        package = found.of(path)
        assert package is not None
        assert found.is_part(path, package) is part, path
    assert not found.is_part("/x.js", Package("npm", "gone", None, "/p/node_modules/gone/package.json"))
    assert not found.is_part("/x.py", Package("pypi", "x", None, f"/{SITE}/x-1.dist-info/METADATA"))
