"""What is guarded, and that nothing of the whole machine is without `--host`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.agent import watched as module
from clearance.agent.watched import Mount, machines_network, mounts, outermost, watched
from clearance.errors import Error

TABLE = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /proc rw - proc proc rw
30 22 0:40 / /srv/a\\040b rw - tmpfs none rw
31 22 0:40 /below /mnt rw shared:2 master:1 - tmpfs none rw
broken line
40 22 0:50 / /net rw - nfs4 server:/ rw
"""


def test_mounts() -> None:
    assert list(mounts(TABLE)) == [
        Mount("/", "254:0", "ext4"), Mount("/proc", "0:21", "proc"), Mount("/srv/a b", "0:40", "tmpfs"),
        Mount("/mnt", "0:40", "tmpfs"), Mount("/net", "0:50", "nfs4"),
    ]  # fmt: skip


def test_the_machines_own_file_systems_are_each_watched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_text", lambda path: TABLE)
    assert module.host_paths() == ("/", "/srv/a b")


def test_something_must_be_named() -> None:
    with pytest.raises(Error, match="nothing to guard"):
        watched((), host=False)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Error, match="cannot be watched"):
        watched((str(tmp_path / "none"),), host=True)


def test_what_everybody_shares_needs_to_be_meant() -> None:
    """This program itself, and the root, lie on the machine's file systems."""
    for path in ("/", str(Path(module.__file__).parent)):
        with pytest.raises(Error, match="whole machine") as raised:
            watched((path,), host=False)
        assert "--host" in (raised.value.remedy or "")
        found = watched((path,), host=True)
        assert found.devices == {os.stat(path).st_dev}
        assert not found.host


def test_one_path_for_each_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_shared", dict)
    (tmp_path / "a").mkdir()
    found = watched((str(tmp_path), str(tmp_path / "a")), host=False)
    assert found.paths == (str(tmp_path),)
    assert found.devices == {tmp_path.stat().st_dev}


@pytest.mark.parametrize(
    ("spaces", "machines"),
    [
        ({"pid": module.INITIAL_PID_NAMESPACE, "self": "net:[4026531840]", "1": "net:[4026531840]"}, True),
        ({"pid": module.INITIAL_PID_NAMESPACE, "self": "net:[4026532999]", "1": "net:[4026531840]"}, False),
        ({"pid": "pid:[4026533000]", "self": "net:[4026531840]", "1": ""}, True),
        ({"pid": "pid:[4026533000]", "self": "net:[4026532999]", "1": ""}, False),
        ({"pid": "pid:[4026533000]", "self": "", "1": ""}, True),
    ],
)
def test_whose_network_it_is(monkeypatch: pytest.MonkeyPatch, spaces: dict[str, str], machines: bool) -> None:
    monkeypatch.setattr(module, "_namespace", lambda process, kind: spaces["pid" if kind == "pid" else process])
    assert machines_network() is machines
    assert outermost() is (spaces["pid"] == module.INITIAL_PID_NAMESPACE)
