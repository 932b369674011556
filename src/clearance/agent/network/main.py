"""The network process: takes tables from the service, keeps the kernel's rules up, and gives signs of life.

Whatever goes wrong here, traffic passes: without rules the network is as if this program were not there. The rules go
when this process does (`act/linux/nftables.py`), and they rest when it hangs. They go last: a program hears that its
connection ended only while the kernel still translates what was redirected.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from clearance.act.linux.nftables import LOG_GROUP, PacketFilter
from clearance.agent.network.loop import READ, Loop
from clearance.agent.network.names import KnownNames
from clearance.agent.network.nameserver import Nameserver
from clearance.agent.network.owner import Owners
from clearance.agent.network.policy import Policy
from clearance.agent.network.processes import Group, Processes, group_of
from clearance.agent.network.refusals import Known, verdict_of
from clearance.agent.network.rules import packet_rules
from clearance.agent.network.servers import FILES, NameServers
from clearance.agent.network.sockets import Ends, open_ends
from clearance.agent.network.splice import MOST, Splice, raise_limits
from clearance.kernel.memory import forget_text, trim
from clearance.kernel.nflog import PacketLog
from clearance.model.network import NetworkTable
from clearance.wire.channel import Channel, Closed
from clearance.wire.enforcement import Cut, Message, NewNetworkTable, Pulse, Stop

BEAT: Final = 1.0
"""Seconds between signs of life to the kernel; three may be missed."""

PULSE: Final = 1.0
LINGER: Final = 2.0
"""Seconds that connections under way get when the process is told to end."""


def main(channel: Channel, *, group: str = "", files: Sequence[str] = FILES, ends: Ends | None = None) -> None:
    """Work until the service says stop or is gone. `group` is the folder of a control group (version 2) that the
    service made for processes that are to have no network; `files` say which name servers this machine uses; `ends` are
    what to listen on, where the service holds them too."""
    # The kernel closes what a killed process held from the highest number down: the lowest is for the rules.
    lowest = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    raise_limits(MOST * 2 + 4096)
    network = Network(channel, group, files, ends or open_ends(), lowest)
    try:
        network.run()
    finally:
        network.close()


class Network:
    """The parts, and what they do together."""

    def __init__(self, channel: Channel, group: str, files: Sequence[str], ends: Ends, lowest: int) -> None:
        self._channel = channel
        self._lowest = lowest
        self._stopped = False
        self._alone = False
        self.loop = Loop()
        self.policy = Policy(self._send, self.loop.clock)
        self.servers = NameServers(files)
        self.servers.refresh()
        self._known = KnownNames()
        self._owners = Owners()
        self._splice = Splice(self.loop, self.policy, self._owners, self._known, ends)
        self._names = Nameserver(
            self.loop, self.policy, self._owners, self._known, lambda: self.servers.servers, ends
        )  # fmt: skip
        self._filter: PacketFilter | None = None
        self._log: PacketLog | None = None
        self._processes: Processes | None = None
        self._group: Group | None = None
        self._cut_off = 0
        self._barred = 0
        if group:
            self._use_group(group)
        self.loop.watch(channel, READ, lambda _: self._receive())
        self._beat()
        self._pulse()

    def run(self) -> None:
        """Until it is told to stop, or the service is gone."""
        while not self._stopped:
            self.loop.turn(PULSE)
        self._rest()
        end = self.loop.clock() + (0 if self._alone else LINGER)
        while self._splice.open and self.loop.clock() < end:
            self.loop.turn(0.1)

    def close(self) -> None:
        """Have the rules rest first, then break off what is under way, then take them away."""
        self._rest()
        self._splice.close()
        self._names.close()
        self._remove()
        if self._filter is not None:
            self._filter.close()
        if self._log is not None:
            self.loop.forget(self._log)
            self._log.close()
        self._owners.close()
        self.loop.close()

    def _use_group(self, folder: str) -> None:
        with open("/proc/self/mounts", "rb") as mounts:
            self._group = group_of(folder, mounts.read())
        if self._group is None:
            self.policy.failed("network-group", f"{folder} is not a control group that rules can name")
        else:
            self._processes = Processes(folder)

    def _send(self, message: Message) -> bool:
        try:
            return self._channel.send(message, wait=False)
        except Closed:
            self._stopped = self._alone = True
            return False

    def _receive(self) -> None:
        while not self._stopped:
            try:
                received = self._channel.receive(wait=False)
            except Closed:
                self._stopped = self._alone = True
                return
            if received is None:
                return
            message = received[0]
            if isinstance(message, NewNetworkTable):
                self.policy.replace(message.table)
                self._barred = _barred(message.table)
                self._apply(message.table)
            elif isinstance(message, Cut):
                self._cut(message)
            elif isinstance(message, Stop):
                self._stopped = True

    def _apply(self, table: NetworkTable) -> None:
        if self._group is not None and not self._group.there():
            # Somebody took it away (`enforce undo` does): rules that name it would not be taken.
            self._group = self._processes = None
            self.policy.failed("network-group", "the control group is gone")
        rules = packet_rules(table, self._names.port, self._splice.port, self.servers.all, self._group)
        try:
            if rules is None:
                self._rest()
                self._remove_when_idle()
                return
            if self._filter is None:
                self._filter = self._packet_filter()
            self._filter.apply(rules)
        except OSError as error:
            self.policy.failed("network-rules", str(error))
            return
        # What was needed to put the rules together is as much again as all else here.
        trim()
        forget_text()
        if self._log is None:
            try:
                self._log = PacketLog(LOG_GROUP)
                self.loop.watch(self._log, READ, lambda _: self._logged())
            except OSError as error:
                self.policy.failed("network-log", str(error))

    def _packet_filter(self) -> PacketFilter:
        if self._lowest >= 0:
            os.close(self._lowest)
            self._lowest = -1
        return PacketFilter()

    def _rest(self) -> None:
        if self._filter is not None:
            try:
                self._filter.rest()
            except OSError:
                self._remove()

    def _remove(self) -> None:
        if self._filter is not None:
            try:
                self._filter.remove()
            except OSError:
                # It goes with this process.
                self._filter.close()
                self._filter = None

    def _remove_when_idle(self) -> None:
        if self._filter is not None and self._filter.resting and not self._splice.open:
            self._remove()

    def _beat(self) -> None:
        self.loop.later(BEAT, self._beat)
        self._remove_when_idle()
        lost = False
        if self._filter is not None:
            try:
                self._filter.beat()
            except OSError as error:
                self.policy.failed("network-rules", str(error))
                lost = True
        table = self.policy.table
        if (self.servers.refresh() or lost) and table is not None:
            self._apply(table)

    def _pulse(self) -> None:
        self.loop.later(PULSE, self._pulse)
        self.policy.flush()
        self._send(Pulse("network", self.counters()))

    def counters(self) -> dict[str, int]:
        """What was done since the start, and what holds now.

        `names` are refused to somebody, `processes` were cut off, connections are `open`; `refused` counts names and
        connections. The packets that the kernel refused are counted by what for.
        """
        counted = {**self.policy.counters, **self._names.counters, **self._splice.counters}
        counted |= {"names": self._barred, "processes": self._cut_off}
        counted["open"] = len(self._splice.open)
        counted["errors"] = self.loop.failures
        if self._filter is not None:
            try:
                counted |= self._filter.counters()
            except OSError:
                counted["errors"] += 1
        return counted

    def _logged(self) -> None:
        assert self._log is not None
        for packet in self._log.packets():
            who = Known(packet.uid)
            verdict = verdict_of(packet, self.policy, who)
            if verdict is not None:
                name = f"{packet.address} port {packet.port}" if packet.port else packet.address
                self.policy.tell("address", name, verdict, who, detail=packet.prefix.replace("_", " "))

    def _cut(self, message: Cut) -> None:
        if self._processes is None:
            self.policy.failed("network-cut", "no control group to cut processes off with")
            return
        try:
            self._cut_off += self._processes.cut(message.pid, message.started)
        except OSError as error:
            self.policy.failed("network-cut", str(error))


def _barred(table: NetworkTable) -> int:
    found = [*(one.rows for one in table.names), *(one.rows for one in table.addresses)]
    return sum(any(one.row.action == "block" for one in rows) for rows in found)
