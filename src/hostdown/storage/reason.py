"""What a database's driver said, for those who keep the database: in logs, never in an answer."""

from hostdown.domain.errors import HostdownError

LENGTH_MAX = 300
"""Characters of a driver's sentence that are told."""


def reason(error: BaseException) -> str:
    """Why a directory or cell was found silent or full, in the driver's words and on one line."""
    cause: BaseException = error
    while isinstance(cause, HostdownError) and cause.__cause__ is not None:
        cause = cause.__cause__
    return said(cause)


def said(error: BaseException) -> str:
    """A driver's error without what SQLAlchemy and PEP 249 wrap around it."""
    error = getattr(error, "orig", None) or error
    # PyMySQL: a number, then the sentence.
    text = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], str) else str(error)
    return " ".join(text.split())[:LENGTH_MAX].rstrip(".") or type(error).__name__
