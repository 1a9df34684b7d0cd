"""Users and projects over HTTP: what Keystone answers, and what ends with a change."""

from typing import Any

import pytest
from falcon.testing import Result
from tests.identity.api import Api
from tests.identity.people import PASSWORD

from hostdown.services.identity import EXTRA_BYTES_MAX

BOTH = pytest.mark.parametrize("kind", ["user", "project"])


def made(api: Api, kind: str, **fields: object) -> dict[str, Any]:
    result = api.ask("POST", f"/{kind}s", {kind: {"name": "bob", **fields}})
    assert result.status_code == 201, result.text
    record: dict[str, Any] = result.json[kind]
    return record


def one(api: Api, kind: str, name: str) -> dict[str, Any]:
    (record,) = api.ask("GET", f"/{kind}s?name={name}").json[f"{kind}s"]
    found: dict[str, Any] = record
    return found


def message(result: Result) -> str:
    return str(result.json["error"]["message"])


def test_a_user_is_shown_as_in_keystone(api: Api) -> None:
    more: dict[str, object] = {"email": "b@example.org", "description": None, "project_id": 1}
    bob = made(api, "user", password=PASSWORD, **more)
    path = f"/users/{bob['id']}"
    assert bob == {
        "id": bob["id"], "name": "bob", "domain_id": "default", "enabled": True, "options": {},
        "password_expires_at": None, **more,
        "links": {"self": f"http://cloud.example/identity/v3{path}"},
    }  # fmt: skip
    assert api.ask("GET", path).json == {"user": bob}
    result = api.ask("PATCH", path, {"user": {"name": "Bob", "email": None, "enabled": False}})
    assert result.json["user"] == bob | {"name": "Bob", "email": None, "enabled": False}
    assert one(api, "user", "Bob")["enabled"] is False
    assert api.ask("DELETE", path).status_code == 204
    assert api.ask("GET", path).status_code == 404


def test_a_project_is_shown_as_in_keystone(api: Api) -> None:
    bob = made(api, "project", enabled=False, tags=["a"], more={"x": [1]})
    path = f"/projects/{bob['id']}"
    assert bob == {
        "id": bob["id"], "name": "bob", "domain_id": "default", "parent_id": "default",
        "enabled": False, "is_domain": False, "options": {}, "description": "", "tags": ["a"],
        "more": {"x": [1]}, "links": {"self": f"http://cloud.example/identity/v3{path}"},
    }  # fmt: skip
    assert api.ask("GET", path).json == {"project": bob}
    result = api.ask("PATCH", path, {"project": {"description": "d", "enabled": True}})
    assert result.json["project"] == bob | {"description": "d", "enabled": True}
    assert api.ask("PATCH", path, {"project": {}}).json == result.json
    assert api.ask("DELETE", path).status_code == 204
    assert api.ask("GET", path).status_code == 404


@BOTH
def test_nothing_of_ours_can_be_put_in_by_another_name(api: Api, kind: str) -> None:
    ours = {"id": "x", "links": "x", "password_expires_at": "x"}
    bob = made(api, kind, **ours)
    assert bob["links"]["self"].endswith(bob["id"])
    assert bob.get("password_expires_at") in (None, "x" if kind == "project" else None)
    assert len(bob["id"]) == 32


@BOTH
@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({}, 400, "'name' is a required property"),
        ({"name": 5}, 400, "field/attribute name. Value: 5. 5 is not of type 'string'"),
        ({"name": ""}, 400, "'' should be non-empty"),
        ({"name": "x" * 256}, 400, "is too long"),
        ({"name": " x"}, 400, "without blanks at either end"),
        ({"name": "a\0b"}, 400, "printable"),
        ({"name": "x", "enabled": "yes"}, 400, "'yes' is not of type 'boolean'"),
        ({"name": "x", "options": {"a": 1}}, 400, "'a' was unexpected"),
        ({"name": "x", "more": "y" * EXTRA_BYTES_MAX}, 400, f"{EXTRA_BYTES_MAX} bytes"),
        ({"name": "taken"}, 409, "Duplicate entry found with name taken at domain ID default."),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_reason(
    api: Api, kind: str, fields: dict[str, object], status: int, words: str
) -> None:
    made(api, kind, name="taken")
    result = api.ask("POST", f"/{kind}s", {kind: fields})
    assert (result.status_code, words in message(result)) == (status, True), result.text
    if "name" in fields:
        other = made(api, kind, name="other")
        result = api.ask("PATCH", f"/{kind}s/{other['id']}", {kind: fields})
        assert (result.status_code, words in message(result)) == (status, True), result.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/users", {"user": {"name": "x", "domain_id": "o"}}, 404, "find domain: o."),
        ("PATCH", "/users/{ann}", {"user": {"domain_id": "o"}}, 400, "Cannot change Domain ID"),
        ("PATCH", "/users/{ann}", {"user": {}}, 400, "{} should be non-empty"),
        ("PATCH", "/users/nobody", {"user": {"name": "x"}}, 404, "find user: nobody."),
        ("DELETE", "/users/nobody", None, 404, "Could not find user: nobody."),
        ("POST", "/projects", {"project": {"name": "x", "domain_id": "o"}}, 400, "domain: o."),
        ("POST", "/projects", {"project": {"name": "x", "parent_id": "o"}}, 400, "project: o."),
        ("POST", "/projects", {"project": {"name": "x", "is_domain": True}}, 400, "one domain"),
        ("DELETE", "/projects/none", None, 404, "Could not find project: none."),
        ("POST", "/users", {}, 400, "Expecting to find user in request body."),
        ("POST", "/users", [], 400, "Expecting to find valid JSON in request body."),
    ],
)  # fmt: skip
def test_other_refusals_are_keystones(
    api: Api, method: str, path: str, body: object, status: int, words: str
) -> None:
    result = api.ask(method, path.format(ann=one(api, "user", "ann")["id"]), body)
    assert (result.status_code, words in message(result)) == (status, True), result.text


