from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.act import toml

TEXT = """\
# head
model = "x"   # which

[analytics]
# on by default
enabled = true

[other.table]
list = [1, 2]  # two
"""


def test_only_the_value_changes() -> None:
    text = toml.put(TEXT, ("analytics", "enabled"), "false")
    assert text == TEXT.replace("enabled = true", "enabled = false")
    assert toml.get(text, ("analytics", "enabled")) == "false"
    assert toml.get(TEXT, ("other", "table", "list")) == "[1, 2]"
    assert toml.depth(TEXT, ("other", "new", "x")) == 1


@given(st.lists(st.sampled_from(["a", "analytics", "other", "x.y", "ü"]), min_size=1, max_size=3).map(tuple))
def test_what_is_added_can_be_read_and_removed(key: tuple[str, ...]) -> None:
    try:
        text = toml.put(TEXT, key, '"v"')
    except ValueError:
        return
    assert toml.get(text, key) == '"v"'
    tomllib.loads(text)
    assert toml.get(toml.remove(text, key), key) is None


@pytest.mark.parametrize("text", ["a =", "= 1", "\udcff = 1", "[a\n"])
def test_what_is_no_toml_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="not TOML"):
        toml.put(text, ("a",), "1")


def test_a_value_that_is_no_table_holds_no_names() -> None:
    with pytest.raises(ValueError, match="no table"):
        toml.put(TEXT, ("model", "x"), "1")
    assert toml.remove(TEXT, ("model", "x")) == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "a = 1\n" * 10_000,
        f"a = {'[' * 17}{']' * 17}\n",
        f"{'a.' * 30}b = 1\n",
        f"[{'a.' * 30}b]\n",
        "a = " + "{b=" * 20 + "1" + "}" * 20 + "\n",
    ],
)
def test_what_would_take_long_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="edited here"):
        toml.put(text, ("b",), "1")
