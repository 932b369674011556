"""Input made to break a scanner: no crash, no hang, nothing reaches the terminal or the page, the rest is found.

Each test puts something hostile beside a known tool in one person's home. The tool must be found however bad the rest
is, and what could not be read must be told.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.e2e.command import SECONDS, Ran, scan
from tests.e2e.hosts import DIRECTIVE, HostTree

HOME = "/home/ana"
MODULES = f"{HOME}/.npm-global/lib/node_modules"
TEXT_FORMATS = ("text", "html", "json", "sarif", "ocsf", "cyclonedx")
MEGABYTE = 1 << 20
LAPTOP = Path(__file__).parents[2] / "examples" / "laptop"


@pytest.fixture
def host(tmp_path: Path) -> HostTree:
    """A home with one tool that is always found."""
    host = HostTree(tmp_path / "host")
    host.people("ana")
    host.npm(MODULES, "@openai/codex", "0.169.0", "codex")
    (tmp_path / "directive.yaml").write_text(DIRECTIVE)
    return host


def look(host: HostTree, *options: str, **how: object) -> Ran:
    """Scan the host; the known tool must be found, and nothing may be wrong with the program itself."""
    ran = scan(host.root, "--json", "--directive", str(host.root.parent / "directive.yaml"), *options, **how)  # type: ignore[arg-type]
    assert ran.code in (0, 1, 4), ran.err
    assert "Traceback" not in ran.err
    assert ran.sightings(tool="codex", surface="package", version="0.169.0"), "the rest of the scan is not complete"
    return ran


def assert_harmless(text: str) -> None:
    """Nothing in the text moves a cursor, changes a colour, reverses a line or hides."""
    bad = {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    assert not bad, [hex(ord(c)) for c in bad]


# Settings that cannot be read


BROKEN_JSON = {
    "nothing in it": b" ",
    "cut off": b'{"env": {"ANTHROPIC_BASE_URL": "https://rel',
    "nested deeply": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "lists nested deeply": b"[" * 500_000,
    "no text": bytes(range(256)) * 64,
    "in UTF-16": '{"a": 1}'.encode("utf-16"),
    "a number without end": b"[" + b"9" * 400_000 + b"]",
    "lone surrogates": b'{"env": {"\\ud800": "\\udfff"}}',
    "comments without end": b"/*" * 200_000,
    "only commas": b"{" + b"," * 500_000 + b"}",
    "only quotes": b'"\\"' * 200_000,
    "zeros": b"\0" * 70_000,
}
ODD_JSON = {
    "no object": b"7",
    "a list": b'["env"]',
    "null everywhere": b'{"env": null, "mcpServers": null, "permissions": null, "projects": null}',
    "lists for objects": b'{"env": [], "mcpServers": [[]], "projects": [1]}',
    "numbers for texts": b'{"env": {"ANTHROPIC_BASE_URL": 1e999, "DISABLE_TELEMETRY": [1]}}',
    "objects for texts": b'{"env": {"ANTHROPIC_BASE_URL": {"a": 1}}, "mcpServers": {"x": {"command": {"y": []}}}}',
    "a key of a megabyte": b'{"' + b"k" * 1_000_000 + b'": 1}',
    "a value of a megabyte": b'{"env": {"ANTHROPIC_BASE_URL": "https://' + b"v" * 1_000_000 + b'"}}',
    "many keys": b'{"mcpServers": {' + b",".join(b'"%d": {"command": "x"}' % n for n in range(20_000)) + b"}}",
}


def test_broken_settings_are_told(host: HostTree) -> None:
    broken = {f"{HOME}/src/{name}/.claude/settings.json": content for name, content in BROKEN_JSON.items()}
    broken[f"{HOME}/.claude.json"] = b"{"
    for path, content in broken.items():
        host.write(path, content)
    ran = look(host)
    assert ran.code == 4
    assert set(broken) <= set(ran.skipped())
    assert_harmless(ran.out)


def test_odd_settings_are_passed_over(host: HostTree) -> None:
    for name, content in ODD_JSON.items():
        for place in (
            ".claude/settings.json",
            ".claude/settings.local.json",
            ".cursor/mcp.json",
            ".gemini/settings.json",
        ):
            host.write(f"{HOME}/src/{name}/{place}", content)
    host.write(f"{HOME}/.claude.json", ODD_JSON["many keys"])
    ran = look(host)
    # A document cannot flood the result.
    assert f"{HOME}/.claude.json" in ran.skipped()
    assert len(ran.sightings(surface="mcp-server")) < 5000
    assert_harmless(ran.out)


def test_lists_that_flood(host: HostTree) -> None:
    many = range(30_000)
    host.write(
        f"{HOME}/.bashrc", "".join(f"export OPENAI_API_KEY=x{n} OPENAI_BASE_URL=http://h{n}\n" for n in range(7000))
    )
    entries = [{"identifier": {"id": "github.copilot"}, "version": f"1.{n}", "relativeLocation": f"{n}"} for n in many]
    host.write(f"{HOME}/.vscode/extensions/extensions.json", json.dumps(entries))
    obsolete = {f"github.copilot-1.{n}.0": True for n in many}
    host.write(f"{HOME}/.vscode/extensions/.obsolete", json.dumps(obsolete))
    stanza = "Package: p{}\nStatus: install ok installed\nVersion: 1\n\n"
    host.write("/var/lib/dpkg/status", "".join(stanza.format(n) for n in many))
    ran = look(host)
    assert len(ran.json["sightings"]) < 5000


def test_a_settings_file_of_a_gigabyte(host: HostTree) -> None:
    places = (
        f"{HOME}/.claude/settings.json", f"{HOME}/.claude.json", f"{HOME}/.claude/.credentials.json",
        f"{HOME}/.codex/config.toml", f"{HOME}/.continue/config.yaml", f"{HOME}/src/x/.env", f"{HOME}/.bashrc",
        f"{HOME}/src/x/node_modules/cline/package.json", f"{HOME}/.vscode/extensions/a.b-1.0/package.json",
        f"{HOME}/.mozilla/firefox/x.default/extensions.json", f"{HOME}/.local/bin/claude", f"{HOME}/x/y.js",
        f"{HOME}/.local/share/JetBrains/x/y/lib/z.jar", "/etc/passwd2", "/var/lib/dpkg/status",
    )  # fmt: skip
    for path in places:
        with host.write(path, b'{"env": {"A": "').open("r+b") as file:
            file.truncate(1 << 30)
    peak = host.root.parent / "peak"
    # The limit is on address space: reading one of these files whole would need it all.
    ran = look(host, prefix=("prlimit", f"--as={1 << 30}", sys.executable, "-c", WATCH, str(peak)))
    assert ran.code == 4
    assert f"{HOME}/.claude/settings.json" in ran.skipped()
    assert int(peak.read_text()) < 200 * 1024, "KiB"


WATCH = """\
import os, resource, subprocess, sys
done = subprocess.run(sys.argv[2:])
with open(sys.argv[1], "w") as out:
    out.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done.returncode)
