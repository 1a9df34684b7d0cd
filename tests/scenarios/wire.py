"""What agents and servers say to each other, over a wire that delays, loses and repeats it.

The client signs and checks as the real one does; each request is worked on by an actor of the
server's process, so that either side may die or stop while the other goes on.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import falcon.testing
from tests.scenarios.world import World

from hostdown.agent.client import ServerClient, _Raw
from hostdown.agent.errors import NotHeard
from hostdown.agent.settings import ANSWER_TIMEOUT_S, ServerAddress
from hostdown.services.ports import Clock

if TYPE_CHECKING:
    from tests.scenarios.servers import SimServer

LOST = 0.04
"""Share of requests, and of answers, that do not arrive."""

REPEATED = 0.04
"""Share of requests that arrive twice, the second time late."""

LATE_MAX_S = 12.0
"""How late; an agent has given up by then."""


class Link:
    """The way of one host to its servers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.is_cut = False
        self.is_bad = False
        """Now and then something is lost, or comes twice."""
        self.no_pulses = False
        """What is sent over HTTP arrives, and nothing else."""
        self.lists: list[_Raw] = []
        """Every list of assignments that came."""
        self.old: _Raw | None = None
        """It comes again, instead of the next answer."""

    def loses(self) -> bool:
        return self.is_cut or (self.is_bad and self.world.random.random() < LOST)

    def cut(self, is_cut: bool) -> None:
        self.is_cut = is_cut

    def lose_pulses(self, are_lost: bool) -> None:
        self.no_pulses = are_lost

    def loses_pulses(self) -> bool:
        return self.no_pulses or self.loses()

    def heal(self) -> None:
        self.is_bad = self.is_cut = self.no_pulses = False

    def repeats(self) -> bool:
        return self.is_bad and self.world.random.random() < REPEATED


class SimClient(ServerClient):
    """`ServerClient` of one agent, whose wire is a call of a server that lives."""

    def __init__(
        self, world: World, link: Link, servers: Callable[[], "list[SimServer]"], clock: Clock
    ) -> None:
        super().__init__(ServerAddress(("http://simulated",)), clock)
        self._world = world
        self._link = link
        self._servers = servers

    def _send(self, path: str, body: bytes, headers: Mapping[str, str]) -> _Raw:
        self._world.step()
        alive = self._servers()
        if not alive or self._link.is_cut:
            self._world.sleep(1.0)
            raise NotHeard("Nobody is there.")
        server = self._world.random.choice(alive)
        answers: list[_Raw] = []
        if self._link.repeats():
            late = self._world.random.random() * LATE_MAX_S
            self._ask(server, path, body, headers, [], late)
        if self._link.loses():
            self._world.sleep(ANSWER_TIMEOUT_S)
            raise NotHeard("The request was lost.")
        actor = self._ask(server, path, body, headers, answers, 0.0)
        self._world.join(actor, ANSWER_TIMEOUT_S)
        if not answers or self._link.loses():
            raise NotHeard("There is no answer.")
        if path.endswith("/assignments"):
            self._link.lists.append(answers[0])
            old, self._link.old = self._link.old, None
            return old or answers[0]
        return answers[0]

    def _ask(
        self,
        server: "SimServer",
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        answers: list[_Raw],
        late: float,
    ) -> object:
        def work() -> None:
            self._world.sleep(late)
            answers.append(call(server.app, path, body, headers))

        return self._world.spawn(server.group, f"{server.name}: {path}", work)


def call(app: falcon.App, path: str, body: bytes, headers: Mapping[str, str]) -> _Raw:
    """One request as the server's front hands it over."""
    environ = falcon.testing.create_environ(path, method="POST", body=body, headers=dict(headers))
    said: list[tuple[str, list[tuple[str, str]]]] = []
    content = b"".join(app(environ, lambda status, fields, *_: said.append((status, fields))))
    status, fields = said[0]
    macs = [value for name, value in fields if name.lower() == "x-hostdown-mac"]
    return _Raw(int(status.split()[0]), content, macs[0] if macs else "")
