"""One form for every line of the log: time, level, process, request, where, what; secrets masked.

    2026-11-20T10:00:00.123Z INFO api 1[4711] req-… hostdown.access: GET '/v2.1/os-services' 200 …

It goes to standard error, where a terminal, a journal or a container's log takes it.
"""

import logging
import os
import re
import sys
import threading
from datetime import UTC, datetime

from hostdown.api.request import request_id

_MASK = "***"
_HINTS = re.compile(r"eyJ|://|token|password|secret|authorization", re.IGNORECASE)
"""Most lines hold none of these, and are done with one search."""
_SECRETS = (
    (re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), _MASK),
    (re.compile(r"(://[^\s:/@]*:)[^\s/@]+(?=@)"), rf"\1{_MASK}"),
    (
        re.compile(
            r"((?:x-(?:auth|subject|service)-token|authorization|[\w-]*password|[\w-]*secret|token)"
            r"[\"']?\s*[:=]\s*)((?:Bearer |Basic )?[\"']?)[^\s\"',;}]+",
            re.IGNORECASE,
        ),
        rf"\1\2{_MASK}",
    ),
)

_process = "main"


def name_process(name: str) -> None:
    """Lines of this process carry `name`."""
    global _process
    _process = name


def masked(text: str) -> str:
    """`text` without tokens, passwords and secrets."""
    if _HINTS.search(text):
        for pattern, instead in _SECRETS:
            text = pattern.sub(instead, text)
    return text


class LineFormatter(logging.Formatter):
    """Formats a record, with the id of the request that its thread serves."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and a traceback below it if there is one."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat("T", "milliseconds")
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        head = f"{when[:-6]}Z {record.levelname} {_process}[{os.getpid()}] {request_id.get()}"
        return f"{head} {record.name}: {masked(text)}"


def log_to_stderr(debug: bool) -> None:
    """Send every log line of this process and its children to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    # The last one tells which backend it has, which nobody here uses: oslo.messaging imports it.
    for chatty in ("_granian", "alembic", "asyncio", "stevedore", "oslo_service.backend"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.raiseExceptions = False  # a log that cannot be written must not stop the work
    logging.captureWarnings(True)
    threading.excepthook = _on_thread_death


def _on_thread_death(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else "unknown"
    if args.exc_value is not None:
        logging.getLogger(__name__).error(
            "Thread '%s' ended by an error that nobody expected", name, exc_info=args.exc_value
        )
