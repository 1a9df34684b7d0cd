"""Servers in a world, as if somebody had made them."""

from uuid import UUID

from tests.api.world import PROJECT, World
from tests.contracts.test_instances import FLAVOR, IMAGE, instance

from hostdown.domain.instance import Extras, Instance
from hostdown.services.instance_mapping_ports import Asked, InstanceMapping

MEMBER = f"ann:{PROJECT}"
STRANGER = "bob:11111111111111111111111111111111"
UNKNOWN_UUID = str(UUID(int=7))

USUAL: dict[str, object] = {
    "project_id": PROJECT,
    "user_id": "ann",
    "name": "web",
    "hostname": "web",
    "image": IMAGE,
    "image_properties": {"os_type": "linux"},
    "extras": Extras(reservation_id="r-12345678"),
}


def server(world: World, **facts: object) -> Instance:
    """A server that is there now; on a host only if `host` is given."""
    now = world.clock.at
    usual = {**USUAL, "created_at": now, "updated_at": now, "launched_at": now}
    if facts.get("host"):
        usual["node"] = facts["host"]
    made = instance(**(usual | facts))
    asked = Asked(
        made.user_id, made.zone, "" if made.image is None else made.image.id, FLAVOR, made.group
    )
    mapping = InstanceMapping(
        made.uuid, world.cell.name, made.project_id, made.created_at, made.deleted, asked
    )
    world.directory.write(lambda rows: rows.instance_mappings.add(mapping))
    added: Instance = world.cell.write(lambda rows: rows.instances.add(made))
    return added


def current(world: World, uuid: str) -> Instance:
    """The server as it is now, deleted or not."""
    found: Instance | None = world.cell.read(lambda rows: rows.instances.get(uuid, deleted=True))
    assert found is not None
    return found
