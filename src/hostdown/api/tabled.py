"""An application that is a table of routes, all for callers who are known: images, alarms."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import orjson
from falcon import Request, Response, code_to_http_status

from hostdown.api import faults, rights
from hostdown.api.described import Described
from hostdown.api.errors import MethodNotAllowed
from hostdown.api.ports import Authenticator, Policy, Unauthenticated
from hostdown.api.request import CALLER_KEY, link_base, read_query, request_id
from hostdown.api.rights import OWN
from hostdown.api.routing import RouteTable
from hostdown.domain.errors import HostdownError
from hostdown.domain.model import Caller


class Parts(Protocol):
    """What any such application works with. `link_prefix` as in `ApiSettings`."""

    @property
    def authenticator(self) -> Authenticator:
        """Says who asks."""
        ...

    @property
    def policy(self) -> Policy:
        """Says who may."""
        ...

    @property
    def link_prefix(self) -> str | None:
        """What links begin with; None for the address that the client used."""
        ...


PartsT = TypeVar("PartsT", bound=Parts)


class Reply(NamedTuple):
    """An answer: a document, or the bytes of a file, or nothing."""

    status: int = 200
    document: object = None
    headers: Mapping[str, str] = MappingProxyType({})
    file: Iterator[bytes] | None = None


class TabledCall(NamedTuple, Generic[PartsT]):
    """A request of somebody who is known, for one operation."""

    parts: PartsT
    caller: Caller
    environ: Mapping[str, object]
    query: Mapping[str, list[str]]
    names: Mapping[str, str]

    def require(self, rule: str, target: Mapping[str, object] = OWN) -> None:
        """Raises PolicyForbids."""
        self.parts.policy.check(rule, self.caller, target)

    def may(self, rule: str) -> bool:
        """Whether a rule allows it to the caller, of what is its own."""
        return rights.may(self.parts.policy, rule, self.caller)


CallT = TypeVar("CallT", bound=TabledCall[Any])


class Route(NamedTuple, Generic[CallT]):
    """One operation; `rules` are those of policy that it asks, the first one of all callers."""

    method: str
    path: str
    rules: tuple[str, ...]
    handler: Callable[[CallT], Reply]


class TabledApi(ABC, Generic[PartsT, CallT]):
    """Implements `api.ports.SubApplication`."""

    prefix: str
    operations: Sequence[Described]
    routes: RouteTable[Route[CallT]]
    call: type[CallT]

    def __init__(self, parts: PartsT) -> None:
        self._parts = parts

    @abstractmethod
    def versions(self, path: str, root: str) -> Reply | None:
        """What nobody needs a token for; None if `path`, below `root`, is something else."""

    @abstractmethod
    def refuse(self, resp: Response, error: HostdownError) -> None:
        """Answer by an error; one that is nobody's fault is raised again."""

    def __call__(self, req: Request, resp: Response) -> None:
        """Answer one request."""
        resp.set_header("x-openstack-request-id", request_id.get())
        path = re.sub("/+", "/", req.path.removeprefix(self.prefix)).rstrip("/")
        base = link_base(req.scheme, req.netloc, self._parts.link_prefix)
        try:
            _write(resp, self.versions(path, base + self.prefix) or self._serve(req, path))
        except Unauthenticated as error:
            faults.unauthorized(resp, error, self._parts.authenticator.challenge)
        except HostdownError as error:
            if isinstance(error, MethodNotAllowed):
                resp.set_header("Allow", str(error.facts["methods"]))
            self.refuse(resp, error)

    def _serve(self, req: Request, path: str) -> Reply:
        caller = self._parts.authenticator.caller(req.env, request_id.get())
        req.env[CALLER_KEY] = caller
        route, names = self.routes.find(req.method, path)
        return route.handler(self.call(self._parts, caller, req.env, read_query(req.env), names))


def _write(resp: Response, reply: Reply) -> None:
    resp.status = code_to_http_status(reply.status)
    for name, value in reply.headers.items():
        resp.set_header(name, value)
    if reply.file is not None:
        resp.stream = reply.file
    elif reply.document is not None:
        resp.content_type = faults.JSON
        resp.data = orjson.dumps(reply.document)
