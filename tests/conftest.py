"""What holds for every test.

In continuous integration nothing is skipped silently: a skipped test there is a failure. Property tests have no
deadline: how fast a shared machine is says nothing about the program.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

_SKIPPED: list[str] = []


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give the tests a folder of this run's own: some nest deeper in it than Python removes."""
    if not hasattr(config, "workerinput") and config.option.basetemp is None:
        config.option.basetemp = tempfile.mkdtemp(prefix="clearance-tests-")
        config.add_cleanup(lambda: _remove(config.option.basetemp))


def _remove(folder: str) -> None:
    subprocess.run(["rm", "-rf", folder], check=False)


PLACES = ("/etc/clearance", "/run/clearance", "/var/lib/clearance")


@pytest.fixture(autouse=True)
def _own_places() -> Iterator[None]:
    """A test keeps to places of its own: what an installed Clearance has on this machine does not come from a test."""
    before = [path for path in PLACES if os.path.lexists(path)]
    yield
    assert [path for path in PLACES if os.path.lexists(path)] == before


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine that runs the tests colours them or changes what is configured."""
    for name in list(os.environ):
        if name.startswith("CLEARANCE_") and name != "CLEARANCE_TEST_CACHE":
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _SKIPPED.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail where `CI=true` and something was skipped."""
    if os.environ.get("CI") == "true" and _SKIPPED and exitstatus == 0:
        print(f"\n{len(_SKIPPED)} skipped where everything should be present: {', '.join(_SKIPPED[:20])}")
        session.exitstatus = 1
