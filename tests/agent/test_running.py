from __future__ import annotations

import os
import subprocess
import sys

from clearance.agent.guard.owner import owner
from clearance.agent.running import running


def test_who_runs_which_file() -> None:
    with subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE) as process:
        what = os.stat(f"/proc/{process.pid}/exe")
        found = running()
        assert owner(process.pid) in found[what.st_dev, what.st_ino]
        process.communicate(b"\n")
