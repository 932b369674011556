from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from clearance.errors import Error
from clearance.tasks.enforce import features
from clearance.tasks.enforce.features import FEATURES, Feature, kernel_reading, read, readings

FEATURE = Feature("a feature", "nothing works", lambda: "")


@pytest.mark.parametrize(
    ("outcome", "state", "seen"),
    [
        ("it is there", "yes", "it is there"),
        (PermissionError(errno.EPERM, "Operation not permitted"), "unknown", "only root can tell"),
        (OSError(errno.ENOSYS, "Function not implemented"), "no", "function not implemented"),
        (OSError(errno.EINVAL, "Invalid argument"), "no", "invalid argument"),
        (FileNotFoundError(errno.ENOENT, "No such file", "nft"), "no", "nft is not there"),
    ],
)
def test_what_an_outcome_means(outcome: str | OSError, state: str, seen: str) -> None:
    reading = read(FEATURE, outcome)
    assert (reading.state, reading.seen) == (state, seen)
    assert reading.without == ("" if state == "yes" else "nothing works")


def test_what_root_may_not_do_is_not_there() -> None:
    reading = read(FEATURE, PermissionError(errno.EPERM, "Operation not permitted"), root=True)
    assert reading.state == "no"
    assert "CAP_SYS_ADMIN" in reading.seen


def test_where_the_kernel_asks_nobody_it_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> str:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(features, "_permission", refused)
    with pytest.raises(Error, match="function not implemented") as caught:
        features.must_be_asked()
    assert "clearance doctor" in caught.value.remedy


@pytest.mark.parametrize(
    ("release", "state"),
    [
        ("6.1.0-28-amd64", "yes"),
        ("6.18.44", "yes"),
        ("6.12.3", "unknown"),
        ("6.11.0", "unknown"),
        ("5.15.0-91-generic", "no"),
        ("4.19", "no"),
        ("custom", "unknown"),
    ],
)
def test_what_the_kernels_version_says(release: str, state: str) -> None:
    assert kernel_reading(release).state == state


def test_a_feature_that_is_missing_is_one_row_and_the_others_are_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(features, "FEATURES", (Feature("broken", "x", broken), FEATURE))
    assert [reading.state for reading in readings()][1:] == ["no", "yes"]


def test_looking_changes_nothing_and_keeps_nothing_open() -> None:
    mounts = Path("/proc/self/mountinfo").read_bytes()
    open_before = sorted(os.listdir("/proc/self/fd"))
    readings()
    assert sorted(os.listdir("/proc/self/fd")) == open_before
    assert Path("/proc/self/mountinfo").read_bytes() == mounts


@pytest.mark.long
def test_a_machine_that_can_enforce() -> None:
    if os.getuid() != 0:
        pytest.skip("needs root")
    found = {reading.name: reading for reading in readings()}
    needed = [feature.name for feature in FEATURES if "overlay" not in feature.name and "original" not in feature.name]
    assert {name: found[name] for name in needed if found[name].state != "yes"} == {}
