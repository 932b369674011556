"""The packet filter of a network namespace of its own: transactions, and what becomes of a table that is owned."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HERE = """
import os, signal
from clearance.kernel.nftables import Nftables
nft = Nftables()
print(repr(nft.run("list tables")))
nft.run("add table inet tried { flags owner; }", check=True)
print(repr(nft.run("list tables")))
try:
    nft.run("add table inet tried; add nonsense")
except OSError as error:
    print("refused:", "Error" in str(error), repr(nft.run("list tables")))
pid = os.fork()
if pid == 0:
    own = Nftables()
    own.run("table inet tried { flags owner; }")
    print(repr(nft.run("list tables")), flush=True)
    try:
        nft.run("delete table inet tried")
    except OSError:
        print("held", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(pid, 0)
print(repr(nft.run("list tables")))
nft.run("table inet tried { flags owner; }")
nft.close()
nft.close()
print(repr(Nftables().run("list tables")))
"""
SAID = ["''", "''", "refused: True ''", "'table inet tried\\n'", "held", "''", "''"]


@pytest.mark.long
@pytest.mark.skipif(bool(os.geteuid()), reason="needs root")
def test_an_owned_table_goes_with_its_process_and_is_nobody_elses() -> None:
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", HERE], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == SAID
