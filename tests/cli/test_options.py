from __future__ import annotations

import pytest
from cyclopts import App

from clearance.cli.main import run
from clearance.cli.options import Flag, Output
from clearance.errors import Error

app = App(name="verb")
GIVEN: list[tuple[bool, str | None]] = []


@app.default
def verb(*, flag: Flag = False, output: Output = None) -> int:
    """Take what was given."""
    GIVEN.append((flag, output))
    return 0


@pytest.mark.parametrize(("tokens", "given"), [
    ([], (False, None)), (["--flag"], (True, None)), (["-o", "a"], (False, "a")), (["--output", "a"], (False, "a")),
])  # fmt: skip
def test_a_flag_is_on_when_it_is_there_and_output_has_a_short_name(
    tokens: list[str], given: tuple[bool, str | None]
) -> None:
    assert run(app, ["verb", *tokens]) == 0
    assert GIVEN.pop() == given


def test_a_flag_has_no_opposite() -> None:
    with pytest.raises(Error, match="no-flag"):
        run(app, ["verb", "--no-flag"])
