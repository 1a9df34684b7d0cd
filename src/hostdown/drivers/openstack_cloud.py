"""`services.cloud_ports.Cloud` by openstacksdk: a Nova, or whatever speaks the Compute API.

Every request has a time-out and is sent once; the session alone logs in anew when its token ended.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session
from openstack import utils
from openstack.compute.v2._proxy import Proxy
from openstack.connection import Connection
from openstack.exceptions import raise_from_response
from requests import Response

from hostdown.domain.cloud_errors import CloudFailed, CloudNotCleared, CloudUnlike
from hostdown.drivers.bounded_answers import BoundedAdapter
from hostdown.drivers.openstack_failures import status_of, told
from hostdown.services.cloud_ports import CloudEvacuation, CloudServer, CloudService

NEWEST = "2.94"
"""From 2.95 on, an evacuated server is stopped on its new host."""
OLDEST = "2.53"
"""Since then services have ids that are the same in all cells."""
SERVERS_PER_PAGE = 25
"""Servers in one answer; each may have 64 KiB of user data and as much metadata."""
PAGES_MAX = 1_000
"""Answers that one list is read from."""
SERVICES = {"binary": "nova-compute"}
GOING = frozenset({"accepted", "pre-migrating"})
"""Evacuations that are neither done nor given up."""
REFUSES_TO_CLEAR = 400
"""What a Compute API answers who lets a host up that has evacuations to clear up after."""


Record = Mapping[str, Any]


class CloudAccess(NamedTuple):
    """How to log in; the user needs the role admin in the project.

    `timeout_s` is what one request may take. `ca_file`: whose certificates are good, those that
    the machine trusts if None. A domain's id comes before its name.
    """

    auth_url: str
    username: str
    password: str
    project: str
    timeout_s: float
    user_domain: str = "Default"
    project_domain: str = "Default"
    user_domain_id: str | None = None
    project_domain_id: str | None = None
    region: str | None = None
    interface: str = "public"
    ca_file: str | None = None


class OpenstackCloud:
    """Logs in with the first call."""

    def __init__(self, access: CloudAccess) -> None:
        self._connection = _connection(access)
        self._ready = False

    def services(self) -> Sequence[CloudService]:
        with told("list the compute services"):
            return [_service(each) for each in self._list("os-services", "services", SERVICES)]

    def force_down(self, host: str) -> None:
        with told(f"force {host} down"):
            self._change(self._service_of(host), True)

    def clear_force_down(self, host: str) -> None:
        """Looks first: a Nova minds evacuations that are done, but none that go on."""
        doing = f"let {host} be up again"
        if going := [each for each in self.evacuations_from(host) if each.status in GOING]:
            sentence = (
                f"{host} is not let up while {len(going)} evacuations from it go on, that of "
                f"server {going[0].server} for one, which is {going[0].status}."
            )
            raise CloudNotCleared(sentence, retry=True)
        with told(doing):
            service = self._service_of(host)
        try:
            with told(doing):
                self._change(service, False)
        except CloudFailed as error:
            if status_of(error.__cause__) == REFUSES_TO_CLEAR:
                raise CloudNotCleared(str(error), retry=True) from error
            raise

    def servers_on(self, host: str) -> Sequence[CloudServer]:
        doing = f"list the servers of {host}"
        with told(doing):
            query = {"all_tenants": "1", "host": host, "limit": str(SERVERS_PER_PAGE)}
            found = self._list("servers/detail", "servers", query)
            return [_server(each, doing) for each in found]

    def evacuate(self, server: str) -> None:
        """Looks first: a Nova accepts a second one amid the first, and may never end either."""
        doing = f"evacuate server {server}"
        with told(doing):
            path = f"/servers/{quote(server, safe='')}"
            found = _good(self._compute().get(path)).json()["server"]
            if (task := _server(found, doing).task_state) is not None:
                sentence = f"Server {server} is not evacuated while it is {task}."
                raise CloudFailed(sentence, retry=True)
            _good(self._compute().post(f"{path}/action", json={"evacuate": {}}))

    def evacuations_from(self, host: str) -> Sequence[CloudEvacuation]:
        with told(f"list the evacuations from {host}"):
            query = {"migration_type": "evacuation", "source_compute": host}
            return [_evacuation(each) for each in self._list("os-migrations", "migrations", query)]

    def _service_of(self, host: str) -> str:
        found = list(self._list("os-services", "services", {**SERVICES, "host": host}))
        if len(found) != 1:
            sentence = f"The cloud has {len(found)} compute services of host '{host}', not one."
            raise CloudFailed(sentence, retry=False)
        return _service(found[0]).id

    def _change(self, service: str, down: bool) -> None:
        path = f"/os-services/{quote(service, safe='')}"
        _good(self._compute().put(path, json={"forced_down": down}))

    def _list(self, path: str, key: str, query: Mapping[str, str]) -> Iterator[Record]:
        """All pages. The library's own records take half a millisecond each to make."""
        answer = _good(self._compute().get(f"/{path}", params=query)).json()
        for _ in range(PAGES_MAX):
            yield from answer[key]
            links = {each["rel"]: each["href"] for each in answer.get(f"{key}_links", [])}
            if "next" not in links:
                return
            answer = _good(self._compute().get(links["next"])).json()
        raise CloudUnlike(f"The cloud's list of {key} has no end.", retry=False)

    def _compute(self) -> Proxy:
        """Speaks the newest version that both know and that starts evacuated servers."""
        compute = self._connection.compute
        if not self._ready:
            newest = utils.maximum_supported_microversion(compute, NEWEST)
            if newest is None or _numbers(newest) < _numbers(OLDEST):
                sentence = (
                    f"The cloud's Compute API speaks no microversion from {OLDEST} to {NEWEST}."
                )
                raise CloudUnlike(sentence, retry=False)
            compute.default_microversion = newest
            self._ready = True
        return compute


