"""The machine of a simulated host: one of many that this machine plays.

Each is a machine of its own, by its name, as one machine may be one host alone. Where guests end
with their swarm, it boots whenever that is started.
"""

import hashlib
from collections.abc import Sequence

from hostdown.drivers.linux_machine import LinuxMachine

_SIMULATED = "simulated-"


class SimulatedMachine:
    """`agent.ports.Machine` of host `name`; without a `boot_id` of its own, it has this machine's.

    A host that was enrolled before there were such machines is known by this machine's id.
    """

    def __init__(self, machine: LinuxMachine, name: str, boot_id: str | None = None) -> None:
        self._machine = machine
        self._name = name
        self._boot_id = boot_id

    def sources(self) -> Sequence[str]:
        """See `agent.ports`."""
        return [f"{_SIMULATED}{source}" for source in self._machine.sources()]

    def machine_id(self, source: str) -> str:
        """See `agent.ports`."""
        real = self._machine.machine_id(source.removeprefix(_SIMULATED))
        if not source.startswith(_SIMULATED):
            return real
        return hashlib.sha256("\0".join([source, real, self._name]).encode()).hexdigest()

    def boot_id(self) -> str:
        """See `agent.ports`."""
        return self._boot_id or self._machine.boot_id()
