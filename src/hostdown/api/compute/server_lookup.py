"""The server that a path names, if the caller may know of it (contract 3.1)."""

from collections.abc import Mapping

from hostdown.api.compute import ids
from hostdown.api.compute.call import Call
from hostdown.api.compute.types import is_uuid
from hostdown.api.parts import ApiParts
from hostdown.domain.instance import Instance
from hostdown.domain.model import COMPUTE, Service
from hostdown.domain.paging_errors import MarkerNotFound
from hostdown.domain.server_errors import ServerNotFound
from hostdown.services import server_lookup
from hostdown.services.cell_ports import Cell
from hostdown.services.instance_mapping_ports import InstanceMapping
from hostdown.services.server_lookup import Found


def uuid_of(call: Call) -> str:
    """The uuid that the path names; raises ServerNotFound for what is none."""
    asked = call.names["id"]
    if not is_uuid(asked):
        raise ServerNotFound(server_id=asked)
    return ids.uuid(asked)


def found(call: Call, *, deleted: bool = False, service: bool = False) -> Found:
    """The server, with its host's service if `service`; a deleted one only if `deleted`.

    Raises ServerNotFound, named as the path names it, also for one of another project unless the
    caller is an administrator. Whether the caller may do what it asks comes after that.
    """
    uuid = uuid_of(call)
    parts = call.parts
    try:
        place = server_lookup.find(
            parts.cells, parts.directory, uuid, deleted=deleted, service=service
        )
    except ServerNotFound:
        raise ServerNotFound(server_id=call.names["id"]) from None
    _check_project(call, place.instance.project_id, call.names["id"])
    return place


def unknown(call: Call) -> InstanceMapping:
    """What is known of the server while its cell is silent; raises ServerNotFound as `found`."""
    try:
        mapping = server_lookup.mapping_of(call.parts.directory, uuid_of(call))
    except ServerNotFound:
        raise ServerNotFound(server_id=call.names["id"]) from None
    _check_project(call, mapping.project_id, call.names["id"])
    return mapping


def marked(parts: ApiParts, marker: str, project_id: str | None) -> Instance:
    """The server behind which a page begins, deleted or not, of this project if one is given.

    Raises MarkerNotFound.
    """
    try:
        if not is_uuid(marker):
            raise ServerNotFound(server_id=marker)
        uuid = ids.uuid(marker)
        found = server_lookup.find(parts.cells, parts.directory, uuid, deleted=True).instance
        if project_id not in (None, found.project_id):
            raise ServerNotFound(server_id=marker)
    except ServerNotFound:
        raise MarkerNotFound(marker=marker) from None
    return found


def _check_project(call: Call, project_id: str, asked: str) -> None:
    if project_id != call.caller.project_id and not call.by_admin:
        raise ServerNotFound(server_id=asked)


def service_of(cell: Cell, instance: Instance) -> dict[str, Service]:
    """The compute service of a server's host, by host."""
    host = instance.host
    if host is None:
        return {}
    services = cell.read(lambda rows: rows.services.find(host, COMPUTE))
    return {service.host: service for service in services}


def target_of(instance: Instance) -> Mapping[str, object]:
    """What rules are asked about."""
    return {"project_id": instance.project_id, "user_id": instance.user_id}
