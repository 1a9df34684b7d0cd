"""`host_status`: where it is shown, to whom, and how soon it is true (contract 3.4)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from tests.api.serving import MEMBER, server
from tests.api.world import ADMIN, PROJECT, World, open_world

from hostdown.api.app import ApiSettings
from hostdown.api.policy import NovaPolicy
from hostdown.api.policy_files import PolicySettings
from hostdown.domain.server_status import Precedence

ALL = "os_compute_api:servers:show:host_status"
UNKNOWN_ONLY = "os_compute_api:servers:show:host_status:unknown-only"
OWNER = '"rule:admin_or_owner"'
SILENT = timedelta(seconds=61)


def statuses(world: World, version: str = "2.104", token: str = ADMIN) -> list[str | None]:
    """In the list, then each by itself, then in the answer of a PUT."""
    listed = world.ask("GET", "/v2.1/servers/detail", version, token=token).json["servers"]
    found = [each.get("host_status") for each in listed]
    for each in listed:
        path = f"/v2.1/servers/{each['id']}"
        found.append(world.ask("GET", path, version, token=token).json["server"].get("host_status"))
        put = world.ask("PUT", path, version, {"server": {}}, token)
        found.append(put.json["server"].get("host_status"))
    return found


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2.15", [None, None, None]),
        ("2.16", ["UP", "UP", None]),
        ("2.74", ["UP", "UP", None]),
        ("2.75", ["UP", "UP", "UP"]),
        ("2.104", ["UP", "UP", "UP"]),
    ],
)
def test_it_is_shown_from_2_16_on_and_by_put_from_2_75_on(
    world: World, version: str, expected: list[str | None]
) -> None:
    world.service("host1")
    server(world, host="host1")
    assert statuses(world, version) == expected
    assert statuses(world, version, MEMBER) == [None] * 3


@pytest.mark.parametrize(
    ("disabled", "forced_down", "silent", "expected"),
    [
        (False, False, False, "UP"),
        (False, False, True, "UNKNOWN"),
        (False, True, False, "DOWN"),
        (False, True, True, "DOWN"),
        (True, False, False, "MAINTENANCE"),
        (True, False, True, "MAINTENANCE"),
        (True, True, False, "DOWN"),
        (True, True, True, "DOWN"),
    ],
)
@pytest.mark.parametrize("precedence", Precedence)
def test_every_overlap_has_its_word(
    disabled: bool, forced_down: bool, silent: bool, expected: str, precedence: Precedence
) -> None:
    with open_world(ApiSettings(host_status_precedence=precedence)) as world:
        made = world.service("host1", seen=SILENT if silent else timedelta(0))
        world.replace(made, made._replace(disabled=disabled, forced_down=forced_down))
        server(world, host="host1")
        if precedence is Precedence.DOCUMENTED and disabled:
            expected = "MAINTENANCE"
        assert statuses(world) == [expected] * 3


def test_without_a_host_or_its_service_it_is_empty(world: World) -> None:
    server(world)
    server(world, host="nowhere")
    assert statuses(world) == [""] * 6


def test_a_force_down_shows_in_the_very_next_answer_of_every_server_of_the_host(
    world: World,
) -> None:
    for number in range(12):
        world.service(f"host{number}")
        server(world, host=f"host{number}")
    for _ in range(20):
        server(world, host="host3")
    body = {"host": "host3", "binary": "nova-compute", "forced_down": True}
    for forced_down, word in ((True, "DOWN"), (False, "UP")):
        body["forced_down"] = forced_down
        answer = world.ask("PUT", "/v2.1/os-services/force-down", "2.11", body)
        assert answer.status_code == 200
        listed = world.ask("GET", "/v2.1/servers/detail", "2.16").json["servers"]
        found = {(each["OS-EXT-SRV-ATTR:host"], each["host_status"]) for each in listed}
        assert found == {(f"host{number}", word if number == 3 else "UP") for number in range(12)}
        one = world.ask("GET", "/v2.1/servers/detail?host=host3", "2.16").json["servers"]
        assert {each["host_status"] for each in one} == {word}


def test_a_host_in_maintenance_that_dies_stays_in_maintenance(world: World) -> None:
    made = world.service("host1")
    world.replace(made, made._replace(disabled=True))
    server(world, host="host1")
    world.clock.at += SILENT
    assert statuses(world) == ["MAINTENANCE"] * 3


@contextmanager
def world_with(directory: Path, rules: str) -> Iterator[World]:
    file = directory / "policy.yaml"
    file.write_text(rules)
    with open_world() as world:
        object.__setattr__(world.parts, "policy", NovaPolicy(PolicySettings(file)))
        yield world


@pytest.mark.parametrize(
    ("rules", "silent", "expected"),
    [
        (f'"{ALL}": {OWNER}', False, "UP"),
        (f'"{ALL}": {OWNER}', True, "UNKNOWN"),
        (f'"{UNKNOWN_ONLY}": {OWNER}', False, None),
        (f'"{UNKNOWN_ONLY}": {OWNER}', True, "UNKNOWN"),
        (f'"{ALL}": "!"\n"{UNKNOWN_ONLY}": "!"', True, None),
    ],
)
@pytest.mark.parametrize("token", [MEMBER, ADMIN])
def test_policies_say_who_sees_all_of_it_and_who_only_unknown(
    tmp_path: Path, rules: str, silent: bool, expected: str | None, token: str
) -> None:
    if token == ADMIN and expected is None and "!" not in rules:
        expected = "UP"  # administrators see all of it
    with world_with(tmp_path, rules) as world:
        world.service("host1", seen=SILENT if silent else timedelta(0))
        server(world, host="host1")
        assert statuses(world, token=token) == [expected] * 3


def test_a_list_decides_once_by_the_callers_own_project(tmp_path: Path) -> None:
    """Who may see it of the own project sees it in a list of all; alone, each is judged itself."""
    owner = f'"{ALL}": "project_id:%(project_id)s"'
    with world_with(tmp_path, owner) as world:
        world.service("host1")
        uuids = [server(world, host="host1", project_id=each).uuid for each in (PROJECT, "other")]
        listed = world.ask("GET", "/v2.1/servers/detail?all_tenants=1", "2.16").json["servers"]
        assert [each.get("host_status") for each in listed] == ["UP", "UP"]
        alone = [world.ask("GET", f"/v2.1/servers/{each}", "2.16").json for each in uuids]
        assert [each["server"].get("host_status") for each in alone] == ["UP", None]
