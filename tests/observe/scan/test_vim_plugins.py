from __future__ import annotations

import pytest

from clearance.observe.scan.vim_plugins import VimPlugins, origins
from tests.observe.scan.handing import hand, one, reasons

PROBE = VimPlugins()
CONFIG = '[core]\n\tbare = false\n[remote "origin"]\n\turl = %s\n\tfetch = x\n'


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://github.com/github/copilot.vim", ["github/copilot.vim"]),
        ("https://github.com/GitHub/Copilot.vim.git", ["github/copilot.vim"]),
        ("git@github.com:zbirenbaum/copilot.lua.git", ["zbirenbaum/copilot.lua"]),
        ("https://ana:secret@git.example/github/copilot.vim/", ["github/copilot.vim"]),
        ("nonsense", []),
    ],
)
def test_the_origin_of_a_checkout(address: str, origin: list[str]) -> None:
    assert origins((CONFIG % address).encode()) == origin


@pytest.mark.parametrize(
    "folder",
    [
        "/home/ana/.local/share/nvim/lazy/x",
        "/home/ana/.vim/plugged/x",
        "/home/ana/.local/share/nvim/site/pack/packer/start/x",
        "/srv/dotfiles/vim/pack/a/opt/x",
    ],
)
def test_a_plug_in_by_its_origin(folder: str) -> None:
    seen = one(hand(PROBE, f"{folder}/.git/config", CONFIG % "https://github.com/github/copilot.vim"))
    assert (seen.tool, seen.path, seen.confidence) == ("copilot", folder, "strong")
    assert hand(PROBE, f"{folder}/.git/config", CONFIG % "https://github.com/someone/copilot.vim") == []


def test_without_its_git_folder_a_plug_in_is_weak() -> None:
    path = "/home/ana/.vim/plugged/copilot.vim"
    assert one(hand(PROBE, path, names=("plugin", "README"), folder=True)).confidence == "weak"
    assert hand(PROBE, path, names=("README",), folder=True) == []
    assert hand(PROBE, "/home/ana/.vim/plugged/other", names=("plugin",), folder=True) == []


def test_masons_receipt() -> None:
    path = "/home/ana/.local/share/nvim/mason/packages/x/mason-receipt.json"
    receipt = {"source": {"id": "pkg:npm/%40github/copilot-language-server@1.400.0?x=1"}}
    seen = one(hand(PROBE, path, receipt))
    assert (seen.tool, seen.version, seen.surface) == ("copilot", "1.400.0", "package")
    assert one(hand(PROBE, path, {"primary_source": {"id": "pkg:pypi/aider-chat@1"}})).tool == "aider"
    assert reasons(hand(PROBE, path, "{"))
    documents: tuple[object, ...] = (
        [],
        {},
        {"source": 1},
        {"source": {"id": "pkg:npm/left-pad@1"}},
        {"source": {"id": 7}},
    )
    for document in documents:
        assert hand(PROBE, path, document) == []
