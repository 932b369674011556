"""Property tests have no deadline: how fast a shared machine is says nothing about the judge. No test sees what another
one left in a cache."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from clearance.judge.versions import version, version_range

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _empty_caches() -> None:
    version.cache_clear()
    version_range.cache_clear()
