"""The service's child processes: forked, with nothing open that is not theirs, ended with the service.

They end when their channel does. One that hangs or is stopped would not see that, and the kernel ends it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Collection
from typing import Final

from clearance.kernel.parents import die_with
from clearance.log import LOG

DEFECT: Final = 101


def fork(name: str, keep: Collection[int], run: Callable[[], object]) -> int:
    """A child that runs `run` and ends; its pid. Of all open descriptors it has only `keep` and the standard three."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = DEFECT
    try:
        die_with(parent)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR1):
            # A child ends when its channel closes; a terminal's Ctrl-C is the service's to hear.
            signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
        close_all_but({0, 1, 2, *keep})
        called(name)
        run()
        code = 0
    except BaseException as error:  # noqa: BLE001 - the last thing a child says
        LOG.error("%s ended: %s", name, error)
        if LOG.isEnabledFor(10):
            traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def apart(name: str, run: Callable[[], bytes]) -> bytes | None:
    """What `run` gives, run in a child that ends with it; None where it failed.

    What it looks at stays shared with this process: to look at an object is to write to it, and what is written to is
    held twice.
    """
    hears, says = os.pipe2(os.O_CLOEXEC)

    def tell() -> None:
        with os.fdopen(says, "wb") as file:
            file.write(run())

    with os.fdopen(hears, "rb") as file:
        try:
            pid = fork(name, {says}, tell)
        except OSError:
            return None
        finally:
            os.close(says)
        data = file.read()
    return data if os.waitpid(pid, 0)[1] == 0 else None


def called(name: str) -> None:
    """How this process is listed by `ps` and `top`."""
    with contextlib.suppress(OSError), open("/proc/self/comm", "wb") as file:
        file.write(f"clr-{name}".encode()[:15])


def sooner(nice: int) -> None:
    """Have this process served sooner than others (setpriority(2)), where that is allowed."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, nice)


def close_all_but(keep: Collection[int]) -> None:
    """Close every other descriptor of this process."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in keep:
            try:
                os.close(int(name))
            except OSError:
                # The descriptor of this very listing.
                continue


def end(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Signal a child of ours; it may have ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
