"""`GET /metrics`: what Prometheus asks for, of who may know how many hosts there are."""

from collections.abc import Callable
from typing import NamedTuple

import orjson
from falcon import Request, Response
from falcon.util import code_to_http_status

from hostdown.api.agent import wire
from hostdown.api.credentials import LogIn, caller_of, challenges
from hostdown.api.described import Described, record
from hostdown.api.ports import Authenticator, Policy, PolicyForbids, Unauthenticated
from hostdown.api.request import ROUTINE_KEY
from hostdown.domain.errors import HostdownError
from hostdown.domain.metrics import CONTENT_TYPE

RULE = "hostdown:metrics:show"
PATH = "/metrics"
RETRY_AFTER_S = 1
"""In a 429 and a 503."""

_METHODS = ("GET", "HEAD")
_FAULT = record({"error": {"type": "object"}})
_STATUSES = (401, 403, 404, 405, 429, 500, 503)


class MetricParts(NamedTuple):
    """What the application works with. `scrape`: all metrics as a text. `log_in` is None where
    passwords are for others to check."""

    scrape: Callable[[], str]
    authenticator: Authenticator
    policy: Policy
    log_in: LogIn | None = None


class MetricsApi:
    """`api.ports.SubApplication`."""

    prefix = PATH
    operations = (
        Described(
            "GET",
            "",
            answer="text/plain",
            faults=dict.fromkeys(_STATUSES, _FAULT),
            extras={"x-policy-rules": [RULE]},
        ),
    )

    def __init__(self, parts: MetricParts) -> None:
        self._parts = parts

    def __call__(self, req: Request, resp: Response) -> None:
        """Answer one request."""
        parts = self._parts
        try:
            if req.path.rstrip("/") != PATH:
                _refuse(resp, 404, "no-route", "There is nothing at this path.")
            elif req.method not in _METHODS:
                resp.set_header("Allow", ", ".join(_METHODS))
                _refuse(resp, 405, "method-not-allowed", f"Use {' or '.join(_METHODS)}.")
            else:
                self._show(req, resp)
        except Unauthenticated as error:
            resp.set_header("WWW-Authenticate", challenges(parts.authenticator, parts.log_in))
            _refuse(resp, 401, error.code, error.message)
        except PolicyForbids as error:
            _refuse(resp, 403, error.code, error.message)
        except HostdownError as error:
            answer = wire.failed(error)
            resp.set_header("Retry-After", str(RETRY_AFTER_S))
            _put(resp, answer.status, answer.body)

    def _show(self, req: Request, resp: Response) -> None:
        parts = self._parts
        caller = caller_of(req, parts.authenticator, parts.log_in)
        parts.policy.check(RULE, caller, {})
        req.env[ROUTINE_KEY] = True
        resp.content_type = CONTENT_TYPE
        resp.set_header("Cache-Control", "no-store")
        resp.data = parts.scrape().encode()


def _refuse(resp: Response, status: int, code: str, message: str) -> None:
    _put(resp, status, orjson.dumps({"error": {"code": code, "message": message}}))


def _put(resp: Response, status: int, body: bytes) -> None:
    resp.status = code_to_http_status(status)
    resp.content_type = "application/json"
    resp.data = body
