"""How a command ends when it cannot do what was asked: one sentence, one exit code.

The codes are part of the interface (docs/reference/cli.md): a script that fences hosts must tell
"there is no such host" from "nobody answered".
"""

from enum import IntEnum


class Exit(IntEnum):
    """What `$?` says. An int, because that is what the shell gets."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_ALLOWED = 4
    NO_ANSWER = 5
    HOST_DELETED = 10
    SESSION_ENDED = 11
    HOST_REFUSED = 12
    INTERRUPTED = 130
    BROKEN_PIPE = 141


MEANINGS: dict[Exit, str] = {
    Exit.OK: "done",
    Exit.FAILED: "refused or failed; the sentence on standard error says why",
    Exit.USAGE: "the command line, clouds.yaml or a variable was not understood; nothing was sent",
    Exit.NOT_FOUND: "there is no such service, server, host, hypervisor or aggregate",
    Exit.NOT_ALLOWED: "the credentials are wrong, or their user may not do this",
    Exit.NO_ANSWER: "no answer in time, or no usable one: the request may have been carried out",
    Exit.HOST_DELETED: "agent: its host was deleted from the deployment; it must not be restarted",
    Exit.SESSION_ENDED: "agent: another agent of the same host took over",
    Exit.HOST_REFUSED: "agent: this machine may not be this host; the sentence says why",
    Exit.INTERRUPTED: "interrupted from the keyboard",
    Exit.BROKEN_PIPE: "whoever read the output went away",
}
"""For the help page and the reference."""


class CliError(Exception):
    """A command that ends here: `str()` is the whole sentence for standard error."""

    def __init__(self, sentence: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(sentence)
        self.code = code


class UsageError(CliError):
    """The command line, or a file it names, cannot be understood; nothing was sent."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, Exit.USAGE)
