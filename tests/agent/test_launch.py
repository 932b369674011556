from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_the_service_gets_its_options_and_nothing_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "clearance.py").write_text("raise SystemExit('imported from the current folder')")
    options = {"state": str(tmp_path / "s"), "runtime": str(tmp_path / "none"), "configured": ""}
    script = (
        "import json, sys; sys.path.pop(0);"
        f"from clearance.agent.launch import become_the_service; become_the_service({json.dumps(options)})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    # It got as far as its lock, in a folder that is not there.
    assert done.returncode == 2, done.stderr
    assert str(tmp_path / "none") in done.stderr
    assert "imported from" not in done.stderr
