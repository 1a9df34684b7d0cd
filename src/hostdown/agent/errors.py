"""Why an agent cannot go on, or has to try again."""

from hostdown.domain.errors import HostdownError


class Stopped(HostdownError):
    """An authentic word from the server, or a fact of this machine, that ends the agent."""

    template = "{sentence}"
    code = "agent-stopped"

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence=sentence)
        self.reason = code
        """The error code of the protocol, or one of our own."""


class Refused(HostdownError):
    """The server said no, and it was the server: the answer's signature holds."""

    template = "{message}"
    code = "server-refused"

    def __init__(self, status: int, code: str, message: str, facts: dict[str, object]) -> None:
        super().__init__(message=message)
        self.status = status
        self.reason = code
        self.details = facts


class NotHeard(HostdownError):
    """No answer, or none that can be trusted: try again. `str()` says which, for the log."""

    template = "{sentence}"
    code = "server-not-heard"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence=sentence)
