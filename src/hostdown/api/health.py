"""/healthz: may traffic be sent here? For load balancers and monitoring, without a token.

200 while the directory answers, also when a cell does not (the API then still serves what is not in
that cell) or reports of hosts cannot be written, say on a full disk; 503 otherwise. No answer takes
longer than CHECK_S, and however many ask, each database is asked by one thread at a time.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from functools import partial

import orjson
from falcon import Request, Response

from hostdown.api import faults
from hostdown.api.described import NO_TOKEN, Described, Schema, record
from hostdown.api.parts import ApiParts
from hostdown.api.request import ROUTINE_KEY
from hostdown.domain.errors import HostdownError

CHECK_S = 2.0
"""Seconds after which a database that has not answered counts as silent."""

_OK_OR_SILENT = {"enum": ["ok", "silent"]}
_COUNTS: Schema = {"type": "object", "additionalProperties": {"type": "integer"}}
_ANSWER = record(
    {
        "status": {"enum": ["ok", "degraded", "down"]},
        "version": {"type": "string"},
        "directory": _OK_OR_SILENT,
        "cell": _OK_OR_SILENT,
        "reports": {"enum": ["ok", "behind"]},
        "refused_reports": _COUNTS,
        "pulses": {"anyOf": [_COUNTS, {"type": "null"}]},
    }
)

_METHODS = "GET, HEAD, OPTIONS"


class Probe:
    """Asks one database whether it answers; concurrent askers share one question."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._pending: Future[bool] | None = None

    def answer(self) -> Future[bool]:
        """The answer of the running question, or of a new one."""
        with self._lock:
            if self._pending is None or self._pending.done():
                self._pending = Future()
                threading.Thread(
                    target=self._run, args=(self._pending,), name="healthz", daemon=True
                ).start()
            return self._pending

    def _run(self, answer: Future[bool]) -> None:
        try:
            self._ask()
        except HostdownError:
            answer.set_result(False)
        except Exception as error:  # noqa: BLE001 - a defect counts as silence, nobody waits for it
            answer.set_exception(error)
        else:
            answer.set_result(True)


class Health:
    """GET and HEAD /healthz, as a Falcon sink; OPTIONS says so, any other method is 405."""

    prefix = "/healthz"
    operations = (Described("GET", "", answer=_ANSWER, faults={503: _ANSWER}, security=NO_TOKEN),)

    def __init__(self, parts: ApiParts, check_s: float = CHECK_S) -> None:
        self._check_s = check_s
        self._version = parts.version
        self._refused_reports = parts.refused_reports
        self._reports_behind = parts.reports_behind
        self._pulses = parts.pulses
        self._directory = Probe(partial(parts.directory.read, lambda rows: rows.hosts.named("")))
        self._cells = [
            Probe(partial(cell.read, lambda rows: rows.services.get(0)))
            for cell in parts.cells.all()
        ]

    def __call__(self, req: Request, resp: Response) -> None:
        """Ask all databases at once and tell."""
        if req.method not in ("GET", "HEAD"):
            _tell_methods(req, resp)
            return
        req.env[ROUTINE_KEY] = True
        directory, *cells = [probe.answer() for probe in (self._directory, *self._cells)]
        done, _ = wait_for([directory, *cells], timeout=self._check_s)
        good = {answer for answer in done if not answer.exception() and answer.result()}
        directory_ok, cells_ok = directory in good, good.issuperset(cells)
        behind = self._reports_behind()
        whole = directory_ok and cells_ok and not behind
        status = "ok" if whole else "degraded" if directory_ok else "down"
        resp.status = "200 OK" if directory_ok else "503 Service Unavailable"
        resp.content_type = "application/json"
        resp.set_header("Cache-Control", "no-store")
        resp.data = orjson.dumps(
            {
                "status": status,
                "version": self._version,
                "directory": _word(directory_ok),
                "cell": _word(cells_ok),
                "reports": "behind" if behind else "ok",
                "refused_reports": self._refused_reports(),
                "pulses": None if self._pulses is None else self._pulses(),
            }
        )


def _tell_methods(req: Request, resp: Response) -> None:
    if req.method != "OPTIONS":
        faults.fault(resp, 405, f"Use one of {_METHODS}.")
    resp.set_header("Allow", _METHODS)


def _word(answers: bool) -> str:
    return "ok" if answers else "silent"
