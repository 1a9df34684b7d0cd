"""`services.cloud_ports.Cloud` by openstacksdk: a Nova, or whatever speaks the Compute API.

Every request has a time-out and is sent once; the session alone logs in anew when its token ended.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session
from openstack import utils
from openstack.compute.v2._proxy import Proxy
from openstack.compute.v2.migration import Migration
from openstack.compute.v2.server import Server
from openstack.compute.v2.service import Service
from openstack.connection import Connection

from hostdown.domain.cloud_errors import CloudFailed, CloudUnlike, HostNotCleared
from hostdown.drivers.bounded_answers import BoundedAdapter
from hostdown.drivers.openstack_failures import status_of, told
from hostdown.services.cloud_ports import CloudEvacuation, CloudServer, CloudService

NEWEST = "2.94"
"""From 2.95 on, an evacuated server is stopped on its new host."""
OLDEST = "2.53"
"""Since then services have ids that are the same in all cells."""
SERVERS_PER_PAGE = 25
"""Servers in one answer; each may have 64 KiB of user data and as much metadata."""
RECORDS_MAX = 20_000
"""Records in a list; more are no list of hosts, of a host's servers or of its evacuations."""
BINARY = "nova-compute"
GOING = frozenset({"accepted", "pre-migrating"})
"""Evacuations that are neither done nor given up."""
REFUSES_TO_CLEAR = 400
"""What a Compute API answers who lets a host up that has evacuations to clear up after."""


Record = TypeVar("Record")


class CloudAccess(NamedTuple):
    """How to log in; the user needs the role admin in the project.

    `timeout_s` is what one request may take. `ca_file`: whose certificates are good, those that
    the machine trusts if None.
    """

    auth_url: str
    username: str
    password: str
    project: str
    timeout_s: float
    user_domain: str = "Default"
    project_domain: str = "Default"
    region: str | None = None
    ca_file: str | None = None


class OpenstackCloud:
    """Logs in with the first call."""

    def __init__(self, access: CloudAccess) -> None:
        self._connection = _connection(access)
        self._ready = False

    def services(self) -> Sequence[CloudService]:
        with told("list the compute services"):
            return [_service(each) for each in _bounded(self._compute().services(binary=BINARY))]

    def force_down(self, host: str) -> None:
        with told(f"force {host} down"):
            self._compute().update_service(self._service_of(host), forced_down=True)

    def clear_force_down(self, host: str) -> None:
        """Looks first: a Nova minds evacuations that are done, but none that go on."""
        doing = f"let {host} be up again"
        if going := [each for each in self.evacuations_from(host) if each.status in GOING]:
            sentence = (
                f"{host} is not let up while {len(going)} evacuations from it go on, that of "
                f"server {going[0].server} for one, which is {going[0].status}."
            )
            raise HostNotCleared(sentence, retry=True)
        with told(doing):
            service = self._service_of(host)
        try:
            with told(doing):
                self._compute().update_service(service, forced_down=False)
        except CloudFailed as error:
            if status_of(error.__cause__) == REFUSES_TO_CLEAR:
                raise HostNotCleared(str(error), retry=True) from error
            raise

    def servers_on(self, host: str) -> Sequence[CloudServer]:
        doing = f"list the servers of {host}"
        with told(doing):
            found = self._compute().servers(
                all_projects=True, compute_host=host, limit=SERVERS_PER_PAGE
            )
            return [_server(each, doing) for each in _bounded(found)]

    def evacuate(self, server: str) -> None:
        """Looks first: a Nova accepts a second one amid the first, and both come to grief."""
        doing = f"evacuate server {server}"
        with told(doing):
            task = _server(self._compute().get_server(server), doing).task_state
            if task is not None:
                sentence = f"Server {server} is not evacuated while it is {task}."
                raise CloudFailed(sentence, retry=True)
            self._compute().evacuate_server(server)

    def evacuations_from(self, host: str) -> Sequence[CloudEvacuation]:
        with told(f"list the evacuations from {host}"):
            found = self._compute().migrations(migration_type="evacuation", source_compute=host)
            return [_evacuation(each) for each in _bounded(found)]

    def _service_of(self, host: str) -> str:
        found = [each.id for each in self._compute().services(binary=BINARY, host=host)]
        if len(found) != 1:
            sentence = f"The cloud has {len(found)} compute services of host '{host}', not one."
            raise CloudFailed(sentence, retry=False)
        return str(found[0])

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
        user_domain_name=access.user_domain,
        project_domain_name=access.project_domain,
    )
    session = Session(auth, timeout=access.timeout_s, verify=access.ca_file or True)
    for scheme in ("http://", "https://"):
        session.session.mount(scheme, BoundedAdapter())
    return Connection(session=session, region_name=access.region, app_name="hostdown")


def _bounded(found: Iterable[Record]) -> Iterator[Record]:
    for number, each in enumerate(found):
        if number == RECORDS_MAX:
            sentence = f"The cloud's list has more than {RECORDS_MAX} records."
            raise CloudUnlike(sentence, retry=False)
        yield each


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _service(found: Service) -> CloudService:
    up = None if found.state is None else found.state == "up"
    disabled = found.status == "disabled"
    return CloudService(str(found.id), str(found.host), up, disabled, bool(found.is_forced_down))


def _server(found: Server, doing: str) -> CloudServer:
    if found.vm_state is None:
        sentence = f"The cloud cannot {doing}: one of its cells does not answer."
        raise CloudFailed(sentence, retry=True)
    return CloudServer(found.id, dict(found.metadata or {}), found.vm_state, found.task_state)


def _evacuation(found: Migration) -> CloudEvacuation:
    destination = found.dest_compute or None
    return CloudEvacuation(str(found.id), str(found.server_id), destination, str(found.status))