"""
"""Runs a command and writes the peak of its resident memory, in KiB, to a file."""


BILLION = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
YAML: dict[str, str | bytes] = {
    "a billion laughs": BILLION + "mcpServers: *a11\nenv: *a11\n",
    "itself": "mcpServers: &x\n  x: *x\n  command: &y [*y]\nenv: *x\n",
    "merged without end": "a: &a {x: 1}\n" + "".join(f"b{n}: &b{n} {{<<: [*a, *a]}}\n" for n in range(2000)),
    "nested deeply": "[" * 20_000,
    "indented deeply": "".join(" " * n + "a:\n" for n in range(300)),
    "merged in a chain": "b0: &b0 {x: 1}\n"
    + "".join(f"b{n}: &b{n} {{<<: [*b{n - 1}, *b{n - 1}]}}\n" for n in range(1, 60)),
    "tags": "mcpServers: !!python/object/apply:os.system ['touch ../owned']\n",
    "a key that is no text": "? {a: [1, 2]}\n: mcpServers\n",
    "a year 0": "a: 0000-00-00\nb: 99999-12-31\n",
    "tabs": "\t\t\ta:\n\t- b",
    "not UTF-8": b"\xff\xfe\x00a: b",
    "anchors": "".join(f"k{n}: &k{n} v\n" for n in range(3000)),
}


def test_yaml_that_explodes(host: HostTree) -> None:
    for name, content in YAML.items():
        for place in (".continue/mcpServers/x.yaml", ".aider.conf.yml"):
            host.write(f"{HOME}/src/{name}/{place}", content)
    ran = look(host, prefix=("prlimit", f"--as={1 << 30}"))
    assert ran.code == 4
    assert not (host.root.parent / "owned").exists()
    told = "\n".join(ran.skipped())
    for name in ("merged in a chain", "nested deeply", "not UTF-8", "tags"):
        assert f"/src/{name}/" in told
    assert_harmless(ran.out)


def test_archives_that_explode(host: HostTree) -> None:
    plugins = f"{HOME}/.local/share/JetBrains/x"
    with zipfile.ZipFile(host.at(f"{plugins}/bomb/lib/bomb.jar"), "w", zipfile.ZIP_DEFLATED) as jar:
        jar.writestr("META-INF/plugin.xml", b"<idea-plugin>" + b" " * (256 * MEGABYTE))
    laughs = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)
    )
    with zipfile.ZipFile(host.at(f"{plugins}/laughs/lib/laughs.jar"), "w") as jar:
        jar.writestr("META-INF/plugin.xml", f"{laughs}]><idea-plugin><id>&m;</id></idea-plugin>")
    with zipfile.ZipFile(host.at(f"{plugins}/file/lib/file.jar"), "w") as jar:
        jar.writestr(
            "META-INF/plugin.xml",
            '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><idea-plugin><id>&a;</id></idea-plugin>',
        )
    with zipfile.ZipFile(host.at(f"{plugins}/many/lib/many.jar"), "w") as jar:
        for n in range(20_000):
            jar.writestr(f"{n}/META-INF/plugin.xml", b"")
    for name in ("vsix", "xpi", "whl", "snap"):
        host.write(
            f"{HOME}/x/a-1.0-py3-none-any.{name}", b"PK\x03\x04" + os.urandom(100_000) + b"PK\x05\x06" + b"\xff" * 30
        )
    ran = look(host, prefix=("prlimit", f"--as={1 << 30}"))
    assert socket.gethostname() not in json.dumps(ran.json["sightings"])


HEADS = {
    "elf": b"\x7fELF\x02\x01\x01", "pe": b"MZ\x90\0", "macho": b"\xcf\xfa\xed\xfe",
    "fat": b"\xca\xfe\xba\xbe\0\0\xff\xff", "zip": b"PK\x03\x04", "node": b"#!/usr/bin/env node\n",
    "python": b"#!/usr/bin/python3\nimport anthropic\n",
    "zstd": b"\x28\xb5\x2f\xfd", "xz": b"\xfd7zXZ\0", "gzip": b"\x1f\x8b\x08\0", "asar": b"\x04\0\0\0\xff\xff\xff\x7f",
    "sqlite": b"SQLite format 3\0", "class": b"\xca\xfe\xba\xbe\0\0\0\x34", "nothing": b"",
}  # fmt: skip


def test_programs_that_are_none(host: HostTree) -> None:
    noise = b"".join(n.to_bytes(4, "little") * 3 + b"\xff" * 5 for n in range(20_000))
    rest = {
        "noise": noise, "ones": b"\xff" * 300_000, "zeros": b"\0" * 300_000, "short": b"\0" * 4100, "tiny": b"\0" * 80,
        "bun": b"\xff" * 70_000 + b"\n---- Bun! ----\n", "offsets": (b"\xff" * 7 + b"\x7f") * 40_000,
    }  # fmt: skip
    for kind, head in HEADS.items():
        for name, content in rest.items():
            host.write(f"{HOME}/bin/{kind}-{name}", head + content, 0o755)
    ran = look(host)
    assert ran.code == 0, ran.json["skipped"]
    assert ran.json["unknown"] == []


# Things that are no files


def test_pipes_sockets_and_devices_are_never_opened(host: HostTree) -> None:
    names = (".claude/settings.json", ".bashrc", ".codex/auth.json", "src/x/.env", "src/x/package.json", "bin/x")
    for name in names[:3]:
        os.mkfifo(host.at(f"{HOME}/{name}"))
    for name in names[3:]:
        os.mkfifo(host.at(f"{HOME}/{name}"))
    place = host.at(f"{HOME}/.cursor/mcp.json")
    with socket.socket(socket.AF_UNIX) as listening:
        fd = os.open(place.parent, os.O_PATH)
        listening.bind(f"/proc/self/fd/{fd}/{place.name}")
        os.close(fd)
        ran = look(host)
    assert ran.code == 4
    for name in (".claude/settings.json", ".codex/auth.json", "src/x/.env"):
        assert f"{HOME}/{name}" in ran.skipped()


@pytest.mark.long
def test_devices_are_never_opened(host: HostTree) -> None:
    for name, kind, number in (
        (".claude/settings.json", stat.S_IFCHR, (1, 5)), (".bashrc", stat.S_IFCHR, (5, 0)),
        ("bin/endless", stat.S_IFCHR, (1, 8)), ("src/.env", stat.S_IFBLK, (7, 200)),
    ):  # fmt: skip
        os.mknod(host.at(f"{HOME}/{name}"), kind | 0o666, os.makedev(*number))
    ran = look(host)
    assert ran.code == 4
    assert f"{HOME}/.claude/settings.json" in ran.skipped()


# Links


def test_links_that_go_round(host: HostTree) -> None:
    home = host.at(f"{HOME}/x").parent
    (home / "self").symlink_to("self")
    (home / "a").symlink_to("b")
    (home / "b").symlink_to("a")
    (home / "up").symlink_to("..")
    (home / ".claude").symlink_to(".")
    (home / ".codex").symlink_to("/")
    (home / ".cursor").symlink_to("../../..")
    (home / ".gemini").symlink_to(".gemini/x/y")
    (home / ".config").symlink_to("a/b/c")
    for n in range(60):
        (home / f"chain{n}").symlink_to(f"chain{n + 1}")
    ran = look(host)
    assert len([s for s in ran.json["sightings"] if s["tool"] == "codex" and s["surface"] == "package"]) == 1


def test_no_link_leads_out_of_the_root(host: HostTree, tmp_path: Path) -> None:
    outside = HostTree(tmp_path / "outside")
    marker = "outside-the-root"
    outside.write("/settings.json", {"env": {"ANTHROPIC_BASE_URL": f"https://{marker}.example.net"}})
    outside.write("/mcp.json", {"mcpServers": {marker: {"command": marker}}})
    outside.write("/.env", f"ANTHROPIC_BASE_URL=https://{marker}.example.net\n")
    outside.npm("/node_modules", "@anthropic-ai/claude-code", "9.9.9", "claude")
    outside.write("/passwd", f"{marker}:x:1000:1000::/home/{marker}:/bin/sh\n")
    home = host.at(f"{HOME}/x").parent
    up = "../" * 30
    for number, target in enumerate((str(outside.root), up + str(outside.root).lstrip("/"))):
        (home / f".claude{number or ''}").symlink_to(target)
        (home / f"modules{number}").symlink_to(f"{target}/node_modules")
    (home / ".claude.json").symlink_to(f"{outside.root}/mcp.json")
    host.at(f"{HOME}/.cursor/mcp.json").symlink_to(f"{up}{outside.root}/mcp.json")
    host.at(f"{HOME}/src/x/.env").symlink_to(f"{outside.root}/.env")
    host.at(f"{HOME}/src/y/package.json").symlink_to(
        f"{outside.root}/node_modules/@anthropic-ai/claude-code/package.json"
    )
    host.at("/home/eve").symlink_to(outside.root)
    host.at("/opt").symlink_to(f"{outside.root}/node_modules")
    host.at("/etc/hostname").symlink_to(f"{outside.root}/.env")
    host.at(f"{HOME}/proc").symlink_to("/proc/self/root")
    host.at(f"{HOME}/cwd").symlink_to("/proc/self/cwd")
    for options in ((), ("--deep", "/"), ("--deep", "/home", "/etc", f"{HOME}/src")):
        ran = look(host, *options)
        assert marker not in ran.out
        assert "9.9.9" not in ran.out
    for way_out in ("/home/eve", "/opt", f"{HOME}/modules0", f"{HOME}/src/x/.env"):
        ran = scan(host.root, "--deep", way_out)
        assert (ran.code, ran.out) == (2, "")


# Names and paths


def test_names_that_are_no_text(host: HostTree) -> None:
    home = os.fsencode(host.at(f"{HOME}/x").parent)
    for name in (
        b"\xff\xfe",
        b"a\nb",
        b"\x1b[31mred",
        b"\xed\xa0\x80",
        b"\xe2\x80\xaegpj.exe",
        b"-rf",
        b"a" * 255,
        b"'\";&|<>",
    ):
        package = home + b"/" + name + b"/node_modules/@qwen-code/qwen-code"
        os.makedirs(package)
        with open(package + b"/package.json", "w") as out:
            json.dump({"name": "@qwen-code/qwen-code", "version": "0.24.4", "bin": {"qwen": "cli.js"}}, out)
        with open(package + b"/cli.js", "w") as out:
            out.write("//" * 100)
    ran = look(host)
    assert len({s["id"] for s in ran.sightings(tool="qwen-code")}) == 8
    for form in TEXT_FORMATS:
        again = scan(host.root, "--format", form, "--directive", str(host.root.parent / "directive.yaml"))
        assert again.code == 0, again.err
        assert_harmless(again.out)


def test_paths_longer_than_the_kernel_takes(host: HostTree) -> None:
    assert len(dig(host.at(f"{HOME}/deep"), "d" * 200, 40)) > 8000
    ran = look(host)
    assert [s["path"].endswith("/@qwen-code/qwen-code") for s in ran.sightings(tool="qwen-code")] == [True]
    assert len(ran.sightings(tool="qwen-code")[0]["path"]) > 8000
    for form in TEXT_FORMATS:
        assert scan(host.root, "--format", form, "--directive", str(host.root.parent / "directive.yaml")).code == 0


def test_folders_nested_without_end(host: HostTree) -> None:
    deep = host.at(f"{HOME}/deep")
    try:
        dig(deep, "d", 10_000)
        ran = look(host, "--deep", HOME)
    finally:
        bury(deep)
    assert ran.code == 4
    assert "nested too deeply" in ran.skipped().values()


def bury(deep: Path) -> None:
    """Remove folders from the top, one by one: what cleans up after tests calls itself for each of them."""
    above = Path(f"{deep}-above")
    while deep.exists():
        deep.rename(above)
        for below in above.iterdir():
            if below.is_dir():
                below.rename(deep)
            else:
                below.unlink()
        above.rmdir()


def dig(start: Path, name: str, depth: int) -> str:
    """A package of a tool under folders that are nested so deeply; its path below `start`."""
    start.mkdir()
    fd = os.open(start, os.O_RDONLY)
    for part in [name] * depth + ["node_modules", "@qwen-code", "qwen-code"]:
        os.mkdir(part, dir_fd=fd)
        deeper = os.open(part, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = deeper
    with open(os.open("package.json", os.O_WRONLY | os.O_CREAT, dir_fd=fd), "w") as out:
        json.dump({"name": "@qwen-code/qwen-code", "version": "0.24.4", "bin": {"qwen": "cli.js"}}, out)
    os.close(os.open("cli.js", os.O_WRONLY | os.O_CREAT, dir_fd=fd))
    os.close(fd)
    return "/".join([str(start), *[name] * depth, "node_modules/@qwen-code/qwen-code"])


def test_a_folder_of_many(host: HostTree) -> None:
    folder = host.at(f"{HOME}/many/x").parent
    fd = os.open(folder, os.O_RDONLY)
    for n in range(50_000):
        os.close(os.open(f"{n}.env", os.O_CREAT | os.O_WRONLY, dir_fd=fd))
    for n in range(2_000):
        os.mkdir(f"{n}", dir_fd=fd)
    os.close(fd)
    ran = look(host)
    assert ran.code == 0, ran.json["skipped"]
    assert ran.json["summary"]["files_seen"] >= 50_000


def test_a_passwd_of_many(host: HostTree) -> None:
    lines = [f"u{n}:x:{1000 + n % 50_000}:1::/home/u{n}:/bin/sh" for n in range(30_000)]
    odd = (
        "",
        ":",
        "a:b",
        "r::0:0::/:",
        "x:x:1000:1000::/home/../..:/bin/sh",
        "y:x:1000:1::/home/ana/../ana:/",
        "\0:\0",
    )
    host.write("/etc/passwd", "\n".join([*lines, *odd, "ana:x:1000:1000::/home/ana:/bin/sh"]))
    host.write("/etc/group", "g:x:5:" + ",".join(f"u{n}" for n in range(30_000)))
    ran = look(host)
    assert {s["user"] for s in ran.sightings(tool="codex")} == {"ana"}


# What changes meanwhile


def test_files_that_vanish(host: HostTree) -> None:
    folder = host.at(f"{HOME}/x/y").parent
    stop = threading.Event()

    def churn() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            for name in ("a", "b", "c"):
                place = folder / name
                manifest = place / "node_modules/@qwen-code/qwen-code/package.json"
                manifest.parent.mkdir(parents=True, exist_ok=True)
                manifest.write_text('{"name": "@qwen-code/qwen-code", "version": "1"}')
                (place / "program").write_bytes(b"\x7fELF" + bytes(5000))
                place.rename(folder / f"{name}{n}")
                remove(folder / f"{name}{n}")
                (folder / name).write_bytes(b"#!/bin/sh\n" * 1000)
                (folder / name).unlink()
                (folder / name).symlink_to("/")
                (folder / name).unlink()

    churning = threading.Thread(target=churn)
    churning.start()
    try:
        for _ in range(4):
            ran = look(host, "--deep", HOME)
            assert ran.code == 0, ran.json["skipped"]
    finally:
        stop.set()
        churning.join()


def remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


# What may not be read


@contextmanager
def as_nobody(host: HostTree) -> Iterator[tuple[str, ...]]:
    """The command that makes a program run as nobody in particular, who may come to the host."""
    if os.geteuid() != 0:
        yield ()
        return
    for folder in (host.root.parent, *host.root.parent.parents):
        if not stat.S_IMODE(folder.stat().st_mode) & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    yield ("setpriv", "--reuid=4711", "--regid=4711", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")


def closed(host: HostTree, path: str) -> Path:
    """A path of the host that nobody may read."""
    place = host.at(path)
    place.chmod(0)
    return place


@pytest.fixture
def opened(host: HostTree) -> Iterator[HostTree]:
    """The host; what a test closed is opened again, so that it can be removed."""
    yield host
    for folder, _, names in os.walk(host.root):
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink() and not stat.S_IMODE(path.stat().st_mode):
                path.chmod(0o700)


def test_what_may_not_be_read_is_told(opened: HostTree) -> None:
    host = opened
    host.write(f"{HOME}/.claude/settings.json", "{}")
    host.write(f"{HOME}/.cursor/mcp.json", "{}")
    host.write(f"{HOME}/bin/tool", b"\x7fELF" + bytes(9000), 0o755)
    host.write(f"{HOME}/src/secret/x.txt", "x")
    host.write(f"{HOME}/.gemini/settings.json", "{}")
    host.write(f"{HOME}/.config/goose/config.yaml", "a: 1")
    host.write("/home/bo/.bashrc", "")
    hidden = (
        f"{HOME}/.claude", f"{HOME}/.cursor/mcp.json", f"{HOME}/bin/tool", f"{HOME}/src/secret", f"{HOME}/.gemini",
        f"{HOME}/.config", "/home/bo",
    )  # fmt: skip
    for path in hidden:
        closed(host, path)
    with as_nobody(host) as prefix:
        ran = look(host, prefix=prefix)
    for path in hidden:
        host.at(path).chmod(0o700)
    assert ran.code == 4
    skipped = ran.skipped()
    assert {path: skipped.get(path) for path in hidden} == dict.fromkeys(hidden, "permission denied")
    coverage = {(entry["tool"], entry["user"]): entry for entry in ran.json["coverage"]}
    for tool in ("claude-code", "goose", "gemini-cli"):
        assert coverage[tool, "ana"]["state"] == "not-readable"
    assert coverage["codex", "ana"]["state"] == "found"
    assert {entry["state"] for (_, user), entry in coverage.items() if user == "bo"} == {"not-readable"}
    assert all(entry["why"] for entry in coverage.values() if entry["state"] == "not-readable")


def test_a_root_that_may_not_be_read(opened: HostTree) -> None:
    host = opened
    place = closed(host, "/home")
    with as_nobody(host) as prefix:
        ran = scan(host.root, "--directive", str(host.root.parent / "directive.yaml"), prefix=prefix)
    place.chmod(0o755)
    assert ran.code in (3, 4)
    closed(host, "/")
    with as_nobody(host) as prefix:
        ran = scan(host.root, "--directive", str(host.root.parent / "directive.yaml"), prefix=prefix)
    host.root.chmod(0o755)
    assert (ran.code, ran.out) == (2, "")
    assert "permission denied" in ran.err


# What is shown


EVIL = (
    "\x1b[2J\x1b]0;owned\x07", "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "\u202egpj.exe\u2066",
    "\r\n\v\f\x85\u2028\u2029", "</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>',
    "{{constructor}}", "%s%n${7*7}", "\u200b\ufeff\u00ad", "a\u0300" + "\u0300" * 200, "\ud83d\ude00", "\x00\x08\x7f",
    "]]><!--", "=cmd|' /C calc'!A0", "`rm -rf /`$(id)",
)  # fmt: skip


def evil(number: int) -> str:
    return "".join(EVIL[number % len(EVIL) :] + EVIL[: number % len(EVIL)])


class Page(HTMLParser):
    """What a browser would do with a page: its scripts, handlers, and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.handlers: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        for name, value in attrs:
            if name.startswith("on"):
                self.handlers.append(name)
            if name in ("src", "href", "action", "formaction", "data", "poster", "srcset"):
                self.addresses.append(value or "")


