"""Hosts that dump their memory: what their kernels send is evidence (NEVER-TWICE F4)."""

from collections.abc import Callable, Sequence

from hostdown.domain.fault_events import FaultKind
from hostdown.domain.kdump import kdump_version
from hostdown.domain.liveness import LivenessPolicy, window
from hostdown.domain.model import Caller
from hostdown.services.fault_events import Reception, Said, report
from hostdown.services.ports import Clock

Packets = Callable[[], Sequence[tuple[str, bytes]]]
"""What arrived since the last call: who sent it by address, and what."""

SOURCE = "fence_kdump"
NOBODY = Caller("", SOURCE, None, (), "-")
"""Whoever sends such a packet, nothing proves it."""


class Kdumps:
    """Called by one thread. `host_of` says whose an address is."""

    def __init__(
        self,
        reception: Reception,
        host_of: Callable[[str], str | None],
        packets: Packets,
        liveness: LivenessPolicy,
        clock: Clock,
    ) -> None:
        self._reception = reception
        self._host_of = host_of
        self._packets = packets
        self._liveness = liveness
        self._clock = clock

    def take(self) -> None:
        """Keep what arrived, once for each host; raises CellUnavailable, DirectoryUnavailable.

        Packets from an address that is nobody's, or several hosts', are dropped.
        """
        senders = {sender for sender, packet in self._packets() if kdump_version(packet)}
        hosts = {sender: self._host_of(sender) for sender in sorted(senders)}
        said = [
            Said(host, FaultKind.KDUMP, SOURCE, "", "", {"address": sender})
            for sender, host in hosts.items()
            if host is not None
        ]
        if said:
            now = self._clock.now()
            report(self._reception, said, NOBODY, window(now, self._liveness), now)
