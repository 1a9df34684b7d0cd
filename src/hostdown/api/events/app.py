"""`/events` and `/alertmanager`, each as one Falcon sink."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from falcon import Request, Response
from falcon.util import code_to_http_status

from hostdown.api.agent import wire
from hostdown.api.events import alerts, doctor
from hostdown.api.events.alerts import AlertRules, Ignored
from hostdown.api.events.operations import ROUTES, RULE, described
from hostdown.api.ports import Authenticator, Policy, PolicyForbids, Unauthenticated
from hostdown.api.request import CALLER_KEY, request_id
from hostdown.domain.errors import HostdownError, MessageMalformed
from hostdown.domain.identity_errors import LoginRefused
from hostdown.domain.liveness import LivenessPolicy, window
from hostdown.services import fault_events
from hostdown.services.addresses import Addresses
from hostdown.services.fault_events import Reception, Said, Taken
from hostdown.services.ports import Clock

BODY_BYTES_MAX = 1 << 20
"""A thousand alerts, each with a kilobyte of labels."""
RETRY_AFTER_S = 1
"""In a 503."""

LogIn = Callable[[str, str, str], str]
"""A token for a user's name and password; the third is the address that asks."""
Document = dict[str, Any]


class EventParts(NamedTuple):
    """What the applications work with. `log_in` is None where passwords are for others to check."""

    reception: Reception
    addresses: Addresses
    rules: AlertRules
    clock: Clock
    liveness: LivenessPolicy
    authenticator: Authenticator
    policy: Policy
    log_in: LogIn | None = None


class EventsApi:
    """`api.ports.SubApplication`, for one of the two paths."""

    def __init__(self, prefix: str, parts: EventParts) -> None:
        self.prefix = prefix
        self.operations = described(prefix)
        self._parts = parts

    def __call__(self, req: Request, resp: Response) -> None:
        """Answer one request."""
        status, document = self._answer(req, resp)
        resp.status = code_to_http_status(status)
        resp.content_type = "application/json"
        resp.data = orjson.dumps(document)
        if status in (429, 503):
            resp.set_header("Retry-After", str(RETRY_AFTER_S))

    def _answer(self, req: Request, resp: Response) -> tuple[int, Document]:
        if req.path.rstrip("/") != self.prefix:
            return 404, _fault("no-route", "There is nothing at this path.")
        methods = [method for method, path in ROUTES if path == self.prefix]
        if req.method not in methods:
            resp.set_header("Allow", ", ".join(methods))
            return 405, _fault("method-not-allowed", f"Use {' or '.join(methods)}.")
        try:
            return 200, self._take(req)
        except Unauthenticated as error:
            resp.set_header("WWW-Authenticate", ", ".join(self._challenges()))
            return 401, _fault(error.code, error.message)
        except PolicyForbids as error:
            return 403, _fault(error.code, error.message)
        except HostdownError as error:
            answer = wire.failed(error)
            return answer.status, orjson.loads(answer.body)

    def _challenges(self) -> list[str]:
        """How a sender may say who it is (RFC 9110, 11.6.1)."""
        basic = [] if self._parts.log_in is None else ['Basic realm="hostdown"']
        return [self._parts.authenticator.challenge, *basic]

    def _take(self, req: Request) -> Document:
        parts = self._parts
        environ = _with_token(req.env, req.remote_addr, parts.log_in)
        caller = parts.authenticator.caller(environ, request_id.get())
        req.env[CALLER_KEY] = caller
        parts.policy.check(RULE, caller, {})
        now = parts.clock.now()
        said, ignored = self._read(_json(req.env))
        life = window(now, parts.liveness)
        taken = fault_events.report(parts.reception, said, caller, life, now)
        return {
            "events": [_shown(each) for each in taken],
            "ignored": [each._asdict() for each in ignored],
        }

    def _read(self, body: object) -> tuple[list[Said], Sequence[Ignored]]:
        if self.prefix == "/events":
            return doctor.read(body), ()
        return alerts.read(body, self._parts.rules, self._host_of)

    def _host_of(self, label: str) -> str | None:
        """By name, as it stands or without a port; or by address."""
        bare = label.rpartition(":")[0] if label.rpartition(":")[2].isdecimal() else label
        names = list(dict.fromkeys((label, bare)))
        directory = self._parts.reception.directory
        found = directory.read(lambda rows: [rows.hosts.named(name) for name in names])
        known = next((each.name for each in found if each is not None), None)
        return known or self._parts.addresses.host(bare.strip("[]"))


def _with_token(
    environ: Mapping[str, object], source: str, log_in: LogIn | None
) -> Mapping[str, object]:
    """The same with the token that stands, in one form or another, in `Authorization`."""
    scheme, _, rest = str(environ.get("HTTP_AUTHORIZATION") or "").partition(" ")
    if environ.get("HTTP_X_AUTH_TOKEN") or scheme.lower() not in ("bearer", "basic"):
        return environ
    if scheme.lower() == "bearer":
        return {**environ, "HTTP_X_AUTH_TOKEN": rest.strip()}
    if log_in is None:
        raise Unauthenticated
    try:
        name, _, password = b64decode(rest.strip(), validate=True).decode().partition(":")
        return {**environ, "HTTP_X_AUTH_TOKEN": log_in(name, password, source)}
    except (NotBase64, UnicodeDecodeError, LoginRefused) as error:
        raise Unauthenticated from error


def _json(environ: Mapping[str, object]) -> object:
    try:
        return orjson.loads(wire.read_body(environ, BODY_BYTES_MAX))
    except orjson.JSONDecodeError as error:
        raise MessageMalformed(reason="its body is not JSON") from error


def _shown(taken: Taken) -> Document:
    event = taken.event
    return {
        "id": event.id,
        "host": event.host,
        "kind": event.kind.value,
        "source": event.source,
        "times": event.times,
        "meaning": taken.meaning.value,
    }


def _fault(code: str, message: str) -> Document:
    return {"error": {"code": code, "message": message}}


def mounted(parts: EventParts) -> tuple[EventsApi, ...]:
    """One for each path."""
    return tuple(EventsApi(prefix, parts) for prefix in dict.fromkeys(path for _, path in ROUTES))
