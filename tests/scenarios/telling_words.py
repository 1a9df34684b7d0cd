"""What others say of hosts in scenarios."""

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.scenarios.fencing_words import spread
from tests.servers.scene import ADMIN, LIVENESS

from hostdown.domain.fault_events import FaultKind
from hostdown.domain.kdump import MAGIC
from hostdown.domain.liveness import window
from hostdown.services.fault_events import Reception, Said, report
from hostdown.services.kdumps import Kdumps

if TYPE_CHECKING:
    from tests.scenarios.sim import Sim

PACKET = struct.pack("<II", MAGIC, 1)


def actions(sim: "Sim") -> dict[str, Callable[[list[str]], object]]:
    """A monitor that may be right or wrong, and packets that anybody may send."""
    storage = sim.store.storage
    reception = Reception(storage.cells, storage.directory, as_word=False)

    def say(words: list[str], kind: FaultKind) -> None:
        now = sim.world.now()
        said = [Said(host, kind, "monitor", "", "", {}) for host in spread(words)]
        report(reception, said, ADMIN, window(now, LIVENESS), now)

    def dump(words: list[str]) -> None:
        packets = [(host, PACKET) for host in spread(words)]
        Kdumps(reception, str, lambda: packets, LIVENESS, sim.world).take()

    return {
        "a monitor says down:": lambda words: say(words, FaultKind.DOWN),
        "a monitor says up:": lambda words: say(words, FaultKind.UP),
        "a kdump packet of": dump,
    }
