"""A host without instances: it has nothing, and says so when its server asks (NEVER-TWICE P5)."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from hostdown.agent.errors import Refused
from hostdown.agent.ports import Hypervisor
from hostdown.agent.surroundings import Server, Session


class NoWork:
    """`agent.surroundings.Work`. `hint` is called by any thread, the rest by the agent's.

    `hurry` has the agent report at once: it asks right after that.
    """

    def __init__(
        self, server: Server, hypervisor: Hypervisor, hurry: Callable[[], None] = lambda: None
    ) -> None:
        self._server = server
        self._hypervisor = hypervisor
        self._hurry = hurry
        self._session: Session | None = None
        self._newest = 0
        self._told = -1

    def began(self, session: Session) -> None:
        """A session began."""
        self._session, self._told = session, -1

    def rows(self) -> Sequence[object] | None:
        """What a made-up hypervisor says."""
        return self._hypervisor.instances()

    def hint(self, version: int) -> None:
        """A report's or a pulse's answer names this version."""
        if version > self._newest:
            self._newest = version
            self._hurry()

    def answered(self, version: int) -> None:
        """A report was taken. A version that is new may be a question; raises NotHeard.

        The first one of a session is answered in any case: so the server knows whom to ask.
        """
        self._newest = max(self._newest, version)
        session, newest = self._session, self._newest
        if session is None or newest <= self._told:
            return
        question = {
            "session": session.number,
            "known": newest,
            "seen": {"database_id": "", "commit": 0},
            "have": [],
        }
        path = f"/agent/v1/hosts/{session.host}/assignments"
        with suppress(Refused):  # the next report hears why
            self._server.post(path, question, session.secret)
            self._told = newest
