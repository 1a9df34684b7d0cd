"""The WSGI application of an API worker: what is mounted where, and what surrounds every request.

Around everything: a request id, one log line, and an answer to any exception. Inside: the Compute
API, `/healthz`, `/openapi.json`, and the sub-applications that `ApiParts` names.
"""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

import falcon
from falcon import Request, Response

from hostdown.api import faults
from hostdown.api.compute.pipeline import ComputeApi
from hostdown.api.health import Health
from hostdown.api.openapi import OpenApi
from hostdown.api.parts import ApiParts, ApiSettings
from hostdown.api.ports import SubApplication
from hostdown.api.proxy import believe
from hostdown.api.request import CALLER_KEY, ROUTINE_KEY, new_request_id, request_id
from hostdown.api.request_counts import RequestCounts
from hostdown.domain.errors import HostdownError
from hostdown.domain.model import Caller
from hostdown.services.ports import Clock

__all__ = ["ApiParts", "ApiSettings", "create_app"]

log = logging.getLogger(__name__)
access_log = logging.getLogger("hostdown.access")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]


def create_app(parts: ApiParts) -> WsgiApp:
    """The application; call it in the process that serves, after any fork."""
    app: falcon.App[Request, Response] = falcon.App()
    app.add_sink(_sink(ComputeApi(parts)), re.compile(""))
    mounted = (Health(parts), *parts.applications)
    every = (OpenApi(mounted, parts.version), *mounted)
    for each in every:
        app.add_sink(_sink(each), _below(each))
    app.add_error_handler(Exception, _failed)
    counts = RequestCounts(parts.counts, every)
    return _Surroundings(app, parts.clock, parts.settings.proxy_headers, counts)


def _below(application: SubApplication) -> re.Pattern[str]:
    return re.compile(re.escape(application.prefix) + r"(?=/|\Z)")


def _sink(application: SubApplication | ComputeApi) -> Callable[..., None]:
    def sink(req: Request, resp: Response, **_: object) -> None:
        application(req, resp)

    return sink


def _failed(_: Request, resp: Response, error: Exception, __: dict[str, Any]) -> None:
    """What nobody foresaw is told to the log in full; the client learns where to look."""
    if isinstance(error, HostdownError):
        faults.answer(resp, error)
        return
    log.error("A request failed for a reason that nobody foresaw", exc_info=error)
    faults.fault(resp, 500, faults.UNEXPECTED.format(request_id=request_id.get()))


class _Surroundings:
    """Gives each request its id, splits `Vary` into lines, counts, and writes one log line."""

    def __init__(
        self, app: WsgiApp, clock: Clock, proxy_headers: bool, counts: RequestCounts
    ) -> None:
        self._app = app
        self._clock = clock
        self._proxy_headers = proxy_headers
        self._counts = counts

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        token = request_id.set(new_request_id())
        began = self._clock.monotonic()
        status = "500"
        if self._proxy_headers:
            believe(environ)

        def start(line: str, headers: list[tuple[str, str]]) -> object:
            nonlocal status
            status = line
            return start_response(line, _vary_in_lines(headers))

        try:
            return self._app(environ, start)
        finally:
            took_s = self._clock.monotonic() - began
            method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
            self._counts.answered(method, path, status[:3], took_s)
            level = _level(environ, status)
            if access_log.isEnabledFor(level):
                _log_line(level, environ, status, took_s)
            request_id.reset(token)


def _vary_in_lines(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Falcon joins values of one name by commas; the API sends `Vary` twice (contract 1.4)."""
    lines = []
    for name, value in headers:
        if name == "vary":
            lines += [(name, part) for part in value.split(", ")]
        else:
            lines.append((name, value))
    return lines


def _level(environ: Environ, status: str) -> int:
    return logging.DEBUG if ROUTINE_KEY in environ and status[0] == "2" else logging.INFO


def _log_line(level: int, environ: Environ, status: str, took_s: float) -> None:
    """Method, path, status, time and who; the query is left out, it may hold anything.

    The request id is not in the text: whoever formats log lines puts it before each of them.
    """
    caller = environ.get(CALLER_KEY)
    user, project = "-", "-"
    if isinstance(caller, Caller):
        user, project = caller.user_id, caller.project_id or "-"
    access_log.log(
        level,
        "%s %r %s %.1f ms user %s project %s",
        environ.get("REQUEST_METHOD"),
        environ.get("PATH_INFO"),
        status[:3],
        took_s * 1000,
        user,
        project,
    )