def _connection(access: CloudAccess) -> Connection:
    """Of these words alone: the library would read files and the environment of who runs us."""
    auth = Password(
        auth_url=access.auth_url,
        username=access.username,
        password=access.password,
        project_name=access.project,
        user_domain_id=access.user_domain_id,
        user_domain_name=None if access.user_domain_id else access.user_domain,
        project_domain_id=access.project_domain_id,
        project_domain_name=None if access.project_domain_id else access.project_domain,
    )
    session = Session(auth, timeout=access.timeout_s, verify=access.ca_file or True)
    for scheme in ("http://", "https://"):
        session.session.mount(scheme, BoundedAdapter())
    return Connection(
        session=session,
        region_name=access.region,
        interface=access.interface,
        app_name="hostdown",
    )


def _good(answer: Response) -> Response:
    """The answer, unless it is a refusal."""
    raise_from_response(answer)
    return answer


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _service(found: Record) -> CloudService:
    state = found.get("state")
    disabled = found["status"] == "disabled"
    forced_down = bool(found.get("forced_down", False))
    up = None if state is None else state == "up"
    return CloudService(str(found["id"]), str(found["host"]), up, disabled, forced_down)


def _server(found: Record, doing: str) -> CloudServer:
    vm_state = found.get("OS-EXT-STS:vm_state")
    if vm_state is None:
        sentence = f"The cloud cannot {doing}: one of its cells does not answer."
        raise CloudFailed(sentence, retry=True)
    task_state = found["OS-EXT-STS:task_state"]
    return CloudServer(str(found["id"]), dict(found["metadata"]), vm_state, task_state)


def _evacuation(found: Record) -> CloudEvacuation:
    ids = (str(found["id"]), str(found["instance_uuid"]))
    return CloudEvacuation(*ids, found["dest_compute"] or None, str(found["status"]))
