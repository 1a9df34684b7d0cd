"""The machine of a simulated host that has guests: it boots whenever its swarm is started."""

from collections.abc import Sequence
from uuid import uuid4

from hostdown.drivers.linux_machine import LinuxMachine


class SimulatedMachine:
    """`agent.ports.Machine`: this machine, but for its boots, as the guests end with the swarm."""

    def __init__(self, machine: LinuxMachine) -> None:
        self._machine = machine
        self._boot_id = str(uuid4())

    def sources(self) -> Sequence[str]:
        """See `agent.ports`."""
        return self._machine.sources()

    def machine_id(self, source: str) -> str:
        """See `agent.ports`."""
        return self._machine.machine_id(source)

    def boot_id(self) -> str:
        """Another one for each process."""
        return self._boot_id
