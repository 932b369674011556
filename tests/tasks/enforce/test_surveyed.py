from __future__ import annotations

import sys
from subprocess import run

import msgspec

from clearance.model.enforcement import KnownFile
from clearance.tasks.enforce.surveyed import PutRight, Survey
from clearance.tasks.enforce.table import Person


def test_a_survey_travels_whole() -> None:
    found = Survey(
        (KnownFile(1, 2, 3, "codex"),), (Person(1000, "ana", ("dev",)),), (("codex", None, "h"),), ("/s",), ("/home",),
        (PutRight("ana", "telemetry", "off", why="set in the environment"),),
    )  # fmt: skip
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Survey) == found


def test_whoever_reads_one_has_nothing_in_memory_that_looks() -> None:
    looks = "[m for m in sys.modules if m.startswith(('clearance.observe.scan', 'clearance.observe.walk'))]"
    ask = f"import sys, clearance.tasks.enforce.surveyed; print({looks})"
    assert run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.strip() == "[]"
