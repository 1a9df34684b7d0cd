"""The server that a path names, for a caller who may know of it (contract 3.1)."""

from collections.abc import Mapping
from uuid import UUID

from hostdown.api.compute.call import Call
from hostdown.api.compute.types import is_uuid
from hostdown.domain.instance import Instance
from hostdown.domain.liveness import window
from hostdown.domain.server_errors import ServerNotFound
from hostdown.services import servers
from hostdown.services.cell_ports import Cell
from hostdown.services.server_changes import Asker


def found_server(call: Call, deleted: bool = False) -> tuple[Cell, Instance]:
    """Raises ServerNotFound, which names it as the path does, also for others' servers."""
    asked = call.names["id"]
    if not is_uuid(asked):
        raise ServerNotFound(server_id=asked)
    uuid = str(UUID(asked.replace("-", "")))
    found = servers.find(call.parts.cells, call.parts.directory, uuid, deleted)
    if found is None or not (found[1].project_id == call.caller.project_id or call.by_admin):
        raise ServerNotFound(server_id=asked)
    return found


def target(instance: Instance) -> Mapping[str, object]:
    """What a rule is asked about: whose the server is."""
    return {"project_id": instance.project_id, "user_id": instance.user_id}


def asker(call: Call) -> Asker:
    """Who asks for a change, at this moment."""
    now = call.parts.clock.now()
    return Asker(call.caller, call.by_admin, window(now, call.parts.liveness), now)
