"""What can fail while a directive is enforced, and what is then done: one table, and a counter for each row."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Failure(Struct, frozen=True):
    """A way to fail: what is done about it at once, and what it means for a person."""

    action: str
    meaning: str


FAILURES: Final[dict[str, Failure]] = {
    "deadline": Failure(
        "as on_failure says", "A start was not identified in time; the tracker looks at it afterwards."
    ),
    "queue-overflow": Failure(
        "allowed by the kernel", "The kernel had no memory to ask; those starts were not looked at."
    ),
    "too-many-waiting": Failure("as on_failure says", "More starts at once wait for an answer than are kept."),
    "examiner-busy": Failure("as on_failure says", "The examiner does not keep up, or is being started again."),
    "examination-failed": Failure("as on_failure says", "A file could not be read to the end."),
    "response-write": Failure("the kernel decides", "An answer could not be written to the kernel."),
    "mark": Failure("goes on without", "The kernel refused a mark on a file; it is asked about every time."),
    "watch": Failure("goes on without", "A file system cannot be watched; the tracker still sees what starts there."),
    "records-dropped": Failure("counted", "The service did not read; decisions were made and not recorded one by one."),
    "guard-died": Failure("started again", "The guard ended; until it is back the kernel lets everything start."),
    "examiner-died": Failure("started again", "The examiner ended; the guard is started again with it."),
    "tracker-died": Failure("started again", "Scripts and what came late are not looked at until it is back."),
    "network-died": Failure("started again", "Names and connections are not looked at until it is back."),
    "notifier-died": Failure("started again", "People are not told until it is back; decisions stay the same."),
    "watchdog-died": Failure("started again", "Nobody ends a hanging guard until it is back."),
    "survey-failed": Failure("goes on without", "What is installed and configured here could not be looked at anew."),
    "ledger-write": Failure("kept in memory, tried again", "Records cannot be written; decisions stay the same."),
    "ledger-overflow": Failure("counted", "Records could not be written for so long that some were given up."),
    "ledger-unsigned": Failure(
        "kept, tried again", "Records cannot be signed; they are written, and signed as soon as that is possible."
    ),
    "directive-refused": Failure(
        "the old one stays", "A new directive was not put in force; where none was before, none is."
    ),
    "clock-jump": Failure("table made anew", "The clock was set; what begins and ends by date was judged again."),
    "events-lost": Failure("counted", "The kernel dropped records of starts; what runs was looked at as a whole."),
    "examiner-stalled": Failure("started again", "Files were not identified in time again and again."),
    "tracker-stalled": Failure("started again", "A look at a process hung; that process is left alone from then on."),
    "starts-unseen": Failure("looks from time to time", "The kernel gives no records of starts; processes are listed."),
    "look-failed": Failure("goes on without", "A process could not be looked at."),
    "deep-timeout": Failure("goes on without", "A file was not looked at in depth in time."),
    "record-unwritable": Failure("given up", "A record holds what no record can."),
    "ledger-lost": Failure("a new one begins", "The folder of the records was taken away."),
    "runtime-lost": Failure("made anew", "The folder of the control socket was taken away."),
    "defect": Failure("goes on without", "A message of another process was not understood: a defect."),
    "network-group": Failure("goes on without", "There is no control group (version 2) to cut processes off with."),
    "network-cut": Failure("goes on without", "A process could not be cut from the network."),
    "network-rules": Failure("goes on without", "The packet filter refused a change; names and connections pass."),
    "network-stalled": Failure(
        "started again", "The network guard hung, and was ended; connections that it carried broke off."
    ),
    "network-log": Failure("goes on without", "What the packet filter refuses cannot be heard of, nor recorded."),
}
"""By reason. A reason that is not here is counted as `other`."""
