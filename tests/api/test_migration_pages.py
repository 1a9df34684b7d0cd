"""Pages of os-migrations, over one cell and several (contract 1.11, 4.8, §9)."""

import pytest
from tests.api.moving import move
from tests.api.serving import server
from tests.api.test_migrations import BASE, SECOND, ask, four, sources
from tests.api.test_server_cells import second_cell
from tests.api.world import NOW, World, open_world

from hostdown.domain.errors import CellUnavailable


@pytest.mark.parametrize("version", ["2.59", "2.104"])
def test_pages_follow_each_other_the_newest_first(world: World, version: str) -> None:
    four(world)
    query, seen = "?limit=2", list[str]()
    while query:
        page = ask(world, query, version).json
        seen.append("".join(each["source_compute"] for each in page["migrations"]))
        links = page.get("migrations_links")
        query = "?" + links[0]["href"].partition("?")[2] if links else ""
    assert seen == ["dc", "ba", ""]


def test_the_next_link_keeps_what_was_asked(world: World) -> None:
    four(world)
    page = ask(world, "?limit=1&hidden=0&host=a").json
    (record,) = page["migrations"]
    query = f"hidden=0&host=a&limit=1&marker={record['uuid']}"
    href = f"{BASE}/v2.1/os-migrations?{query}"
    assert page["migrations_links"] == [{"rel": "next", "href": href}]
    assert ask(world, "?limit=0").json == {"migrations": []}
    assert "migrations_links" not in ask(world, "?limit=5").json


def test_a_marker_of_a_deleted_server_is_not_there(world: World) -> None:
    uuid = server(world, vm_state="error").uuid
    marker = move(world, instance=uuid).uuid
    assert ask(world, f"?marker={marker}").status_code == 200
    world.ask("DELETE", f"/v2.1/servers/{uuid}")
    answer = ask(world, f"?marker={marker}")
    message = f"Marker {marker} could not be found."
    assert answer.json == {"badRequest": {"code": 400, "message": message}}


def test_migrations_of_several_cells_come_in_one_order(world: World) -> None:
    with open_world() as other:
        cell = second_cell(world, other)
        for number, host in enumerate("abc"):
            move(world, source_host=host, created_at=NOW + number * SECOND)
        world.cell, mine = cell, world.cell  # what follows goes into the other cell
        marker = move(world, source_host="B", created_at=NOW + SECOND / 2).uuid
        world.cell = mine
        assert sources(world) == "cbBa"
        assert sources(world, "?limit=3") == "cbB"
        assert sources(world, f"?marker={marker}") == "a"
        assert sources(world, version="2.58") == "abcB"
        cell.error = CellUnavailable(cell=cell.name)
        assert sources(world) == "cba"
        assert ask(world, f"?marker={marker}").status_code == 400
        cell.error = None
        mine.error = CellUnavailable(cell=mine.name)
        assert sources(world, f"?marker={marker}") == ""
        assert sources(world, version="2.1") == "B"
        cell.error = mine.error
        assert ask(world, version="2.104").json == {"migrations": []}
