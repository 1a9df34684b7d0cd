"""Tokens that are for the system as a whole."""

import pytest
from tests.identity.api import SYSTEM, Api

from hostdown.domain.roles import role_id


def granted(api: Api, name: str, role: str) -> str:
    """The path at which a user was given a role in the system."""
    (user,) = api.ask("GET", f"/users?name={name}").json["users"]
    path = f"/system/users/{user['id']}/roles/{role_id(role)}"
    assert api.ask("PUT", path).status_code == 204
    return path


def test_who_has_a_role_in_the_system_gets_a_token_that_says_so(api: Api) -> None:
    assert api.log_in(scope=SYSTEM).status_code == 401
    granted(api, "ann", "member")
    result = api.log_in(scope=SYSTEM)
    assert result.status_code == 201
    token = result.json["token"]
    assert token["system"] == {"all": True}
    assert {"project", "is_domain"}.isdisjoint(token)
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    assert {service["type"] for service in token["catalog"]} >= {"compute", "identity"}
    text = result.headers["X-Subject-Token"]
    shown = api.call("/auth/tokens", api.token("admin"), X_Subject_Token=text)
    assert shown.json == {"token": token}


def test_an_unscoped_token_and_one_of_a_project_can_be_exchanged(api: Api) -> None:
    granted(api, "ann", "reader")
    for scope in ("unscoped", None):
        old = api.token(**({} if scope is None else {"scope": scope}))
        result = api.send({"methods": ["token"], "token": {"id": old}}, scope=SYSTEM)
        assert result.json["token"]["system"] == {"all": True}


def test_the_compute_api_refuses_it_with_its_rules_of_projects(api: Api) -> None:
    granted(api, "admin", "admin")
    headers = {"X-Auth-Token": api.token("admin", scope=SYSTEM)}
    result = api.client.simulate_get("/v2.1/os-services", headers=headers)
    assert result.status_code == 403
    assert "os_compute_api:os-services:list" in result.json["forbidden"]["message"]
    assert api.client.simulate_get("/v2.1/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("role", "status"), [("admin", 200), ("manager", 200), ("reader", 200), ("service", 403)]
)
def test_readers_of_the_system_may_look_at_everything(api: Api, role: str, status: int) -> None:
    granted(api, "ann", role)
    token = api.token(scope=SYSTEM)
    for path in ("/users", "/projects", "/roles", "/role_assignments", "/services", "/domains"):
        assert api.ask("GET", path, token=token).status_code == status, path
    made = api.ask("POST", "/projects", {"project": {"name": "new"}}, token)
    assert made.status_code == (201 if role == "admin" else 403)


def test_who_may_ask_for_it_is_told(api: Api) -> None:
    assert api.ask("GET", "/auth/system", token=api.token()).json["system"] == []
    granted(api, "ann", "reader")
    assert api.ask("GET", "/auth/system", token=api.token()).json["system"] == [{"all": True}]


def test_a_role_that_is_taken_away_ends_the_token(api: Api) -> None:
    path = granted(api, "ann", "reader")
    token = api.token(scope=SYSTEM)
    assert api.ask("HEAD", path).status_code == 204
    assert api.ask("DELETE", path).status_code == 204
    assert api.ask("GET", "/users", token=token).status_code == 401
    assert api.log_in(scope=SYSTEM).status_code == 401
    for method in ("HEAD", "GET", "DELETE"):
        assert api.ask(method, path).status_code == 404


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ({"domain": {"id": "default"}}, 401),
        ({"domain": {"name": "Default"}}, 401),
        ({"OS-TRUST:trust": {"id": "x"}}, 401),
        ({"system": None}, 400),
        ({"system": "all"}, 400),
        ({"system": {"all": True}, "project": {"id": "x"}}, 400),
        ({}, 400),
    ],
)
def test_other_scopes_are_refused(api: Api, scope: object, status: int) -> None:
    assert api.log_in("admin", scope=scope).status_code == status
