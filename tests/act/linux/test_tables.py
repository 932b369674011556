from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clearance.act.changes import TableMade
from clearance.act.linux import tables

REAL = """
import subprocess, sys
from clearance.act.changes import TableMade
from clearance.act.journal import Journal
from clearance.act.linux import tables
from clearance.act.undo import undo
journal = Journal.begin(sys.argv[1])
tables.announce(journal, TableMade("inet", "clearance"))
tables.announce(journal, TableMade("inet", "never-made"))
subprocess.run(["nft", "add", "table", "inet", "clearance"], check=True)
subprocess.run(["nft", "add", "table", "inet", "others"], check=True)
assert undo(journal).undone == ["nft table inet clearance"]
left = subprocess.run(["nft", "list", "tables"], check=True, capture_output=True, text=True).stdout
assert left == "table inet others\\n", left
"""


def test_a_table_of_another_network_namespace_is_not_looked_for() -> None:
    assert not tables.remove(TableMade("inet", "clearance", namespace="0:0"))


@pytest.mark.long
def test_our_table_goes_and_the_others_stay(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root")
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-c", REAL, str(tmp_path / "state")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
