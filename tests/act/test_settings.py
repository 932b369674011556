from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.act import settings
from clearance.act.journal import Journal
from clearance.act.undo import undo

ME = (os.getuid(), os.getgid())
JSON = '{\n  // mine\n  "telemetry": true,\n  "other": 1\n}\n'


def put(tmp_path: Path, text: str | None, *key: str, form: settings.Format = "jsonc") -> tuple[Journal, Path]:
    path = tmp_path / "settings"
    if text is not None:
        path.write_text(text)
        path.chmod(0o640)
    journal = Journal.begin(str(tmp_path / "state"))
    assert settings.put_right(journal, str(path), form, key, False, *ME)
    assert not settings.put_right(journal, str(path), form, key, False, *ME)
    return journal, path


def test_it_is_put_right_and_put_back_byte_for_byte(tmp_path: Path) -> None:
    journal, path = put(tmp_path, JSON, "telemetry")
    assert path.read_text() == JSON.replace("true", "false")
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(undo(journal).undone) == 1
    assert path.read_text() == JSON


def test_what_the_person_changed_elsewhere_in_the_file_stays(tmp_path: Path) -> None:
    journal, path = put(tmp_path, JSON, "telemetry")
    path.write_text(path.read_text().replace('"other": 1', '"other": 2'))
    undo(journal)
    assert path.read_text() == JSON.replace('"other": 1', '"other": 2')


def test_a_setting_that_the_person_changed_since_is_kept(tmp_path: Path) -> None:
    journal, path = put(tmp_path, JSON, "telemetry")
    path.write_text(path.read_text().replace("false", '"some"'))
    assert undo(journal).kept == [f"telemetry in {path}: the setting was changed since"]
    assert '"some"' in path.read_text()


def test_objects_that_were_made_for_it_go_with_it(tmp_path: Path) -> None:
    journal, path = put(tmp_path, JSON, "a", "b", "c")
    path.write_text(path.read_text().replace("// mine", "// yours"))
    undo(journal)
    assert path.read_text() == JSON.replace("// mine", "// yours")


def test_a_file_that_was_not_there_is_gone_again(tmp_path: Path) -> None:
    journal, path = put(tmp_path, None, "a", "b", form="toml")
    assert path.read_text() == "[a]\nb = false\n"
    undo(journal)
    assert not path.exists()


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").write_text(JSON)
    (tmp_path / "settings").symlink_to("dotfiles")
    journal, path = put(tmp_path, None, "telemetry")
    assert path.is_symlink()
    assert (tmp_path / "dotfiles").read_text() == JSON.replace("true", "false")
    undo(journal)
    assert (tmp_path / "dotfiles").read_text() == JSON


@pytest.mark.parametrize("text", ["[]", "{", '{"telemetry": {"x": 1}, "telemetry"}'])
def test_a_document_that_cannot_be_read_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings"
    path.write_text(text)
    journal = Journal.begin(str(tmp_path / "state"))
    with pytest.raises(ValueError, match=r"."):
        settings.put_right(journal, str(path), "jsonc", ("telemetry",), False, *ME)
    assert path.read_text() == text
    assert journal.pending() == ()


@pytest.mark.long
def test_a_persons_link_leads_nowhere_that_they_could_not_go(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root")
    tmp_path.chmod(0o755)
    for above in tmp_path.parents:
        if above.owner() == "root" and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o055) if str(above).startswith("/tmp/") else None
    secret = tmp_path / "secret"
    secret.mkdir(0o700)
    (secret / "file").write_text(JSON)
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    (home / "settings").symlink_to(secret / "file")
    (home / "mine").write_text(JSON)
    journal = Journal.begin(str(tmp_path / "state"))
    with pytest.raises(PermissionError):
        settings.put_right(journal, str(home / "settings"), "jsonc", ("telemetry",), False, 65534, 65534)
    with pytest.raises(PermissionError, match="somebody else"):
        settings.put_right(journal, str(home / "mine"), "jsonc", ("telemetry",), False, 65534, 65534)
    (home / "mine").unlink()
    assert settings.put_right(journal, str(home / "mine"), "jsonc", ("telemetry",), False, 65534, 65534)
    assert (home / "mine").stat().st_uid == 65534
    assert (os.geteuid(), os.getegid()) == (0, 0)
    undo(journal)
    assert os.listdir(home) == ["settings"]
