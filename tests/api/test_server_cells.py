"""Servers of several cells, and of cells that do not answer (contract §9)."""

from collections.abc import Sequence

import pytest
from tests.api.serving import MEMBER, STRANGER, UNKNOWN_UUID, server
from tests.api.test_server_lists import HOUR, fill, names, page
from tests.api.world import NOW, PROJECT, Breakable, World, open_world
from tests.contracts.test_instances import FLAVOR, IMAGE

from hostdown.api.app import ApiSettings
from hostdown.domain.errors import CellUnavailable
from hostdown.services.cell_ports import Cell


class TwoCells:
    """The world's own cell, and one more."""

    def __init__(self, first: Breakable, second: Breakable) -> None:
        self._cells = {cell.name: cell for cell in (first, second)}

    def named(self, name: str) -> Cell:
        return self._cells[name]

    def all(self) -> Sequence[Cell]:
        return [*self._cells.values()]


class Renamed(Breakable):
    name = "cell2"


def second_cell(world: World, other: World) -> Renamed:
    """From now on the world has the other world's cell too."""
    cell = Renamed(other.cell.real)
    both = TwoCells(world.cell, cell)
    object.__setattr__(world.parts, "cells", both)
    return cell


def test_servers_of_several_cells_come_in_one_order(world: World) -> None:
    with open_world() as other:
        cell = second_cell(world, other)
        fill(world, {"a": {}, "b": {}, "c": {}})
        world.cell, mine = cell, world.cell  # what follows goes into the other cell
        made = fill(
            world, {"a2": {"created_at": NOW - HOUR / 2}, "c2": {"created_at": NOW - 3 * HOUR}}
        )
        world.cell = mine
        assert names(world) == "a a2 b c c2"
        assert names(world, "?limit=3") == "a a2 b"
        assert names(world, f"?marker={made['a2'].uuid}") == "b c c2"
        assert names(world, "?name=2") == "a2 c2"
        answer = world.ask("GET", f"/v2.1/servers/{made['c2'].uuid}")
        assert answer.json["server"]["name"] == "c2"
        cell.error = CellUnavailable(cell=cell.name)
        assert names(world, version="2.68") == "a b c"
        found = page(world)["servers"]
        assert [each.get("name", each.get("status")) for each in found] == [
            "a", "b", "c", "UNKNOWN", "UNKNOWN",
        ]  # fmt: skip
        assert names(world, "?name=.") == "a b c"


@pytest.mark.parametrize("version", ["2.68", "2.69", "2.71", "2.104"])
def test_a_silent_cell_leaves_what_the_directory_knows(world: World, version: str) -> None:
    group = UNKNOWN_UUID
    made = server(world, zone="z", group=group)
    server(world, project_id="other")
    server(world, deleted=True)
    world.silence_cell()
    base = "http://falconframework.org"
    links = [
        {"rel": "self", "href": f"{base}/v2.1/servers/{made.uuid}"},
        {"rel": "bookmark", "href": f"{base}/servers/{made.uuid}"},
    ]
    one = world.ask("GET", f"/v2.1/servers/{made.uuid}", version, token=MEMBER)
    if version == "2.68":
        assert page(world, version=version) == page(world, "/detail", version=version)
        assert page(world, version=version) == {"servers": []}
        assert one.status_code == 500
        return
    brief = {"id": made.uuid, "status": "UNKNOWN", "links": links}
    assert page(world, version=version) == {"servers": [brief]}
    assert len(page(world, "?all_tenants=1", version=version)["servers"]) == 2
    created = {"tenant_id": PROJECT, "created": "2026-11-20T10:00:00Z"}
    assert page(world, "/detail", version=version) == {"servers": [brief | created]}
    for query in ("?limit=5", "?name=x", "?sort_key=uuid", "?sort_dir=asc"):
        assert page(world, query, version=version) == {"servers": []}
    assert one.json["server"] == {
        **brief,
        **created,
        "image": {
            "id": IMAGE.id,
            "links": [{"rel": "bookmark", "href": f"{base}/images/{IMAGE.id}"}],
        },
        "flavor": {
            "vcpus": 2, "ram": 512, "disk": 7, "ephemeral": 0, "swap": 0,
            "original_name": FLAVOR.name, "extra_specs": dict(FLAVOR.extra_specs),
        },
        "OS-EXT-AZ:availability_zone": "z",
        "OS-EXT-STS:power_state": 0,
        "user_id": "ann",
        **({} if version < "2.71" and version != "2.104" else {"server_groups": [group]}),
    }  # fmt: skip
    order = "id status tenant_id created links image flavor OS-EXT-AZ:availability_zone"
    assert list(one.json["server"])[:8] == order.split()
    assert (
        world.ask("GET", f"/v2.1/servers/{made.uuid}", version, token=STRANGER).status_code == 404
    )
    for method, below in (("PUT", ""), ("GET", "/metadata"), ("GET", "/os-instance-actions")):
        body = {"server": {}} if method == "PUT" else None
        answer = world.ask(method, f"/v2.1/servers/{made.uuid}{below}", version, body)
        assert answer.status_code == 500


def test_lists_may_refuse_to_look_shorter_than_they_are() -> None:
    with open_world(ApiSettings(skip_down_cells=False)) as world:
        server(world)
        world.silence_cell()
        for query, version, status in (
            ("", "2.68", 500), ("?limit=5", "2.104", 500), ("", "2.69", 200),
        ):  # fmt: skip
            assert world.ask("GET", f"/v2.1/servers{query}", version).status_code == status
