"""The query of the servers list, by version and by caller (contract 3.6, 1.10)."""

import pytest
from tests.api.asking import told
from tests.api.world import ADMIN, PROJECT, World

from hostdown.api.compute import server_filters
from hostdown.api.compute.types import QUERY_PATTERN, QUERY_TEXT

MEMBER = f"ann:{PROJECT}"
NO_ROLES = f"nobody:{PROJECT}:nothing"
EMPTY = {"servers": []}
WORDS = "'0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'"


@pytest.fixture
def world(empty_world: World) -> World:
    return empty_world


@pytest.mark.parametrize("name", ["name", "status", "host", "ip", "image", "tags"])
def test_no_filter_holds_a_null_character(world: World, name: str) -> None:
    """No name does, and PostgreSQL cannot be asked for one."""
    answer = world.ask("GET", f"/v2.1/servers?{name}=a%00", "2.104", token=ADMIN)
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/v2.1/servers", "/v2.1/servers/detail"])
@pytest.mark.parametrize(
    ("version", "query", "token"),
    [
        ("2.1", "", MEMBER),
        ("2.104", "?deleted=False&limit=10&sort_key=uuid&sort_dir=asc", MEMBER),
        ("2.104", "?all_tenants=1&host=compute1&status=ACTIVE&status=error", ADMIN),
        ("2.104", "?all_tenants", ADMIN),
        ("2.104", "?all_tenants=false", MEMBER),
        ("2.1", "?all_tenants=zz&all_tenants=off", MEMBER),
        ("2.74", "?colour=red&host_status=DOWN", ADMIN),
        ("2.25", "?tags=%5B", MEMBER),
        ("2.65", "?changes-before=abc", MEMBER),
        ("2.72", "?locked=zz", ADMIN),
        ("2.72", "?sort_key=locked&sort_dir=sideways", MEMBER),
        ("2.74", "?sort_key=vcpus&sort_dir=sideways", MEMBER),
        ("2.37", "?status=UNKNOWN", MEMBER),
        ("2.104", "?status=nonsense&status=active", MEMBER),
        ("2.104", "?status=deleted", ADMIN),
        ("2.104", "?status=deleted&status=active", MEMBER),
        ("2.104", "?marker=&limit=0", MEMBER),
        ("2.104", "?deleted=perhaps", ADMIN),
        ("2.104", "?metadata=x&_private=1", MEMBER),
        ("2.104", "?changes-since=2026-01-02T00:00:00Z&changes-before=2026-01-02", MEMBER),
        ("2.104", "?name=(a%2B)%2B%24&ip=10.*", MEMBER),
        ("2.104", "?sort_key=host&sort_key=node&sort_dir=desc", ADMIN),
    ],
)
def test_a_query_in_order_finds_nothing(
    world: World, path: str, version: str, query: str, token: str
) -> None:
    answer = world.ask("GET", path + query, version, token=token)
    assert (answer.status_code, answer.json) == (200, EMPTY)


@pytest.mark.parametrize(
    "name",
    [p.name for p in server_filters.LIST_QUERY.params if p.schema in (QUERY_TEXT, QUERY_PATTERN)],
)
def test_no_text_filter_of_servers_takes_a_nul(world: World, name: str) -> None:
    answer = world.ask("GET", f"/v2.1/servers?{name}=a%00b", "2.104", token=ADMIN)
    assert (answer.status_code, "does not match" in told(answer)[1]) == (400, True)


def invalid(name: str, value: str, reason: str) -> str:
    return f"Invalid input for query parameters {name}. Value: {value}. {reason}"


