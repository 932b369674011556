from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clearance.act import files, journal, restoring
from clearance.catalog import load_catalog
from clearance.config import load_settings
from clearance.errors import Error
from clearance.tasks.enforce import acceptance
from clearance.tasks.enforce import install as task
from tests.act.snapshot import cut_at, snapshot

MODULES = (files, journal, restoring, task)
COMMAND = "/opt/clearance/bin/clearance"
GOOD = """apiVersion: clearance/v1
kind: Directive
metadata: {id: D-1, title: One, owner: security@example.com, review: 2035-10-10}
contact: https://intranet.example.com/ai-tools
default: {effect: allow}
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The files of a machine."""
    root = tmp_path / "image"
    for folder in ("etc/systemd/system", "usr/lib/systemd/system", "var/lib/dpkg"):
        (root / folder).mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    return root


def test_an_image_is_installed_into_and_is_as_before_afterwards(image: Path, tmp_path: Path) -> None:
    before = snapshot(str(image))
    directive = tmp_path / "ours.yaml"
    directive.write_text(GOOD)
    said = task.install(str(image), command=COMMAND, directive=str(directive), dry_run=True).done
    assert snapshot(str(image)) == before, "a dry run does nothing"
    done = task.install(str(image), command=COMMAND, directive=str(directive)).done
    assert said[1:] == done, "but for the state folder, which is made with the journal"
    assert (image / "etc/clearance/directive.d/10-ours.yaml").read_text() == GOOD
    unit = (image / "etc/systemd/system/clearance.service").read_text()
    assert f"ExecStart={COMMAND} enforce run" in unit
    wants = image / "etc/systemd/system/multi-user.target.wants/clearance.service"
    assert os.readlink(wants) == "/etc/systemd/system/clearance.service"
    assert task.install(str(image), command=COMMAND, directive=str(directive)).done == []
    (image / "var/lib/clearance/ledger/records").write_text("written since")
    assert task.uninstall(str(image), dry_run=True).undone != []
    report = task.uninstall(str(image))
    assert report.kept == report.failed == []
    assert snapshot(str(image)) == before
    assert task.uninstall(str(image)).undone == []


def test_what_a_package_ships_is_not_written_again(image: Path) -> None:
    (image / "usr/lib/systemd/system/clearance.service").write_text("shipped")
    task.install(str(image), command=COMMAND)
    assert not (image / "etc/systemd/system/clearance.service").exists()
    link = image / "etc/systemd/system/multi-user.target.wants/clearance.service"
    assert os.readlink(link) == "/usr/lib/systemd/system/clearance.service"


def test_a_bad_directive_is_refused_and_nothing_is_done(image: Path, tmp_path: Path) -> None:
    before = snapshot(str(image))
    directive = tmp_path / "ours.yaml"
    directive.write_text(GOOD.replace("effect", "efect"))
    for dry_run in (True, False):
        with pytest.raises(Error) as caught:
            task.install(str(image), command=COMMAND, directive=str(directive), dry_run=dry_run)
        assert str(caught.value).startswith(f"{directive}:5:11: ")
        assert snapshot(str(image)) == before


@pytest.mark.parametrize("name", ["ours.yml", "ours", "ours.txt"])
def test_a_directive_is_called_so_that_it_is_read(image: Path, tmp_path: Path, name: str) -> None:
    directive = tmp_path / name
    directive.write_text(GOOD)
    assert task.install(str(image), command=COMMAND, directive=str(directive)).refused is None
    (placed,) = (image / "etc/clearance/directive.d").iterdir()
    assert placed.suffix == ".yaml"
    assert acceptance.candidate(str(placed.parent), load_catalog())


def test_of_a_bad_directive_that_lies_there_it_is_said(image: Path) -> None:
    placed = image / "etc/clearance/directive.d/10-ours.yaml"
    placed.parent.mkdir(parents=True)
    placed.write_text(GOOD.replace("effect", "efect"))
    report = task.install(str(image), command=COMMAND)
    assert str(report.refused).startswith(f"{placed}:5:11: ")
    placed.write_text(GOOD)
    assert task.install(str(image), command=COMMAND).refused is None


def test_an_empty_folder_is_enough(tmp_path: Path) -> None:
    task.install(str(tmp_path), command=COMMAND)
    assert (tmp_path / "etc/systemd/system/multi-user.target.wants/clearance.service").is_symlink()
    task.uninstall(str(tmp_path))
    assert os.listdir(tmp_path) == []


def test_without_a_directive_the_service_waits_for_one(image: Path) -> None:
    assert task.install(str(image), command=COMMAND).waiting
    assert not (image / "etc/clearance/directive.d").exists(), "an empty one would be a directive that cannot be read"
    (image / "etc/clearance/directive.d").mkdir()
    (image / "etc/clearance/directive.d/10-ours.yaml").write_text("")
    assert not task.install(str(image), command=COMMAND).waiting


def test_the_service_can_put_a_directive_in_force_in_what_was_installed(image: Path) -> None:
    directive = Path(__file__).resolve().parents[3] / "examples/directives/approved-list.yaml"
    task.install(str(image), command=COMMAND, directive=str(directive))
    state, catalog = str(image / "var/lib/clearance"), load_catalog()
    new = acceptance.candidate(str(image / "etc/clearance/directive.d"), catalog)
    acceptance.accept(state, new, catalog, None, "2026-11-21T12:00:00+00:00")
    kept = acceptance.in_force(state, catalog)
    assert kept is not None
    assert kept.accepted.sha256 == new.merged.sha256


