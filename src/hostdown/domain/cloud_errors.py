"""What keeps a Controller elsewhere, a Nova for one, from doing what a recovery needs."""

from hostdown.domain.errors import HostdownError


class CloudFailed(HostdownError):
    """It refused, or could not do it. `retry`: whether the same again can help by itself.

    The sentence says what was wanted, what came back and, where there is one, what to do.
    """

    template = "{sentence}"
    code = "cloud-failed"

    def __init__(self, sentence: str, retry: bool) -> None:
        super().__init__(sentence=sentence)
        self.retry = retry


class CloudsFileUnusable(HostdownError):
    """What an operator wrote about how to log in at a cloud; `reason` never holds a value of it."""

    template = "The clouds.yaml {path} cannot be used: {reason}."
    code = "clouds-file-unusable"


class CloudSilent(CloudFailed):
    """No answer, or none in time. What was asked may have its effect, now or later."""

    code = "cloud-silent"


class CloudNotCleared(CloudFailed):
    """A host is not let up: it has yet to clear up after servers that were evacuated from it."""

    code = "cloud-not-cleared"


class CloudUnlike(CloudFailed):
    """What answers is no Compute API, or too old, or nothing of the kind is in the catalog."""

    code = "cloud-unlike"
