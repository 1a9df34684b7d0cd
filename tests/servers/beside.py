"""A scene beside a cloud whose Controller is another one: hosts are ours, servers are its."""

from dataclasses import dataclass, field

from tests.clouds.fake_cloud import FakeCloud
from tests.servers.recovering import HOLD_OFF, Hands, RecoveringScene

from hostdown.services.cloud_evacuator import CloudEvacuator
from hostdown.services.cloud_mirror import READ_EVERY_S, CloudMirror, Done
from hostdown.services.evacuator_ports import Evacuator
from hostdown.services.lease import LEASE_S
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_ports import Entry
from hostdown.storage import Storage

HOSTS = ("a", "b", "c", "d")


@dataclass
class BesideScene(RecoveringScene):
    """`calls` does what is asked of the cloud, `readings` what is looked at there."""

    cloud: FakeCloud = field(default_factory=lambda: FakeCloud.of(HOSTS))
    calls: Hands[str, Done] = field(default_factory=Hands)
    readings: Hands[str, Done] = field(default_factory=Hands)
    at_once: int = 32

    def evacuator(self, desk: Desk) -> Evacuator:
        mirror = CloudMirror(desk, self.cloud, self.readings)
        return CloudEvacuator(desk, self.cloud, self.calls, mirror, self.at_once)

    def die(self, host: str) -> None:
        """Without its power, by itself or by us."""
        self.cloud.kill(host)
        self.lose(host)

    def come_back(self, host: str) -> None:
        """It boots, and its compute service clears up."""
        self.cloud.boot(host)
        self.boot(host)
        self.switches[host].on = True
        self.heard(host)

    def crash(self) -> None:
        """The server is gone with all that it knew; another one leads."""
        self.calls, self.readings, self.hands = Hands(), Hands(), Hands()
        leadership = self._another("next")
        self.recoverer = self.another_recoverer(leadership)
        self.turn(LEASE_S + 1)
        assert leadership.term is not None

    def where(self, server: str) -> str:
        return self.cloud.servers[server].host

    def asked(self) -> list[str]:
        """Of which servers evacuations were accepted, in this order."""
        return [each.server for each in self.cloud.moves]

    def is_forced(self, host: str) -> tuple[bool, bool]:
        """There, and here."""
        return self.cloud.hosts[host].forced_down, self.service(host).forced_down

    def lines(self) -> list[Entry]:
        return self.cell.read(lambda rows: rows.timelines.of(self.newest().id))

    def fenced(self, host: str) -> None:
        """It dies, and is proven dead."""
        self.die(host)
        self.turn(HOLD_OFF + 1)
        assert self.proofs(host)


def beside(store: Storage) -> BesideScene:
    """Hosts a to d, each with a BMC, which the cloud knows as well."""
    made = BesideScene(store)
    for name in HOSTS:
        made.host(name, 4096)
        made.fenced_by_bmc(name)
    made.turn(READ_EVERY_S + 1)
    return made