def as_name(text: str, length: int) -> bytes:
    """The text as the name of a file."""
    return "".join(c for c in text if c not in "/\0")[:length].encode("utf-8", "surrogatepass")[:200]


@pytest.fixture
def evil_host(host: HostTree) -> HostTree:
    """A host in which every text that somebody may choose is hostile: names, versions, paths, servers, people."""
    modules = f"{HOME}/.nvm/versions/node/v22.0.0/lib/node_modules"
    for number, name in enumerate(("@qwen-code/qwen-code", "@google/gemini-cli", "cline", "opencode-ai")):
        bad = evil(number)
        manifest = {
            "name": name, "version": f"1.0.{number}{bad}", "description": bad, "author": {"name": bad},
            "bin": {name.rpartition("/")[2]: "cli.js", bad: bad}, "homepage": f"javascript:{bad}", "os": [bad],
            "cpu": [bad], "engines": {bad: bad},
        }  # fmt: skip
        host.write(f"{modules}/{name}/package.json", json.dumps(manifest))
        host.write(f"{modules}/{name}/cli.js", "//" * 100)
    projects = os.fsencode(host.at(f"{HOME}/src/x").parent)
    for number in range(len(EVIL)):
        bad = evil(number)
        extension = {"publisher": "github", "name": "copilot", "version": bad, "engines": {"vscode": bad}}
        host.write(f"{HOME}/.vscode/extensions/e{number}/package.json", json.dumps({**extension, "displayName": bad}))
        servers = {bad: {"command": bad, "args": [bad], "env": {bad: bad}, "url": f"https://{bad}"}}
        host.write(f"{HOME}/src/p{number}/.cursor/mcp.json", json.dumps({"mcpServers": servers}))
        providers = f"[model_providers.x]\nbase_url = {json.dumps(bad)}\n"
        host.write(f"{HOME}/src/p{number}/.codex/config.toml", providers)
        project = projects + b"/" + as_name(bad, 80)
        os.makedirs(project, exist_ok=True)
        with open(project + b"/CLAUDE.md", "w") as out:
            out.write("x")
    host.write(f"{HOME}/.claude/settings.json", json.dumps({"env": {"ANTHROPIC_BASE_URL": f"https://{evil(1)}"}}))
    variable = f"export OPENAI_BASE_URL='https://x.example{evil(2)}'\n"
    host.write(f"{HOME}/.bashrc", variable.encode("utf-8", "surrogatepass"))
    host.write("/etc/hostname", evil(3).encode("utf-8", "surrogatepass"))
    login = evil(0).replace(":", "").replace("\n", "").encode("utf-8", "surrogatepass")
    host.write("/etc/passwd", login + f":x:1000:1000::{HOME}:/bin/sh\n".encode())
    programs = os.fsencode(host.at(f"{HOME}/bin/x").parent)
    for number in range(3):
        with open(programs + b"/" + as_name(evil(number), 60), "wb") as program:
            program.write((LAPTOP / "home/bo/bin/notes").read_bytes())
    return host


