"""`/events` and `/alertmanager`, each as one Falcon sink."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from falcon import Request, Response
from falcon.util import code_to_http_status

from hostdown.api.agent import wire
from hostdown.api.credentials import LogIn, caller_of, challenges
from hostdown.api.events import alerts, doctor
from hostdown.api.events.alerts import AlertRules, Ignored
from hostdown.api.events.operations import ROUTES, RULE, described
from hostdown.api.ports import Authenticator, Policy, PolicyForbids, Unauthenticated
from hostdown.domain.errors import HostdownError, MessageMalformed
from hostdown.domain.liveness import LivenessPolicy, window
from hostdown.services import fault_events
from hostdown.services.addresses import Addresses
from hostdown.services.fault_events import Reception, Said, Taken
from hostdown.services.ports import Clock

BODY_BYTES_MAX = 1 << 20
"""A thousand alerts, each with a kilobyte of labels."""
RETRY_AFTER_S = 1
"""In a 503."""

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
            parts = self._parts
            resp.set_header("WWW-Authenticate", challenges(parts.authenticator, parts.log_in))
            return 401, _fault(error.code, error.message)
        except PolicyForbids as error:
            return 403, _fault(error.code, error.message)
        except HostdownError as error:
            answer = wire.failed(error)
            return answer.status, orjson.loads(answer.body)

    def _take(self, req: Request) -> Document:
        parts = self._parts
        caller = caller_of(req, parts.authenticator, parts.log_in)
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