@pytest.mark.parametrize(
    "password", [5_050_505_050_505_050_505, "short", "x" * 73, "with\0nul and more"]
)
def test_a_password_is_in_no_answer_and_in_no_log(
    api: Api, caplog: pytest.LogCaptureFixture, password: object
) -> None:
    caplog.set_level("DEBUG")
    for fields in ({"name": "x"}, {}):
        result = api.ask("POST", "/users", {"user": {**fields, "password": password}})
        assert result.status_code == 400
        assert str(password) not in result.text + caplog.text
    result = api.ask("POST", "/users/x/password", {"user": {"password": password}})
    assert (result.status_code, str(password) in result.text) == (400, False)


def test_a_user_without_a_password_cannot_log_in(api: Api) -> None:
    bob = made(api, "user")
    for guess in ("", "None", "null"):
        assert api.log_in("bob", guess).status_code == 401
    path = f"/users/{bob['id']}"
    assert api.ask("PATCH", path, {"user": {"password": PASSWORD}}).status_code == 200
    assert api.log_in("bob").status_code == 201
    assert api.ask("PATCH", path, {"user": {"password": None}}).status_code == 200
    assert api.log_in("bob").status_code == 401


def test_a_default_project_in_which_one_has_no_role_gives_a_token_without_a_project(
    api: Api,
) -> None:
    demo = one(api, "project", "demo")["id"]
    bob = made(api, "user", password=PASSWORD, default_project_id=demo)
    assert "project" not in api.log_in("bob").json["token"]
    assert api.log_in("bob", scope={"project": {"id": demo}}).status_code == 401
    result = api.ask("PATCH", f"/users/{bob['id']}", {"user": {"default_project_id": None}})
    assert "default_project_id" not in result.json["user"]


@pytest.mark.parametrize(
    "change",
    [
        ("PATCH", {"user": {"password": "another horse"}}),
        ("PATCH", {"user": {"enabled": False}}),
        ("PATCH", {"user": {"name": "renamed"}}),
        ("DELETE", None),
    ],
)
def test_a_change_of_a_user_ends_its_tokens_at_once(api: Api, change: tuple[str, object]) -> None:
    user_id = one(api, "user", "ann")["id"]
    tokens = [api.token("ann"), api.token("ann", scope="unscoped")]
    assert api.ask("PATCH", f"/users/{user_id}", {"user": {"email": "a"}}).status_code == 200
    assert api.ask("GET", "/auth/projects", token=tokens[0]).status_code == 200
    assert api.ask(change[0], f"/users/{user_id}", change[1]).status_code in (200, 204)
    for token in tokens:
        assert api.ask("GET", "/auth/projects", token=token).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        ("PATCH", {"project": {"enabled": False}}),
        ("PATCH", {"project": {"name": "renamed"}}),
        ("DELETE", None),
    ],
)
def test_a_change_of_a_project_ends_its_tokens_and_no_others(
    api: Api, change: tuple[str, object]
) -> None:
    bob = made(api, "project")
    ann, member = one(api, "user", "ann")["id"], api.ask("GET", "/roles?name=member")
    role = f"/projects/{bob['id']}/users/{ann}/roles/{member.json['roles'][0]['id']}"
    assert api.ask("PUT", role).status_code == 204
    ended = api.token("ann", scope={"project": {"id": bob["id"]}})
    kept = api.token("ann")
    assert api.ask(change[0], f"/projects/{bob['id']}", change[1]).status_code in (200, 204)
    assert api.ask("GET", "/auth/projects", token=ended).status_code == 401
    assert api.ask("GET", "/auth/projects", token=kept).status_code == 200