@pytest.mark.parametrize("form", TEXT_FORMATS)
def test_hostile_texts_reach_no_screen(evil_host: HostTree, form: str) -> None:
    look(evil_host)
    directive = str(evil_host.root.parent / "directive.yaml")
    options = ("-v", "--group-by", "tool") if form in ("text", "html") else ()
    ran = scan(evil_host.root, "--format", form, "--directive", directive, *options)
    assert ran.code in (0, 1, 4), ran.err
    assert_harmless(ran.out)
    assert_harmless(ran.err)
    if form == "html":
        page, clean = Page(), Page()
        page.feed(ran.out)
        clean.feed(scan(LAPTOP, "--format", "html", "--directive", directive).out)
        assert page.scripts == clean.scripts
        assert page.handlers == clean.handlers
        assert not [a for a in page.addresses if a.lower().strip().startswith(("javascript", "data", "vbscript"))]
        assert "<img" not in ran.out


def test_the_reader_of_the_output_goes_away(host: HostTree) -> None:
    for n in range(400):
        host.npm(f"{HOME}/src/p{n}/node_modules", "@qwen-code/qwen-code", f"0.24.{n}", "qwen")
    command = [sys.executable, "-m", "clearance", "scan", "--root", str(host.root), "--json", "--no-live"]
    command += ["--directive", str(host.root.parent / "directive.yaml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.read(1)
        running.stdout.close()
        assert running.stderr is not None
        said = running.stderr.read()
        assert running.wait(SECONDS) == 0
    assert said == b""
