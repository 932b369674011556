from __future__ import annotations

import msgspec
import pytest

from clearance.agent.settings import Settings
from clearance.agent.watched import Watched


def test_settings_are_a_value() -> None:
    settings = Settings("", "/etc/d", None, Watched(("/w",), frozenset({1}), host=False), True, "/s", "/r")
    assert settings == msgspec.structs.replace(settings, key="")
    with pytest.raises(AttributeError):
        settings.state = "/other"  # type: ignore[misc]
