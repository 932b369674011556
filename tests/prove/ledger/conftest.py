from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.prove.ledger.making import SCRATCH


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """In memory where there is such a place: these tests sync thousands of times."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        yield Path(folder)
