"""Why a lab cannot do what was asked."""

from hostdown.domain.errors import HostdownError


class LabError(HostdownError):
    """The sentence says what is wrong and what to do."""

    template = "{sentence}"
    code = "lab"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence=sentence)


class NoLab(LabError):
    """There is none in this state directory, or no such host in it."""

    code = "no-lab"
