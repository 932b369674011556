"""What several tests of enforcement begin from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.enforce.scene import Scene
from tests.real_tools import Unavailable


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A room of the test's own with the agents installed."""
    try:
        made = Scene()
    except Unavailable as reason:
        pytest.skip(str(reason))
    yield made
    made.close()
