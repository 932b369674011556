"""Memory that says who is looked at since when."""

from __future__ import annotations

import os

from clearance.agent.tracker.progress import Progress


def test_a_child_writes_and_its_parent_reads() -> None:
    progress = Progress()
    assert progress.stuck() == (0.0, 0)
    pid = os.fork()
    if pid == 0:
        progress.begin()
        progress.at(77)
        os._exit(0)
    os.waitpid(pid, 0)
    seconds, at = progress.stuck()
    assert seconds > 0
    assert at == 77
    progress.end()
    assert progress.stuck() == (0.0, 0)