def test_a_project_that_is_disabled_lets_nobody_in_and_comes_back(api: Api) -> None:
    path = f"/projects/{one(api, 'project', 'demo')['id']}"
    admin = made(api, "user", password=PASSWORD)["id"]
    role = api.ask("GET", "/roles?name=admin").json["roles"][0]["id"]
    assert api.ask("PUT", f"/system/users/{admin}/roles/{role}").status_code == 204
    system = api.token("bob", scope={"system": {"all": True}})
    assert api.ask("PATCH", path, {"project": {"enabled": False}}, system).status_code == 200
    scope = {"project": {"name": "demo", "domain": {"id": "default"}}}
    assert api.log_in(scope=scope).status_code == 401
    assert "project" not in api.log_in().json["token"]
    assert api.ask("PATCH", path, {"project": {"enabled": True}}, system).status_code == 200
    assert api.log_in(scope=scope).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/users/{admin}", None),
        ("PATCH", "/users/{admin}", {"user": {"enabled": False}}),
        ("PATCH", "/users/{admin}", {"user": {"password": None}}),
        ("PATCH", "/projects/{demo}", {"project": {"enabled": False}}),
        ("DELETE", "/projects/{demo}", None),
        ("DELETE", "/projects/{demo}/users/{admin}/roles/{role}", None),
    ],
)
def test_the_last_admin_cannot_be_locked_out(
    api: Api, method: str, path: str, body: object
) -> None:
    role = api.ask("GET", "/roles?name=admin").json["roles"][0]["id"]
    names = {"admin": one(api, "user", "admin")["id"], "demo": one(api, "project", "demo")["id"]}
    path, token = path.format(role=role, **names), api.token("admin")
    result = api.ask(method, path, body, token)
    assert (result.status_code, "make somebody else an admin" in message(result)) == (403, True)
    assert api.ask("GET", "/users", token=token).status_code == 200
    ann = one(api, "user", "ann")["id"]
    assert api.ask("PUT", f"/system/users/{ann}/roles/{role}").status_code == 204
    assert api.ask(method, path, body, token).status_code in (200, 204)


def test_one_changes_the_own_password_with_the_old_one_and_no_token(api: Api) -> None:
    path, token = f"/users/{one(api, 'user', 'ann')['id']}/password", api.token("ann")

    def change(new: str, old: str) -> int:
        body = {"user": {"password": new, "original_password": old}}
        return int(api.ask("POST", path, body, token="").status_code)

    assert change("another horse", "wrong horse") == 401
    assert change("short", PASSWORD) == 400
    assert api.ask("GET", "/auth/projects", token=token).status_code == 200
    assert change("another horse", PASSWORD) == 204
    assert api.ask("GET", "/auth/projects", token=token).status_code == 401
    assert api.log_in("ann").status_code == 401
    assert api.log_in("ann", "another horse").status_code == 201
    guesses = {change("another horse", f"wrong horse {number}") for number in range(12)}
    assert guesses == {401, 429}


def test_a_disabled_user_cannot_change_its_password(api: Api) -> None:
    path = f"/users/{one(api, 'user', 'ann')['id']}"
    assert api.ask("PATCH", path, {"user": {"enabled": False}}).status_code == 200
    body = {"user": {"password": "another horse", "original_password": PASSWORD}}
    assert api.ask("POST", f"{path}/password", body, token="").status_code == 401


@BOTH
def test_there_are_only_so_many(api: Api, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = len(api.ask("GET", f"/{kind}s").json[f"{kind}s"])
    for module in ("users", "projects"):
        limit = f"hostdown.services.{module}.{module.upper()}_MAX"
        monkeypatch.setattr(limit, there + 1)
    made(api, kind)
    result = api.ask("POST", f"/{kind}s", {kind: {"name": "one more"}})
    assert (result.status_code, f"{there + 1} {kind}s already" in message(result)) == (403, True)


def test_lists_are_narrowed_by_name_state_and_domain(api: Api) -> None:
    made(api, "user", enabled=False)
    for query, names in (
        ("", ["admin", "ann", "bob", "sam"]), ("?enabled=false", ["bob"]), ("?name=bob", ["bob"]),
        ("?enabled=1", ["admin", "ann", "sam"]), ("?name=bob&enabled=true", []),
        ("?domain_id=other", []), ("?name=%00", []), ("?limit=1&marker=x", 4),
    ):  # fmt: skip
        result = api.ask("GET", f"/users{query}")
        found = [user["name"] for user in result.json["users"]]
        assert found == names or len(found) == names, query
        assert result.json["links"]["self"].endswith(f"/identity/v3/users{query}")
