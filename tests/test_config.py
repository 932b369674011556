from __future__ import annotations

from pathlib import Path

import pytest

from clearance.config import KEYS, load_settings, user_file
from clearance.errors import Error


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "user/clearance").mkdir(parents=True)
    return {"XDG_CONFIG_HOME": str(tmp_path / "user")}


def put(tmp_path: Path, system: str = "", user: str = "") -> str:
    (tmp_path / "user/clearance/config.toml").write_text(user)
    (tmp_path / "system.toml").write_text(system)
    return str(tmp_path / "system.toml")


def test_flag_over_environment_over_user_over_system_over_default(tmp_path: Path, environ: dict[str, str]) -> None:
    system = put(tmp_path, 'state = "/s"\nruntime = "/s"\ndirective = "/s"', 'runtime = "/u"\ndirective = "/u"')
    environ |= {"CLEARANCE_DIRECTIVE": "/e"}
    settings = load_settings(environ, {"suppressions": "/f"}, system)
    origins = {name: (setting.value, setting.origin) for name, setting in settings.items()}
    assert origins == {
        "directive": ("/e", "CLEARANCE_DIRECTIVE"),
        "directive_key": ("", "default"),
        "runtime": ("/u", user_file(environ)),
        "state": ("/s", system),
        "suppressions": ("/f", "--suppressions"),
    }
    assert load_settings(environ, {"directive": "/f"}, system)["directive"].origin == "--directive"


def test_a_managed_key_cannot_be_changed(tmp_path: Path, environ: dict[str, str]) -> None:
    system = put(tmp_path, 'managed = ["directive"]\ndirective = "/s"', 'directive = "/u"')
    setting = load_settings(environ | {"CLEARANCE_DIRECTIVE": "/e"}, {"directive": "/f"}, system)["directive"]
    assert (setting.value, setting.managed) == ("/s", True)


def test_without_files_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings({"HOME": str(tmp_path)}, system_file=str(tmp_path / "none"))
    assert {name: setting.value for name, setting in settings.items()} == {key.name: key.default for key in KEYS}
    assert user_file({"HOME": "/home/ana"}) == "/home/ana/.config/clearance/config.toml"


@pytest.mark.parametrize("text", ["directive = ", "state = 7", 'directory = "/x"', 'managed = "directive"'])
def test_a_bad_file_is_named(tmp_path: Path, environ: dict[str, str], text: str) -> None:
    with pytest.raises(Error, match=r"system\.toml"):
        load_settings(environ, system_file=put(tmp_path, text))


def test_a_file_that_is_no_text_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    system = put(tmp_path)
    Path(system).write_bytes(b"\xff\xfe")
    with pytest.raises(Error, match="cannot read the configuration"):
        load_settings(environ, system_file=system)
