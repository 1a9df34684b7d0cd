"""`Cloud` in dictionaries: hosts that die and boot when a test says so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hostdown.domain.cloud_errors import CloudFailed, CloudNotCleared
from hostdown.services.cloud_ports import CloudEvacuation, CloudServer, CloudService


@dataclass
class _Host:
    alive: bool = True
    paused: bool = False
    forced_down: bool = False
    seen: bool = True
    """Whether its cell answers."""

    @property
    def up(self) -> bool:
        return self.alive and not self.forced_down


@dataclass
class _Server:
    host: str
    metadata: Mapping[str, str]
    vm_state: str = "active"
    task_state: str | None = None


@dataclass
class _Move:
    source: str
    server: str
    destination: str | None = None
    status: str = "accepted"


@dataclass
class FakeCloud:
    """What is evacuated is at once on the first host that is up, unless that is paused.

    `faults`: what goes wrong instead, by the name of what is asked.
    """

    hosts: dict[str, _Host]
    servers: dict[str, _Server] = field(default_factory=dict)
    moves: list[_Move] = field(default_factory=list)
    faults: dict[str, CloudFailed] = field(default_factory=dict)

    @classmethod
    def of(cls, hosts: Iterable[str]) -> "FakeCloud":
        return cls({host: _Host() for host in hosts})

    # ----------------------------------------------------------------------------- the world's side

    def make_server(self, name: str, host: str, metadata: Mapping[str, str]) -> str:
        self.servers[f"id-of-{name}"] = _Server(host, metadata)
        return f"id-of-{name}"

    def kill(self, host: str) -> None:
        self.hosts[host].alive = False

    def boot(self, host: str) -> None:
        self.hosts[host].alive = True
        for move in self.moves:
            if move.source == host and move.status == "done":
                move.status = "completed"

    def pause(self, host: str) -> None:
        self.hosts[host].paused = True

    def resume(self, host: str) -> None:
        self.hosts[host].paused = False
        for move in self.moves:
            if move.status == "accepted":
                self._work(move)

    # ------------------------------------------------------------------------------------ the port

    def services(self) -> Sequence[CloudService]:
        self._asked("services")
        return [
            CloudService(f"id-of-{name}", name, host.up, False, host.forced_down)
            if host.seen
            else CloudService(f"id-of-{name}", name, None, False, False)
            for name, host in self.hosts.items()
        ]

    def force_down(self, host: str) -> None:
        self._asked("force_down")
        self._host(host).forced_down = True

    def clear_force_down(self, host: str) -> None:
        self._asked("clear_force_down")
        found = self._host(host)
        held = ("accepted", "done")
        if any(move.source == host and move.status in held for move in self.moves):
            raise CloudNotCleared(f"{host} has yet to clear up.", retry=True)
        found.forced_down = False

    def servers_on(self, host: str) -> Sequence[CloudServer]:
        self._asked("servers_on")
        return [
            CloudServer(name, each.metadata, each.vm_state, each.task_state)
            for name, each in self.servers.items()
            if each.host == host
        ]

    def evacuate(self, server: str) -> None:
        self._asked("evacuate")
        found = self.servers.get(server)
        if found is None:
            raise CloudFailed(f"There is no server {server}.", retry=False)
        if found.task_state is not None:
            raise CloudFailed(f"Server {server} is {found.task_state}.", retry=True)
        if self.hosts[found.host].up:
            raise CloudFailed(f"Host {found.host} is up.", retry=False)
        found.task_state = "rebuilding"
        self.moves.append(_Move(found.host, server))
        self._work(self.moves[-1])

    def evacuations_from(self, host: str) -> Sequence[CloudEvacuation]:
        self._asked("evacuations_from")
        return [
            CloudEvacuation(str(number), each.server, each.destination, each.status)
            for number, each in reversed([*enumerate(self.moves)])
            if each.source == host
        ]

    def _asked(self, what: str) -> None:
        if what in self.faults:
            raise self.faults[what]

    def _host(self, name: str) -> _Host:
        if name not in self.hosts:
            raise CloudFailed(f"There is no host {name}.", retry=False)
        return self.hosts[name]

    def _work(self, move: _Move) -> None:
        server = self.servers[move.server]
        destination = next((name for name, host in self.hosts.items() if host.up), None)
        if destination is None:
            server.vm_state, server.task_state, move.status = "error", None, "error"
        elif not self.hosts[destination].paused:
            server.host, server.task_state = destination, None
            server.vm_state = "active" if server.vm_state == "error" else server.vm_state
            move.destination, move.status = destination, "done"
