"""limits, migrations and key pairs beyond their conversations; no query breaks any list."""

import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.asking import told
from tests.api.test_never_500 import check_shape
from tests.api.world import ADMIN, PROJECT, READER, World

from hostdown.api.compute.microversion import ALL
from hostdown.api.compute.routes import ROUTES, Route

SAMPLES = Path(__file__).parent / "samples/nova/limits"
MANAGER = f"ann:{PROJECT}:manager"
UUID = "5f5b0bd5-8b2d-4d7a-8e07-8c1f2a5b9e11"


@pytest.fixture
def world(empty_world: World) -> World:
    return empty_world


@pytest.mark.parametrize(
    ("folder", "version"),
    [
        ("", "2.1"), ("", "2.35"), ("v2.36", "2.36"), ("v2.36", "2.38"), ("v2.39", "2.39"),
        ("v2.39", "2.56"), ("v2.57", "2.57"), ("v2.57", "2.104"),
    ],
)  # fmt: skip
def test_limits_have_the_keys_of_the_samples(world: World, folder: str, version: str) -> None:
    sample = json.loads((SAMPLES / folder / "limit-get-resp.json").read_text())["limits"]
    limits = world.ask("GET", "/v2.1/limits", version).json["limits"]
    assert limits["rate"] == sample["rate"]
    assert limits["absolute"].keys() == sample["absolute"].keys()
    for name, value in limits["absolute"].items():
        assert value == (-1 if name.startswith("max") else 0)


def test_limits_of_ones_own_project_may_be_asked_for_by_name(world: World) -> None:
    path = f"/v2.1/limits?tenant_id={PROJECT}"
    assert world.ask("GET", path, "2.104", token=READER).status_code == 200
    assert world.ask("GET", "/v2.1/limits?tenant_id=x", "2.104").status_code == 200


@pytest.mark.parametrize(
    ("version", "query", "token", "expected"),
    [
        ("2.1", "", MANAGER, (403, "Policy doesn't allow os_compute_api:os-migrations:index:"
         "all_projects to be performed.")),
        ("2.1", "", READER, (403, "Policy doesn't allow os_compute_api:os-migrations:index to be "
         "performed.")),
        ("2.59", f"?marker={UUID}", ADMIN, (400, f"Marker {UUID} could not be found.")),
        ("2.66", "?changes-since=2026-01-02&changes-before=2026-01-01", ADMIN,
         (400, "The value of changes-since must be less than or equal to changes-before.")),
        ("2.59", "?marker=x", ADMIN,
         (400, "Invalid input for query parameters marker. Value: x. 'x' is not a 'uuid'")),
        ("2.59", "?host=a&host=b", ADMIN, (400, "Invalid input for query parameters host. "
         "Value: ['a', 'b']. ['a', 'b'] is too long")),
    ],
)  # fmt: skip
def test_migrations_are_refused(
    world: World, version: str, query: str, token: str, expected: tuple[int, str]
) -> None:
    answer = world.ask("GET", f"/v2.1/os-migrations{query}", version, token=token)
    assert told(answer) == expected


@pytest.mark.parametrize(
    ("version", "query"),
    [
        ("2.1", "?marker=x&limit=y&colour=red"),
        ("2.58", "?host=a&host=b"),
        ("2.59", "?limit=0&changes-since=2026-01-01T00:00:00Z"),
        ("2.104", f"?instance_uuid={UUID}&status=done&migration_type=evacuation&hidden=0"),
    ],
)
def test_migrations_are_none(world: World, version: str, query: str) -> None:
    assert world.ask("GET", f"/v2.1/os-migrations{query}", version).json == {"migrations": []}


def test_key_pairs_are_in_pages_from_2_35_on(world: World) -> None:
    path = "/v2.1/os-keypairs?marker=x"
    assert world.ask("GET", path, "2.34").json == {"keypairs": []}
    assert told(world.ask("GET", path, "2.35")) == (400, "Marker x could not be found.")
    assert world.ask("GET", "/v2.1/os-keypairs/k?user_id=bob", "2.10").status_code == 404


LISTS = [route for route in ROUTES if route.method == "GET" and route.query is not None]
VALUE = st.sampled_from(
    ["", "0", "1", "-1", "9" * 40, "None", "true", "asc", "[", "(a+)+$", "\0", "%", "2026-01-01",
     "0001-01-01T00:00:00+23:59", "name", "host", UUID, "deleted", "ACTIVE"]
) | st.text(max_size=12)  # fmt: skip


def _query(names: Iterable[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(st.sampled_from(sorted({*names, "x", "_x"})), VALUE)
    return st.lists(pairs, max_size=4).map(
        lambda given: "&".join(f"{name}={quote(value)}" for name, value in given)
    )


@pytest.mark.parametrize("row", LISTS, ids=lambda route: f"{route.path} {route.since}")
@given(data=st.data())
def test_no_query_gives_a_5xx(world: World, row: Route, data: st.DataObject) -> None:
    assert row.query is not None
    alive = [version for version in ALL if row.since <= version <= row.until]
    version = data.draw(st.sampled_from(alive))
    query = data.draw(_query(param.name for param in row.query.params))
    token = data.draw(st.sampled_from([ADMIN, READER, f"nobody:{PROJECT}:nothing"]))
    path = row.path.replace("{", "").replace("}", "")
    answer = world.ask("GET", f"/v2.1{path}?{query}", str(version), token=token)
    assert answer.status_code < 500, answer.text
    check_shape(answer.status_code, answer.headers.get("content-type", ""), answer)
