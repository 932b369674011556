from __future__ import annotations

import pytest

from clearance.observe.scan.homebrew import Homebrew
from tests.observe.scan.handing import hand, one, reasons

PROBE = Homebrew()
CELLAR = "/opt/homebrew/Cellar"


@pytest.mark.parametrize(
    ("name", "tap", "tool"),
    [
        ("crush", "charmbracelet/tap", "crush"),
        ("crush", "homebrew/core", None),
        ("crush", "somebody/tap", None),
        ("ollama", "homebrew/core", "ollama"),
        ("ollama", "somebody/tap", None),
        ("goose", "homebrew/core", None),
    ],
)
def test_a_formula_counts_with_its_tap(name: str, tap: str, tool: str | None) -> None:
    seen = hand(PROBE, f"{CELLAR}/{name}/1.0/INSTALL_RECEIPT.json", {"source": {"tap": tap}}, home=None)
    assert [one(seen).tool] if seen else ([tool] if tool else []) == []
    if tool:
        assert (one(seen).path, one(seen).version) == (f"{CELLAR}/{name}/1.0", "1.0")


def test_a_receipt_that_cannot_be_read_is_said() -> None:
    assert reasons(hand(PROBE, f"{CELLAR}/ollama/1.0/INSTALL_RECEIPT.json", "{", home=None))
    assert hand(PROBE, f"{CELLAR}/wget/1.0/INSTALL_RECEIPT.json", "{", home=None) == []


def test_casks_are_folders() -> None:
    seen = one(hand(PROBE, "/opt/homebrew/Caskroom/claude/1.1.2,ab12", folder=True, home=None))
    assert (seen.tool, seen.version) == ("claude-desktop", "1.1.2")
    assert hand(PROBE, "/opt/homebrew/Caskroom/claude/.metadata", folder=True, home=None) == []
