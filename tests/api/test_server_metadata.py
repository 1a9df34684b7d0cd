"""The metadata of servers, and their addresses (contract 3.10)."""

import pytest
from tests.api.asking import told
from tests.api.serving import MEMBER, STRANGER, current, server
from tests.api.world import ADMIN, PROJECT, World, open_world

from hostdown.api.app import ApiSettings
from hostdown.domain.quotas import Quotas

READER = f"reader:{PROJECT}:reader"


def test_metadata_are_merged_replaced_and_taken_away_one_by_one(world: World) -> None:
    made = server(world, metadata={"a": "1"}, task_state="powering-off")
    path = f"/v2.1/servers/{made.uuid}/metadata"

    def ask(method: str, below: str = "", body: object = None, status: int = 200) -> object:
        answer = world.ask(method, f"{path}{below}", "2.104", body, MEMBER)
        assert answer.status_code == status, answer.text
        return answer.json if answer.content else None

    both = {"metadata": {"a": "1", "b": "2"}}
    assert ask("GET") == {"metadata": {"a": "1"}}
    assert ask("POST", body={"metadata": {"b": "2"}}) == both
    assert ask("GET", "/b") == {"meta": {"b": "2"}}
    assert ask("PUT", "/b", {"meta": {"b": "3"}}) == {"meta": {"b": "3"}}
    assert ask("DELETE", "/a", status=204) is None
    assert ask("GET") == {"metadata": {"b": "3"}}
    assert ask("PUT", body={"metadata": {"c": "4"}}) == {"metadata": {"c": "4"}}
    assert ask("PUT", body={"metadata": {}}) == {"metadata": {}}
    assert current(world, made.uuid).revision == made.revision + 5


@pytest.mark.parametrize(
    ("method", "below", "body", "status", "message"),
    [
        ("GET", "/x", None, 404, "Metadata item was not found"),
        ("DELETE", "/x", None, 404, "Metadata item was not found"),
        ("PUT", "/x", {"meta": {"y": "1"}}, 400, "Request body and URI mismatch"),
        ("POST", "", {"metadata": {"a": 5}}, 400,
         "Invalid input for field/attribute a. Value: 5. 5 is not of type 'string'"),
        ("PUT", "/a", {"meta": {"a": "1", "b": "2"}}, 400,
         "Invalid input for field/attribute meta. Value: {'a': '1', 'b': '2'}. "
         "{'a': '1', 'b': '2'} has too many properties"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_metadata_is_told(
    world: World, method: str, below: str, body: object, status: int, message: str
) -> None:
    made = server(world, metadata={"a": "1"})
    answer = world.ask(method, f"/v2.1/servers/{made.uuid}/metadata{below}", "2.1", body, MEMBER)
    assert told(answer) == (status, message)
    assert current(world, made.uuid) == made


def test_metadata_grow_up_to_the_quota_and_whoever_has_more_may_have_less() -> None:
    with open_world(ApiSettings(quotas=Quotas(metadata_items=2))) as world:
        made = server(world, metadata={"a": "1", "b": "2", "c": "3"})
        path = f"/v2.1/servers/{made.uuid}/metadata"

        def ask(method: str, metadata: object) -> tuple[int, object]:
            answer = world.ask(method, path, "2.1", {"metadata": metadata}, MEMBER)
            return answer.status_code, answer.json.get("metadata") or told(answer)[1]

        refused = (403, "Maximum number of metadata items exceeds 2")
        assert ask("POST", {"d": "4"}) == refused
        assert ask("POST", {"a": "9"}) == (200, {"a": "9", "b": "2", "c": "3"})
        assert ask("PUT", {"a": "1"}) == (200, {"a": "1"})
        assert ask("POST", {"b": "2"}) == (200, {"a": "1", "b": "2"})
        assert ask("POST", {"c": "3"}) == refused


def test_without_a_quota_metadata_grow_to_what_one_request_could_bring(world: World) -> None:
    made = server(world)
    path = f"/v2.1/servers/{made.uuid}/metadata"
    many = {f"{n:0255}": "ü" * 127 for n in range(200)}
    for part in (many, {f"b{name[1:]}": value for name, value in many.items()}):
        answer = world.ask("POST", path, "2.1", {"metadata": part}, MEMBER)
        if part is many:
            assert answer.status_code == 200
    message = "The metadata of a server take up 114688 bytes at most; delete some."
    assert told(answer) == (403, message)
    assert current(world, made.uuid).metadata == many


@pytest.mark.parametrize(
    ("method", "body", "doing"),
    [
        ("POST", {"metadata": {"b": "2"}}, "update metadata"),
        ("PUT", {"metadata": {"b": "2"}}, "update metadata"),
        ("DELETE", None, "delete metadata"),
    ],
)
def test_locks_and_states_protect_metadata(
    world: World, method: str, body: object, doing: str
) -> None:
    below = "/a" if method == "DELETE" else ""

    def tried(token: str = MEMBER, **facts: object) -> tuple[int, str]:
        made = server(world, metadata={"a": "1"}, **facts)
        path = f"/v2.1/servers/{made.uuid}/metadata{below}"
        answer = world.ask(method, path, "2.1", body, token)
        message = told(answer)[1] if answer.status_code >= 400 else ""
        return answer.status_code, message.replace(made.uuid, "X")

    success = 204 if method == "DELETE" else 200
    assert tried(locked_by="owner") == (409, "Instance X is locked")
    assert tried(ADMIN, locked_by="owner") == (success, "")
    for vm_state in ("building", "error", "rescued"):
        message = f"Cannot '{doing}' instance X while it is in vm_state {vm_state}"
        assert tried(vm_state=vm_state) == (409, message)
    for vm_state in ("active", "paused", "suspended", "stopped"):
        assert tried(vm_state=vm_state) == (success, "")
    message = f"Instance X is in an invalid state for '{doing}'"
    assert tried(launched_at=None) == (409, message)


def test_readers_read_and_strangers_find_nothing(world: World) -> None:
    uuid = server(world, metadata={"a": "1"}).uuid
    path = f"/v2.1/servers/{uuid}/metadata"
    assert world.ask("GET", path, token=READER).status_code == 200
    body = {"metadata": {"b": "2"}}
    assert world.ask("POST", path, body=body, token=READER).status_code == 403
    assert world.ask("POST", path, body=body, token=STRANGER).status_code == 404


def test_a_server_has_no_address_that_we_know(world: World) -> None:
    uuid = server(world).uuid
    assert world.ask("GET", f"/v2.1/servers/{uuid}/ips", token=READER).json == {"addresses": {}}
    answer = world.ask("GET", f"/v2.1/servers/{uuid}/ips/private", token=READER)
    assert told(answer) == (404, "Instance is not a member of specified network")
