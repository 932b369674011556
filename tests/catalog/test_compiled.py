"""The artifact is the YAML, or the YAML is read; nothing is written while loading."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from clearance.catalog import __main__ as command
from clearance.catalog import compiled, load_catalog
from clearance.errors import Error
from tests.catalog.sample import SHARED, entry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "acme-coder.yaml").write_text(entry())
    (tmp_path / "shared.yaml").write_text(SHARED)
    return tmp_path


def test_the_artifact_equals_the_yaml_files(tmp_path: Path) -> None:
    made = compiled.make(compiled.sources(compiled.FOLDER))
    packed = msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=compiled.Artifact)
    assert packed == made
    catalog = load_catalog()
    assert tuple(catalog.tools.values()) == made.tools
    assert catalog.shared == made.shared
    assert load_catalog() is catalog


def test_an_installed_package_holds_the_artifact_alone(folder: Path) -> None:
    compiled.write(folder)
    for path in compiled.sources(folder):
        (folder / path).unlink()
    assert list(compiled.read(folder).tools) == ["acme-coder"]


def test_a_checkout_whose_files_changed_is_read_anew_and_nothing_is_written(folder: Path) -> None:
    artifact = compiled.write(folder)
    before = artifact.read_bytes()
    path = folder / "tools" / "acme-coder.yaml"
    path.write_text(entry(("name: Acme Coder", "name: Acme Coder 2")))
    assert compiled.read(folder).tools["acme-coder"].name == "Acme Coder 2"
    assert artifact.read_bytes() == before
    assert sorted(entry.name for entry in folder.iterdir()) == ["catalog.msgpack", "shared.yaml", "tools"]


def test_without_an_artifact_the_files_are_read(folder: Path) -> None:
    assert list(compiled.read(folder).tools) == ["acme-coder"]
    assert not (folder / compiled.ARTIFACT).exists()


@pytest.mark.parametrize("data", [b"", b"\xc1 not msgpack", b"\x80", b"\x81\xa6digest\x01"])
def test_a_damaged_artifact_counts_as_none(folder: Path, data: bytes) -> None:
    (folder / compiled.ARTIFACT).write_bytes(data)
    assert list(compiled.read(folder).tools) == ["acme-coder"]
    for path in compiled.sources(folder):
        (folder / path).unlink()
    with pytest.raises(Error, match="missing or damaged") as caught:
        compiled.read(folder)
    assert caught.value.remedy == "install Clearance again"


def test_the_collector_is_left_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gc

    compiled.write(folder)
    gc.disable()
    try:
        compiled.read(folder)
        assert not gc.isenabled()
    finally:
        gc.enable()
    compiled.read(folder)
    assert gc.isenabled()


def test_the_digest_tells_names_from_contents() -> None:
    assert compiled.digest({"a": b"bc"}) != compiled.digest({"ab": b"c"})
    assert compiled.digest({"a": b"1", "b": b"2"}) == compiled.digest({"b": b"2", "a": b"1"})


def test_the_command_writes_the_artifact_or_says_what_is_wrong(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "write", lambda: compiled.write(folder))
    assert command.main([]) == 0
    assert (folder / compiled.ARTIFACT).stat().st_mode & 0o777 == 0o644
    (folder / "shared.yaml").write_text("instructions: 1\n")
    assert command.main([]) == 2
    assert "shared.yaml:1:15" in capsys.readouterr().err
