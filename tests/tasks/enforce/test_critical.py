from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from clearance.tasks.enforce.critical import Places, critical

MINE = frozenset({os.getuid()})
DEBIAN_STATUS = """Package: bash
Essential: yes
Status: install ok installed
Architecture: amd64

Package: perl-base
Essential: yes
Architecture: amd64

Package: nethack
Architecture: amd64
"""


def nothing(path: str) -> bool:
    return False


def program(root: Path, path: str, mode: int = 0o755) -> Path:
    made = root / path.lstrip("/")
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_bytes(b"\x7fELF" + os.fsencode(path))
    made.chmod(mode)
    return made


def link(root: Path, path: str, target: str) -> None:
    made = root / path.lstrip("/")
    made.parent.mkdir(parents=True, exist_ok=True)
    made.symlink_to(target)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir(mode=0o755)
    # Nobody but whoever runs the test writes there.
    return root


def found(root: Path, is_tool: object = nothing) -> set[str]:
    return {one.path for one in critical(is_tool, str(root), MINE)}  # type: ignore[arg-type]


def test_what_a_debian_needs(tree: Path) -> None:
    for path in (
        "/usr/bin/bash", "/usr/bin/dash", "/usr/bin/apt", "/usr/bin/sudo", "/usr/sbin/sshd", "/usr/bin/perl5.36.0",
        "/usr/lib/systemd/systemd", "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "/usr/games/nethack",
        "/usr/bin/rzsh",
    ):  # fmt: skip
        program(tree, path)
    link(tree, "/bin", "usr/bin")
    link(tree, "/usr/bin/sh", "dash")
    link(tree, "/lib64/ld-linux-x86-64.so.2", "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
    link(tree, "/lib", "usr/lib")
    (tree / "etc").mkdir()
    (tree / "etc/shells").write_text("# shells\n/bin/bash\n/bin/rzsh\n/bin/gone\n\n")
    info = tree / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (tree / "var/lib/dpkg/status").write_text(DEBIAN_STATUS)
    (info / "bash.list").write_text("/.\n/bin\n/bin/bash\n/usr/share/doc/bash\n")
    (info / "perl-base:amd64.list").write_text("/usr/bin/perl5.36.0\n")
    (info / "nethack.list").write_text("/usr/bin/nethack\n")
    assert found(tree) == {
        "/usr/bin/bash", "/usr/bin/dash", "/usr/bin/apt", "/usr/bin/sudo", "/usr/sbin/sshd", "/usr/bin/perl5.36.0",
        "/usr/lib/systemd/systemd", "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "/usr/bin/rzsh",
    }  # fmt: skip


def test_what_an_alpine_needs(tree: Path) -> None:
    for path in ("/bin/busybox", "/sbin/apk", "/lib/ld-musl-x86_64.so.1", "/sbin/openrc", "/usr/bin/nano-ai"):
        program(tree, path)
    link(tree, "/bin/sh", "/bin/busybox")
    link(tree, "/bin/ls", "/bin/busybox")
    assert found(tree) == {"/bin/busybox", "/sbin/apk", "/lib/ld-musl-x86_64.so.1", "/sbin/openrc"}


def test_what_a_container_needs(tree: Path) -> None:
    for path in ("/sbin/tini", "/bin/dash", "/usr/bin/env", "/app/server"):
        program(tree, path)
    assert found(tree) == {"/sbin/tini", "/bin/dash", "/usr/bin/env"}


def test_a_store_where_every_program_is_a_link(tree: Path) -> None:
    program(tree, "/nix/store/abc-bash-5.2/bin/bash")
    link(tree, "/run/current-system/sw/bin", "/nix/store/env/bin")
    link(tree, "/nix/store/env/bin/bash", "/nix/store/abc-bash-5.2/bin/bash")
    link(tree, "/bin/sh", "/nix/store/abc-bash-5.2/bin/bash")
    assert found(tree) == {"/nix/store/abc-bash-5.2/bin/bash"}


@pytest.mark.parametrize("name", ["bash", "sudo", "sshd", "apt"])
def test_a_tool_is_never_critical_whatever_it_is_called(tree: Path, name: str) -> None:
    program(tree, f"/usr/bin/{name}")
    assert found(tree) == {f"/usr/bin/{name}"}
    assert found(tree, lambda path: path.endswith(name)) == set()


def test_a_tool_behind_a_link_is_looked_at_where_it_lies(tree: Path) -> None:
    program(tree, "/opt/tool/bin/codex")
    link(tree, "/usr/bin/bash", "/opt/tool/bin/codex")
    looked: list[str] = []

    def is_tool(path: str) -> bool:
        looked.append(path)
        return "codex" in path

    assert found(tree, is_tool) == set()
    assert looked == [f"{tree}/opt/tool/bin/codex"]


def test_what_others_can_exchange_is_not_critical(tree: Path) -> None:
    program(tree, "/usr/bin/bash", 0o757)
    program(tree, "/usr/sbin/sshd")
    program(tree, "/home/bo/bin/shell")
    (tree / "home/bo/bin").chmod(0o777)
    (tree / "etc").mkdir()
    (tree / "etc/shells").write_text("/home/bo/bin/shell\n")
    assert found(tree) == {"/usr/sbin/sshd"}
    assert critical(nothing, str(tree), frozenset({os.getuid() + 1})) == ()


def test_names_that_say_nothing(tree: Path) -> None:
    program(tree, "/usr/bin/bash", 0o644)
    (tree / "usr/bin/sudo").mkdir()
    link(tree, "/usr/bin/sh", "sh")
    link(tree, "/usr/bin/ls", "../../../../../../gone")
    os.mkfifo(tree / "usr/bin/apt")
    (tree / "etc").mkdir()
    (tree / "etc/shells").write_bytes(b"/bin/\xff\xfe\n/\0\nrelative\n")
    assert found(tree) == set()


def test_a_name_that_is_no_text_is_escaped(tree: Path) -> None:
    name = os.fsdecode(b"/bin/sh\xff")
    program(tree, name)
    (tree / "etc").mkdir()
    (tree / "etc/shells").write_bytes(b"/bin/sh\xff\n")
    assert found(tree) == {"/bin/sh\\udcff"}


@pytest.mark.parametrize(
    ("target", "real"),
    [("/usr/bin", "/usr/bin/sh"), ("usr/bin", "/usr/bin/sh"), ("../../usr/./bin", "/usr/bin/sh"), ("/bin", "/bin/sh")],
)
def test_links_are_followed_inside_the_root(tree: Path, target: str, real: str) -> None:
    link(tree, "/bin", target)
    assert Places(str(tree)).real("/bin/sh") == real


def test_this_machine_has_some_and_this_program_is_among_them() -> None:
    places = {one.path for one in critical(nothing)}
    assert os.path.realpath(sys.executable) in places
    assert os.path.realpath("/bin/sh") in places


def test_whoever_is_not_root_lays_down_nothing_critical_here(tmp_path: Path) -> None:
    assert not any(one.path.startswith(str(tmp_path)) for one in critical(nothing))
