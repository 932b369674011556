from __future__ import annotations

from pathlib import Path

import pytest

from clearance.config import Key
from clearance.errors import Error
from clearance.model.decision import ToolFacts
from clearance.tasks import policy_in_force
from clearance.tasks.policy_in_force import EXAMPLE, load_policy, shipped_example
from tests import builders

CATALOG = builders.catalog(builders.tool("acme"))
BODY = "apiVersion: clearance/v1\nkind: Directive\nmetadata: {id: D-1, title: Ours}\ntools: [{id: own, name: Own}]\n"


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is configured by default, which is not there yet."""
    folder = tmp_path / "directive.d"
    monkeypatch.setattr(policy_in_force, "KEYS", (Key("directive", str(folder), "The directive"),))
    return folder


def test_the_directive_that_is_named_holds(tmp_path: Path, configured: Path) -> None:
    configured.mkdir()
    path = tmp_path / "d.yaml"
    path.write_text(BODY)
    policy = load_policy(str(path), CATALOG)
    assert (policy.ref.directives, policy.ref.title, policy.ref.example) == (("D-1",), "Ours", False)
    assert policy.ref == policy.judge.policy


def test_else_the_configured_folder(configured: Path) -> None:
    configured.mkdir()
    (configured / "10-ours.yaml").write_text(BODY)
    policy = load_policy(None, CATALOG)
    assert (policy.ref.directives, policy.ref.example) == (("D-1",), False)


def test_else_the_shipped_example_which_says_that_it_is_one(configured: Path) -> None:
    policy = load_policy(None, CATALOG)
    assert policy.ref.example
    assert policy.ref.directives
    assert policy.ref.sha256 == load_policy(shipped_example(), CATALOG).ref.sha256


def test_the_facts_are_the_catalog_s_and_the_directive_s_own(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(BODY)
    tools = load_policy(str(path), CATALOG).tools
    assert {"acme", "own"} <= set(tools)
    assert isinstance(tools["own"], ToolFacts)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("a: [")])
def test_a_directive_that_is_named_and_unusable_is_an_error_and_no_other_takes_its_place(
    make: object, tmp_path: Path, configured: Path
) -> None:
    configured.mkdir()
    (configured / "10-ours.yaml").write_text(BODY)
    make(tmp_path / "d.yaml")  # type: ignore[operator]
    with pytest.raises(Error):
        load_policy(str(tmp_path / "d.yaml"), CATALOG)


def test_an_installation_without_its_example_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert Path(shipped_example()).name == EXAMPLE
    monkeypatch.setattr(policy_in_force, "_EXAMPLES", (tmp_path,))
    with pytest.raises(Error, match="is missing") as caught:
        shipped_example()
    assert "--directive" in caught.value.remedy