@pytest.mark.parametrize(
    ("version", "query", "token", "status", "message"),
    [
        ("2.1", "?marker=x", MEMBER, 400, "marker [x] not found"),
        ("2.1", "?limit=", MEMBER, 400, invalid("limit", "", "'' should be non-empty")),
        ("2.1", "?name=%5B", MEMBER, 400, invalid("name", "[", "'[' is not a 'regex'")),
        ("2.1", "?changes-since=abc", MEMBER, 400,
         invalid("changes-since", "abc", "'abc' is not a 'date-time'")),
        ("2.66", "?changes-since=2026-01-02&changes-before=2026-01-01", MEMBER, 400,
         "The value of changes-since must be less than or equal to changes-before."),
        ("2.75", "?colour=red", MEMBER, 400, "'colour' does not match any of the regexes: '^_'"),
        ("2.104", "?host_status=DOWN", ADMIN, 400,
         "'host_status' does not match any of the regexes: '^_'"),
        ("2.1", "?_private=1", ADMIN, 400, "Invalid filter field: _private."),
        ("2.104", "?_private=1", ADMIN, 400, "Invalid filter field: _private."),
        ("2.104", "?pci_devices=1", ADMIN, 400, "Invalid filter field: pci_devices."),
        ("2.38", "?status=UNKNOWN", MEMBER, 400, "Invalid status value"),
        ("2.38", "?status=", MEMBER, 400, "Invalid status value"),
        ("2.1", "?status=DELETED", MEMBER, 403, "Only administrators may list deleted instances"),
        ("2.1", "?all_tenants=zz", MEMBER, 400,
         f"Unrecognized value 'zz', acceptable values are: {WORDS}"),
        ("2.73", "?locked=zz", MEMBER, 400,
         f"Unrecognized value 'zz', acceptable values are: {WORDS}"),
        ("2.1", "?sort_dir=sideways", MEMBER, 400,
         "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'"),
        ("2.1", "?sort_key=uuid&sort_dir=asc&sort_dir=asc", MEMBER, 400,
         "Invalid input received: Sort direction size exceeds sort key size"),
        ("2.1", "?sort_key=host", MEMBER, 403, "Only administrators can sort servers by host"),
        ("2.104", "?sort_key=node", MEMBER, 403, "Only administrators can sort servers by node"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v2.1/servers", "/v2.1/servers/detail"])
def test_a_query_out_of_order_is_refused(
    world: World, path: str, version: str, query: str, token: str, status: int, message: str
) -> None:
    assert told(world.ask("GET", path + query, version, token=token)) == (status, message)


@pytest.mark.parametrize("version", ["2.75", "2.104"])
@pytest.mark.parametrize("key", ["vcpus", "id", "nonsense"])
def test_old_sort_keys_are_refused_from_2_75_on(world: World, version: str, key: str) -> None:
    status, message = told(world.ask("GET", f"/v2.1/servers?sort_key={key}", version))
    assert (status, f"'{key}' is not one of ['locked', 'access_ip_v4'" in message) == (400, True)


@pytest.mark.parametrize("query", ["?all_tenants=1", "?all_tenants", "?all_tenants=Yes"])
@pytest.mark.parametrize(("path", "name"), [("", "index"), ("/detail", "detail")])
def test_all_tenants_is_a_right_of_its_own(world: World, query: str, path: str, name: str) -> None:
    rule = f"os_compute_api:servers:{name}:get_all_tenants"
    answer = world.ask("GET", f"/v2.1/servers{path}{query}", "2.1", token=MEMBER)
    assert told(answer) == (403, f"Policy doesn't allow {rule} to be performed.")
    answer = world.ask("GET", f"/v2.1/servers{path}", "2.1", token=NO_ROLES)
    message = f"Policy doesn't allow os_compute_api:servers:{name} to be performed."
    assert told(answer) == (403, message)


@pytest.mark.parametrize("name", ["no-uuid", "8c3b8d3b-5f36-4fbb-b4f8-c2a1b2c3d4e5", "%00"])
def test_no_server_is_there(world: World, name: str) -> None:
    answer = world.ask("GET", f"/v2.1/servers/{name}", token=NO_ROLES)
    shown = name.replace("%00", "\0")
    assert told(answer) == (404, f"Instance {shown} could not be found.")
    assert world.ask("GET", "/v2.1/servers/x?a=1", "2.102").status_code == 400


@pytest.mark.parametrize(
    ("method", "below"), [("POST", "ips"), ("GET", "diagnostics"), ("GET", "tags")]
)
def test_what_is_not_there_yet_stays_404(world: World, method: str, below: str) -> None:
    assert world.ask(method, f"/v2.1/servers/x/{below}", "2.104").status_code == 404


def test_the_filters_for_everybody_are_filters() -> None:
    names = {param.name for param in server_filters.LIST_QUERY.params}
    assert set(server_filters.FOR_ALL) <= names
    assert names >= server_filters.REFUSED
