"""The page on the ledger: its program that imports nothing of ours agrees with what the ledger signs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from clearance.prove.ledger import parts
from tests.docs.pages import ROOT, fences
from tests.prove.ledger.making import filled

PAGE = ROOT / "docs" / "ledger.md"


def test_the_program_on_the_page_verifies_a_ledger_and_finds_a_changed_record(tmp_path: Path) -> None:
    (program,) = (fence.text for fence in fences(PAGE) if fence.language == "python")
    folder, key, note = filled(tmp_path, 21, segment_bytes=900)
    (tmp_path / "checkpoint").write_text(note)
    files = [os.path.join(folder, part.name) for part in parts.parts_of(os.listdir(folder))]
    command = [sys.executable, "-I", "-c", program, str(tmp_path / "checkpoint"), *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{key.name} 21 are the records that were signed\n")
    Path(files[2]).write_bytes(Path(files[2]).read_bytes().replace(b'"word"', b'"w0rd"', 1))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, f"{key.name} 21 are OTHER RECORDS\n")


def test_every_event_of_the_ledger_itself_stands_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    code = "".join(path.read_text("utf-8") for path in (ROOT / "src/clearance/prove/ledger").glob("*.py"))
    for event in ("records-refused", "tail-cut", "records-dropped", "ledger-damaged"):
        assert f'"{event}"' in code
        assert f"| `{event}` |" in text
