"""The examiner: tells the guard what program an open file is, so that a slow disk never makes the guard wait.

Files are read by a few threads: one that hangs on its medium does not keep the others.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Collection
from typing import Final

from clearance.agent import arrivals
from clearance.agent.children import sooner
from clearance.model.enforcement import KnownFile
from clearance.observe.host import HostView
from clearance.observe.identity.rules import Rules
from clearance.observe.identity.runtimes import runtime
from clearance.observe.live.examination import Examination
from clearance.observe.reader import FdReader
from clearance.wire.channel import Channel, Closed
from clearance.wire.enforcement import Arrived, Examine, Examined, Stop

THREADS: Final = 4
FORGET_SECONDS: Final = 5.0
"""For how long package metadata that was read is believed."""

EAGER: Final = -14
"""How much sooner than others it is served: a start waits for it."""


def main(guard: Channel, rules: Rules, watched: Collection[str] = ()) -> None:
    """Examine until the guard's end of the channel closes. Tell it what is written on `watched` file systems."""
    sooner(EAGER)
    sending = threading.Lock()

    def tell(fd: int) -> None:
        with sending, contextlib.suppress(OSError):
            guard.send(Arrived(), (fd,), wait=False)

    if watched:
        threading.Thread(target=arrivals.main, args=(tell, watched), daemon=True).start()
    for _ in range(THREADS - 1):
        # Each takes its own questions: one that is handed over costs as much as the examination.
        threading.Thread(target=_examine, args=(guard, sending, rules), daemon=True).start()
    _examine(guard, sending, rules)


def _examine(guard: Channel, sending: threading.Lock, rules: Rules) -> None:
    here: Examination | None = None
    born = 0.0
    while True:
        try:
            got = guard.receive()
        except Closed:
            return
        question, files = got if got is not None else (None, [])
        if isinstance(question, Stop):
            guard.hang_up()
            return
        if not isinstance(question, Examine) or not files:
            continue
        if here is None:
            here = Examination(HostView("/"), rules, _interprets)
        if time.monotonic() - born > FORGET_SECONDS:
            here.forget()
            born = time.monotonic()
        fd = files[0]
        try:
            answer = Examined(question.ticket, _seen(here, question, fd, rules))
        except Exception:  # noqa: BLE001 - a defect or a broken medium costs one file, never the guard
            answer = Examined(question.ticket, KnownFile(0, 0, 0, None), complete=False)
        finally:
            os.close(fd)
        try:
            with sending:
                guard.send(answer)
        except OSError:
            return


def _seen(here: Examination, question: Examine, fd: int, rules: Rules) -> KnownFile:
    """The file as its own path names it here; else as the process that starts it names it. OSError if that is gone."""
    # A name that is no UTF-8 does not travel in a message as it is.
    path = os.readlink(f"/proc/self/fd/{fd}") if "\\" in question.path else question.path
    file = here.of(fd, path)
    if file.tool is None and question.pid > 0 and not _names(path, fd):
        root = f"/proc/{question.pid}/root"
        if not os.path.isdir(root):
            raise ProcessLookupError
        if _names(root + path, fd):
            view = HostView(root)
            try:
                return Examination(view, rules, _interprets).of(fd, path)
            finally:
                view.rooted.close()
    return file


def _interprets(reader: FdReader) -> bool:
    """Whether it is a runtime or a loader, as far as a few small reads tell."""
    return runtime(reader, constants=False) is not None


def _names(path: str, fd: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(fd))
    except OSError:
        return False