def test_a_configuration_that_is_there_stays(image: Path) -> None:
    (image / "etc/clearance").mkdir()
    (image / "etc/clearance/config.toml").write_text('state = "/elsewhere"\n')
    before = snapshot(str(image))
    task.install(str(image), command=COMMAND)
    assert (image / "etc/clearance/config.toml").read_text() == 'state = "/elsewhere"\n'
    task.uninstall(str(image))
    assert snapshot(str(image)) == before


def test_what_others_changed_since_is_kept_and_said(image: Path) -> None:
    directive = image.parent / "10-ours.yaml"
    directive.write_text(GOOD)
    task.install(str(image), command=COMMAND, directive=str(directive))
    (image / "etc/clearance/directive.d/20-theirs.yaml").write_text("theirs")
    (image / "etc/clearance/config.toml").write_text("theirs")
    report = task.uninstall(str(image))
    assert sorted(line.removeprefix(f"{image}/etc/clearance") for line in report.kept) == [
        "/config.toml: it was changed since",
        "/directive.d: other files were put into it since",
        ": other files were put into it since",
    ]
    assert not (image / "var/lib/clearance").exists()


def test_the_records_can_be_kept(image: Path) -> None:
    task.install(str(image), command=COMMAND)
    (image / "var/lib/clearance/ledger/records").write_text("evidence")
    (image / "var/lib/clearance/mode").write_text("block")
    task.uninstall(str(image), keep_ledger=True)
    assert sorted(os.listdir(image / "var/lib/clearance")) == ["keys", "ledger"]
    assert (image / "var/lib/clearance/ledger/records").read_text() == "evidence"
    assert not (image / "etc/clearance").exists()


@pytest.mark.parametrize("what", ["install", "uninstall"])
def test_cut_anywhere_the_image_is_as_before_afterwards(
    image: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    step, ended = 0, False
    while not ended:
        root = image.parent / "tree"
        shutil.copytree(image, root, symlinks=True)
        before = snapshot(str(root))
        if what == "install":
            ended = cut_at(step, lambda: task.install(str(root), command=COMMAND), *MODULES)  # noqa: B023
        else:
            task.install(str(root), command=COMMAND)
            ended = cut_at(step, lambda: task.uninstall(str(root)), *MODULES)  # noqa: B023
        report = task.uninstall(str(root))
        assert report.kept == report.failed == [], step
        assert snapshot(str(root)) == before, step
        shutil.rmtree(root)
        step += 5
    assert step > 50


def test_an_image_cannot_lead_onto_this_machine(image: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.rmtree(image / "etc/systemd")
    (image / "etc/systemd").symlink_to(outside)
    with pytest.raises(Error, match="leads out of"):
        task.install(str(image), command=COMMAND)
    assert os.listdir(outside) == []
    task.uninstall(str(image))
    assert not (image / "var/lib/clearance").exists()


def test_the_configuration_sets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(task.configuration())
    assert all(setting.origin == "default" for setting in load_settings({}, system_file=str(path)).values())


@pytest.mark.parametrize("command", ["relative", "/a\nb", '/a"b', "/a\\b"])
def test_a_command_that_a_unit_cannot_name_is_refused(command: str) -> None:
    with pytest.raises(Error, match="unit file"):
        task.unit_text(command)


def test_signs_that_mean_something_in_a_unit_are_escaped() -> None:
    text = task.unit_text("/a b/50%/$HOME/clearance")
    assert b'ExecStart="/a b/50%%/$HOME/clearance" enforce run' in text
    assert b'ExecReload="/a b/50%%/$HOME/clearance" enforce reload' in text
    assert b"/usr/bin/clearance" not in text


def test_only_root_installs_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Error, match="only root"):
        task.install("/")
    with pytest.raises(Error, match="not a folder"):
        task.uninstall("/does/not/exist")


REAL = """
import os, sys
from clearance.tasks.enforce import install
from tests.act.snapshot import snapshot
before = {folder: snapshot(folder) for folder in ("/etc", "/var/lib")}
assert install.install("/", command="/opt/clearance/bin/clearance").done
assert os.path.exists("/etc/systemd/system/clearance.service")
report = install.uninstall("/")
assert not report.kept and not report.failed, report
for folder, seen in before.items():
    assert snapshot(folder) == seen, folder
"""


@pytest.mark.long
def test_on_a_machine_of_its_own(tmp_path: Path) -> None:
    """`/etc` and `/var/lib` are private copies in a mount namespace of the test's own."""
    if os.getuid() != 0:
        pytest.skip("needs root")
    if os.path.isdir("/run/systemd/system"):
        pytest.skip("the service manager of this machine would be told")
    script = (
        "mount --make-rprivate / && cp -a /etc $1/etc && mkdir $1/lib && mount --bind $1/etc /etc && "
        'mount --bind $1/lib /var/lib && cd $3 && exec $2 -c "$4"'
    )
    here = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        ["unshare", "-m", "sh", "-ec", script, "sh", str(tmp_path), sys.executable, here, REAL],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
