from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.scan.python_packages import PythonPackages, header, place, prefix_of
from tests.observe.scan.handing import evidence, hand, one, reasons, zipped

PROBE = PythonPackages()
SITE = "/home/ana/src/lab/venv/lib/python3.12/site-packages"
INFO = f"{SITE}/aider_chat-0.86.1.dist-info"
METADATA = "Metadata-Version: 2.4\nName: Aider_Chat\nVersion: 0.86.1\n\nName: other\n"


def test_metadata_names_the_distribution() -> None:
    seen = one(hand(PROBE, f"{INFO}/METADATA", METADATA))
    assert (seen.tool, seen.version, seen.path, seen.confidence) == ("aider", "0.86.1", INFO, "strong")
    assert seen.repository == "/home/ana/src/lab"
    assert hand(PROBE, f"{INFO}/METADATA", METADATA.replace("Aider_Chat", "aider")) == []


def test_entry_points_make_the_same_sighting_certain() -> None:
    names = ("METADATA", "entry_points.txt")
    claim = one(hand(PROBE, f"{INFO}/METADATA", METADATA))
    seen = one(hand(PROBE, f"{INFO}/entry_points.txt", "[console_scripts]\naider = aider.main:main\n", names))
    assert (seen.id, seen.confidence) == (claim.id, "certain")
    other = "[gui_scripts]\naider = a:b\n[console_scripts]\nx=y\n"
    assert hand(PROBE, f"{INFO}/entry_points.txt", other, names) == []
    assert hand(PROBE, f"{INFO}/entry_points.txt", "[console_scripts]\naider = a:b\n", ("entry_points.txt",)) == []


def test_where_a_distribution_came_from_is_told_without_secrets() -> None:
    names = ("METADATA", "direct_url.json")
    document = {"url": "https://ana:token@git.example/x.git?key=1", "vcs_info": {}}
    assert (
        evidence(one(hand(PROBE, f"{INFO}/direct_url.json", document, names)))["direct_url.json"]
        == "https://git.example"
    )
    document = {"url": "file:///home/ana/src/aider", "dir_info": {"editable": True}}
    seen = one(hand(PROBE, f"{INFO}/direct_url.json", document, names))
    assert evidence(seen)["direct_url.json"] == "editable file:///home/ana/src/aider"
    assert hand(PROBE, f"{INFO}/direct_url.json", [1], names) == []
    assert "not valid JSON" in reasons(hand(PROBE, f"{INFO}/direct_url.json", "{", names))[0]


def test_egg_metadata_as_folder_and_as_file() -> None:
    assert one(hand(PROBE, "/opt/x/aider_chat.egg-info/PKG-INFO", METADATA)).path == "/opt/x/aider_chat.egg-info"
    seen = one(hand(PROBE, f"{SITE}/aider_chat-0.86.1-py3.12.egg-info", METADATA))
    assert seen.path == f"{SITE}/aider_chat-0.86.1-py3.12.egg-info"


def test_the_receipts_of_uv_and_pipx() -> None:
    uv = one(
        hand(PROBE, "/home/ana/.local/share/uv/tools/a/uv-receipt.toml", '[tool]\nrequirements=[{name="aider-chat"}]')
    )
    assert (uv.tool, uv.path) == ("aider", "/home/ana/.local/share/uv/tools/a")
    document = {
        "main_package": {"package": "aider-chat", "package_version": "0.8"},
        "injected_packages": {"x": {"package": "y"}},
    }
    assert one(hand(PROBE, "/home/ana/.local/share/pipx/venvs/a/pipx_metadata.json", document)).version == "0.8"
    assert reasons(hand(PROBE, "/x/uv-receipt.toml", "[[["))
    assert reasons(hand(PROBE, "/x/pipx_metadata.json", "]"))
    assert hand(PROBE, "/x/uv-receipt.toml", 'tool = "x"') == []
    assert hand(PROBE, "/x/pipx_metadata.json", "[]") == []


def test_a_wheel_is_only_there() -> None:
    path = "/home/ana/Downloads/aider_chat-0.86.1-py3-none-any.whl"
    seen = one(hand(PROBE, path, zipped({"aider_chat-0.86.1.dist-info/METADATA": METADATA})))
    assert (seen.version, seen.confidence) == ("0.86.1", "weak")
    assert hand(PROBE, path, zipped({"x": b""})) == []
    assert reasons(hand(PROBE, path, b"x")) == ["not a ZIP archive"]
    assert hand(PROBE, "/home/ana/aider.whl", b"x") == []


@pytest.mark.parametrize(
    ("root", "prefix", "how"),
    [
        (INFO, "/home/ana/src/lab/venv", ("virtual environment", "/home/ana/src/lab")),
        ("/usr/lib/python3/dist-packages/a.dist-info", "/usr", ("system", None)),
        ("/home/a/.local/lib/python3.12/site-packages/a.dist-info", "/home/a/.local", ("user site", None)),
        ("/h/uv/tools/x/lib/python3.12/site-packages/a.dist-info", "/h/uv/tools/x", ("uv tool", None)),
        ("/u/Roaming/uv/tools/x/Lib/site-packages/a.dist-info", "/u/Roaming/uv/tools/x", ("uv tool", None)),
        ("/home/a/.cache/uv/archive-v0/x/a.dist-info", None, ("uv cache", None)),
        ("/h/miniconda3/envs/e/lib/python3.12/site-packages/a.dist-info", "/h/miniconda3/envs/e", ("conda", None)),
        ("/home/a/x/a.dist-info", None, ("loose", None)),
    ],
)  # fmt: skip
def test_the_environment_of_a_distribution(root: str, prefix: str | None, how: tuple[str, str | None]) -> None:
    assert prefix_of(root) == prefix
    assert place(root) == how


@given(st.binary(max_size=200))
def test_any_header_is_read(data: bytes) -> None:
    name, version = header(b"Name: a\n" + data)
    assert isinstance(name + version, str)
