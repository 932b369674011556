"""No test sees what another one left in a cache."""

from __future__ import annotations

import pytest

from clearance.judge.versions import version, version_range


@pytest.fixture(autouse=True)
def _empty_caches() -> None:
    version.cache_clear()
    version_range.cache_clear()
