from __future__ import annotations

import subprocess
import sys


def run(program: str) -> list[str]:
    return subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.splitlines()


def test_the_library_of_dns_works_without_metadata_of_packages() -> None:
    said = run("""
import sys
from clearance.agent.light import load
load("dns.name", without="importlib.metadata")
from clearance.agent.network import resolver
import dns.message
question = dns.message.make_query("api.example.com.", "HTTPS", use_edns=True)
print(dns.message.from_wire(question.to_wire()) == question)
print([name for name in ("importlib.metadata", "email", "zipfile", "csv") if name in sys.modules])
import importlib.metadata
print(importlib.metadata.version("dnspython") > "2")
""")
    assert said == ["True", "[]", "True"]


def test_messages_work_without_newer_types() -> None:
    said = run("""
import sys
from clearance.agent.light import load
load("msgspec", without="typing_extensions")
import msgspec
from clearance.wire.enforcement import Message, Pulse
sent = msgspec.msgpack.encode(Pulse("guard", {"events": 3}))
print(msgspec.msgpack.decode(sent, type=Message), "typing_extensions" in sys.modules)
""")
    assert said == ["Pulse(who='guard', counters={'events': 3}) False"]


def test_what_is_loaded_already_stays() -> None:
    said = run("""
import importlib.metadata
import sys
from clearance.agent.light import load
load("dns.name", without="importlib.metadata")
print(sys.modules["importlib.metadata"] is importlib.metadata)
""")
    assert said == ["True"]
