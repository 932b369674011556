"""A child goes with its parent, also where it was stopped and could not see the parent go."""

from __future__ import annotations

import os
import select
import signal

from clearance.kernel.parents import die_with


def test_a_stopped_child_goes_with_its_parent() -> None:
    hears, says = os.pipe()
    parent = os.fork()
    if parent == 0:
        own = os.getpid()
        child = os.fork()
        if child == 0:
            die_with(own)
            os.write(says, str(os.getpid()).encode())
            signal.pause()
        signal.pause()
    child = int(os.read(hears, 20))
    os.close(says)
    held = os.pidfd_open(child)
    os.kill(child, signal.SIGSTOP)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    poll = select.poll()
    poll.register(held, select.POLLIN)
    assert poll.poll(30_000)
    os.close(held)
    os.close(hears)


def test_a_child_whose_parent_is_gone_already_ends() -> None:
    child = os.fork()
    if child == 0:
        die_with(os.getppid() + 1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
