"""What the whole of enforcement does about the network beyond names: a process known to be barred is cut off, a
tool that somebody pointed at a place of one's own is judged by it, and people are told.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator

import pytest

from tests.e2e.enforce import internet
from tests.e2e.enforce.wired import CERTIFICATE, PYTHON, Wired, missing, wired
from tests.enforcing import HOME, PATIENCE, PERSON, WORK

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]

GOOD = "https://good.example.org/"
TOOL = f"{WORK}/node_modules/@openai/codex"
MANIFEST = '{"name": "@openai/codex", "version": "0.169.0", "bin": {"codex": "bin/codex"}}'

TALKS = f"""
import signal, socket, subprocess
old = socket.create_connection(("{internet.GOOD}", 7777), 10)
old.recv(100)
print("open", flush=True)
old.settimeout(60)

def came(what, step):
    try:
        print(what, "reached" if step() is not None else "nothing", flush=True)
    except OSError as error:
        print(what, type(error).__name__, flush=True)

def datagram(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.connect(("{internet.GOOD}", port))
        end.settimeout(5)
        end.send(b"hello")
        return end.recv(10)

came("old", lambda: old.recv(10) or None)
came("new", lambda: socket.create_connection(("{internet.GOOD}", 7777), 5))
came("allowed", lambda: socket.create_connection(("{internet.GOOD}", 443), 5))
came("datagram", lambda: datagram(443))
came("name", lambda: socket.getaddrinfo("good.example.org", 443))
child = ("/usr/bin/curl", "-sS", "-m", "5", "--cacert", "{CERTIFICATE}", "{GOOD}")
print("child", "reached" if subprocess.run(child, capture_output=True).returncode == 0 else "nothing", flush=True)
signal.pause()
"""
"""Holds a connection until it is broken off, then tries all that there is, also by a program that it starts."""


@pytest.fixture(scope="module")
def here() -> Iterator[Wired]:
    """With the directive in force."""
    with wired() as made:
        made.guard()
        yield made


def test_a_process_that_is_known_to_be_barred_is_cut_from_the_network(here: Wired) -> None:
    if here.group is None:
        pytest.skip("needs control groups of version 2 below /sys/fs/cgroup")
    room, service = here.room, here.service
    assert service is not None
    room.write(f"{TOOL}/package.json", MANIFEST)
    room.must("mkdir", "-p", f"{TOOL}/bin")
    room.must("cp", "-L", PYTHON, f"{TOOL}/bin/codex")
    first = service.next_record()
    # Nobody tells in time what it is, and nobody looks at what runs: it gets past the deadline, and stays.
    here.kill("examiner", "STOP")
    here.kill("tracker", "STOP")
    number = room.start(f"{TOOL}/bin/codex", "-c", TALKS, uid=PERSON, folder="/", PYTHONHOME="/usr")
    service.until(lambda: "open" in room.wait(number, 0).out, "it never began")
    here.kill("examiner", "CONT")
    began = time.monotonic()
    service.until(lambda: "child" in room.wait(number, 0).out, "it was not cut off")
    said = dict(line.split(" ", 1) for line in room.wait(number, 0).out.splitlines() if " " in line)
    print(f"cut off, and seen by the process, within {time.monotonic() - began:.2f} s: {said}")
    assert "reached" not in said.values()
    assert {*said} == {"old", "new", "allowed", "datagram", "name", "child"}
    late = service.await_record(first, lambda one: one.kind == "decision" and one.outcome.done == "late")
    assert late is not None
    assert late.subject["tool"] == "codex"
    # Everybody else, of the same user too, is as before.
    assert "reached" in here.curl(GOOD).out
    service.until(lambda: service.status["network"]["processes"] == 1, "it is not counted")
    here.kill("tracker", "CONT")
    assert room.ended(number, PATIENCE)


def test_a_tool_that_is_pointed_at_a_relay_of_ones_own_is_refused_there(here: Wired) -> None:
    service = here.service
    assert service is not None
    url = "https://gateway.example.org/v1/messages"
    assert "reached" in here.curl(url).out
    first = service.next_record()
    settings = json.dumps({"env": {"ANTHROPIC_BASE_URL": "https://gateway.example.org"}})
    here.room.must("install", "-d", "-o", str(PERSON), f"{HOME}/.claude")
    here.room.write(f"{HOME}/.claude/settings.json", settings)
    os.chown(here.room.path(f"{HOME}/.claude/settings.json"), PERSON, PERSON)
    began = time.monotonic()
    service.until(lambda: "reached" not in here.curl(url).out, "it is reached")
    print(f"refused {time.monotonic() - began:.1f} s after the settings were written")
    at_address = here.curl("--resolve", f"gateway.example.org:443:{internet.NOBODYS}", url)
    assert "access denied" in at_address.err
    record = here.refused(first, "name", "gateway.example.org")
    assert record is not None
    assert record.decision is not None
    assert (record.subject["tool"], record.decision["rule"]) == ("claude-code", "elsewhere")
    here.room.must("rm", f"{HOME}/.claude/settings.json")
    service.until(lambda: "reached" in here.curl(url).out, "it is still refused")


def test_people_read_why(here: Wired) -> None:
    service = here.service
    assert service is not None
    here.curl("https://told.vendor.example/")
    service.until(
        lambda: "told.vendor.example" in service.command("why", "--user", str(PERSON), "--json").out, "nobody was told"
    )
    said = service.command("why", "--user", str(PERSON)).out
    print(said)
    assert "it has not been cleared" in said
    assert "https://intranet.example.com/ai-tools" in said
    assert service.status["network"]["refused"] > 0
