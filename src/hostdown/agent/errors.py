"""Why an agent cannot go on, or has to try again."""

from hostdown.domain.errors import HostdownError
from hostdown.domain.lease import Refusal


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


class ClaimRefused(HostdownError):
    """The lease says no (NEVER-TWICE L3, L4)."""

    template = "The disk was not taken: {reason}{who}."
    code = "lease-refused"

    def __init__(self, refusal: Refusal) -> None:
        holder = refusal.holder
        who = "" if holder is None else f" (generation {holder.generation}, host {holder.host})"
        super().__init__(reason=refusal.reason, who=who)
        self.holder = holder


class DiskMissing(HostdownError):
    """A server that ran has no disk: never a reason to make another one."""

    template = "Instance {instance} has no disk on its pool, though it ran before."
    code = "disk-missing"


class PoolNotMeasured(HostdownError):
    """Nobody knows yet whether other hosts have the pool, too (NEVER-TWICE D5)."""

    template = "The copy of instance {instance} stays until it is known who else has its pool."
    code = "pool-not-measured"


class DeletionWaits(HostdownError):
    """The storage does not answer: what is left there of a deleted server nobody asks for again."""

    template = "Instance {instance} is deleted once its storage answers: {reason}"
    code = "deletion-waits"


class OnItsWay(HostdownError):
    """A guest that is sent, or awaited: looked at again soon."""

    template = "Instance {instance} is on its way."
    code = "on-its-way"


class StartOver(HostdownError):
    """A start that must not go on as it is; tried again from its first step (NEVER-TWICE S4)."""

    template = "The start of instance {instance} begins anew: {reason}."
    code = "start-over"


class ServerBehind(HostdownError):
    """A server that knows less than one that answered before (NEVER-TWICE P5)."""

    template = (
        "The server's answer is refused: {reason}. It may work on a database that lost changes; "
        "nothing is started or ended on its word."
    )
    code = "server-behind"
