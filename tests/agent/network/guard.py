"""A service that has a network process only: `python -m tests.agent.network.guard TABLE [GROUP]`.

TABLE is a file with a `NetworkTable` as msgpack; when a line comes on stdin: `cut PID` cuts a process off, `stop` ends
it, `table FILE` gives another. What the network process reports is written to stdout, one JSON document a line.
"""

from __future__ import annotations

import os
import select
import sys

import msgspec

from clearance.agent.network.main import main as network
from clearance.model.network import NetworkTable
from clearance.wire.channel import Channel, Closed
from clearance.wire.enforcement import Cut, NewNetworkTable, Stop


def main() -> None:
    """Fork the network process, give it its table, and pass on what it says."""
    ours, theirs = Channel.pair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        network(theirs, group=sys.argv[2] if len(sys.argv) > 2 else "", files=("/etc/resolv.conf",))
        os._exit(0)
    theirs.close()
    print(msgspec.json.encode({"type": "started", "pid": pid}).decode(), flush=True)
    ours.send(NewNetworkTable(_table(sys.argv[1])))
    poll = select.poll()
    poll.register(ours, select.POLLIN)
    poll.register(0, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd == 0:
                word, _, rest = (sys.stdin.readline().strip() or "gone").partition(" ")
                if word == "cut":
                    ours.send(Cut(int(rest)))
                elif word == "table":
                    ours.send(NewNetworkTable(_table(rest)))
                elif word == "stop":
                    ours.send(Stop())
                elif word == "gone":
                    return
            else:
                try:
                    received = ours.receive()
                except Closed:
                    print(msgspec.json.encode({"type": "ended"}).decode(), flush=True)
                    poll.unregister(ours)
                    continue
                assert received is not None
                print(msgspec.json.encode(received[0]).decode(), flush=True)


def _table(path: str) -> NetworkTable:
    with open(path, "rb") as file:
        return msgspec.msgpack.decode(file.read(), type=NetworkTable)


if __name__ == "__main__":
    main()
