"""`/agent/v1` as one Falcon sink: finds who is asked, and puts the answer on the wire."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from falcon import Request, Response
from falcon.util import code_to_http_status

from hostdown.api.agent import admin_routes, wire
from hostdown.api.agent.agents import Act, Agents
from hostdown.api.agent.asking import Asked
from hostdown.api.agent.instances import Instances
from hostdown.api.agent.operations import OPERATIONS
from hostdown.api.agent.watchdogs import Watchdogs
from hostdown.api.agent.wire import Answer
from hostdown.api.ports import Authenticator, Policy, PolicyForbids, Unauthenticated
from hostdown.api.request import CALLER_KEY, ROUTINE_KEY, request_id
from hostdown.domain.errors import HostdownError
from hostdown.domain.ha import NOBODY, Resume
from hostdown.domain.liveness import LivenessPolicy
from hostdown.domain.server_status import Precedence
from hostdown.services.fence_ports import NOTHING_FENCES, FencePaths
from hostdown.services.hosts import Deployment
from hostdown.services.image_ports import ImageLibrary
from hostdown.services.observers import Offers, no_offer
from hostdown.services.ports import Clock
from hostdown.services.recovery_plan import Planning
from hostdown.services.reports import ReportIntake

RETRY_AFTER_S = 1
"""In a 503; agents add their own, growing, delay."""

ROUTINE = frozenset({"report", "assignments"})
"""What hosts say all the time."""

Environ = Mapping[str, object]


class AgentParts(NamedTuple):
    """What the application works with."""

    deployment: Deployment
    intake: ReportIntake
    clock: Clock
    liveness: LivenessPolicy
    authenticator: Authenticator
    policy: Policy
    images: ImageLibrary
    planning: Planning
    offers: Offers = no_offer
    resume: Resume = NOBODY
    """Which servers are started again when their host has booted."""
    fences: FencePaths = NOTHING_FENCES
    precedence: Precedence = Precedence.NOVA


class AgentApi:
    """`api.ports.SubApplication`."""

    prefix = "/agent"
    operations = OPERATIONS

    def __init__(self, parts: AgentParts) -> None:
        self._parts = parts
        self._agents = Agents(parts.deployment, parts.intake, parts.offers)
        self._instances = Instances(parts.deployment, parts.intake, parts.images, parts.resume)
        watchdogs = Watchdogs(parts.deployment, parts.intake)
        self._posts: Mapping[str, Act] = {
            "report": self._agents.report,
            "sessions": self._agents.session,
            "assignments": self._instances.assignments,
            "outcomes": self._instances.outcomes,
            "watchdog": watchdogs.tell,
            "slots": watchdogs.slots,
        }
        """What a host says of itself, by the end of its path."""

    def __call__(self, req: Request, resp: Response) -> None:
        """Answer one request."""
        segments = req.path.split("/")[2:]
        now = self._parts.clock.now()
        nonce = ""
        match (req.method, *segments):
            case ("POST", "v1", "hosts", host_id, what) if what in self._posts:
                answer, nonce = self._agents.proven(req.env, host_id, now, self._posts[what])
                if what in ROUTINE:
                    req.env[ROUTINE_KEY] = True
            case ("GET", "v1", "hosts", host_id, "images", image_id):
                image = partial(self._instances.image, image_id=image_id, resp=resp)
                answer, nonce = self._agents.proven(req.env, host_id, now, image)
            case ("POST", "v1", "enrolments"):
                answer, nonce = self._agents.enrol(req.env, now)
            case _:
                answer = self._administer(req, now, resp)
        self._put(resp, answer, nonce)

    def _administer(self, req: Request, now: datetime, resp: Response) -> Answer:
        found = admin_routes.find(req.method, req.path.split("/")[1:])
        if found is None:
            return _refused(404, "no-route", "There is nothing at this path with this method.")
        route, name = found
        parts = self._parts
        try:
            caller = parts.authenticator.caller(req.env, request_id.get())
            req.env[CALLER_KEY] = caller
            parts.policy.check(route.rule, caller, {})
            known = (parts.deployment, parts.liveness, now, req.env, name, caller)
            return route.work(Asked(*known, parts.fences, parts.precedence, parts.planning))
        except Unauthenticated as error:
            resp.set_header("WWW-Authenticate", parts.authenticator.challenge)
            return _refused(401, error.code, error.message)
        except PolicyForbids as error:
            return _refused(403, error.code, error.message)
        except HostdownError as error:
            return wire.failed(error)

    def _put(self, resp: Response, answer: Answer, nonce: str) -> None:
        resp.status = code_to_http_status(answer.status)
        if resp.stream is None:
            resp.content_type = "application/json"
            resp.data = answer.body
        if answer.status == 503:
            resp.set_header("Retry-After", str(RETRY_AFTER_S))
        mac = answer.mac(nonce)
        if mac is not None:
            resp.set_header("X-Hostdown-Mac", mac)


def _refused(status: int, code: str, message: str) -> Answer:
    return wire.told(status, {"error": {"code": code, "message": message}})
