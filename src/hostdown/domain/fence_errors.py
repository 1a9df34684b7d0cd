"""What keeps a host from being fenced, or from being seen to be."""

from hostdown.domain.errors import HostdownError


class FenceFailed(HostdownError):
    """A fence device was not asked, did not answer, or refused; what was sent may have its effect.

    `retry` says whether the same again can help: a silent device may answer yet, a wrong password
    stays wrong. The sentence says what to do and holds no secret.
    """

    template = "{sentence}"
    code = "fence-failed"

    def __init__(self, sentence: str, retry: bool) -> None:
        super().__init__(sentence=sentence)
        self.retry = retry


class FencingFileUnusable(HostdownError):
    """What an operator wrote about fencing cannot be meant so; `reason` says where it stands."""

    template = "The fencing file {path} cannot be used: {reason}."
    code = "fencing-file-unusable"


class HostWithoutFencing(HostdownError):
    """The fencing file is silent about a host, which is not the same as `driver: none`."""

    template = (
        "No rule of the fencing file {path} matches host '{host}': add one, or one with "
        "'driver: none' if nothing can fence it."
    )
    code = "host-without-fencing"
