"""The Identity API, request by request."""

from typing import Any

import pytest
from falcon.testing import TestClient
from tests.identity.api import DEFAULT, TOKENS, Api
from tests.identity.cloud import AUTH_URL, application
from tests.identity.people import PASSWORD, ManualClock

from hostdown.services.guesses import PER_KNOWN_PLACE
from hostdown.storage import Storage

UNAUTHORIZED = {
    "error": {
        "code": 401,
        "title": "Unauthorized",
        "message": "The request you have made requires authentication.",
    }
}


@pytest.mark.parametrize("path", ["/identity", "/identity/", "/identity//"])
def test_without_a_version_the_answer_is_a_choice_of_one(api: Api, path: str) -> None:
    result = api.client.simulate_get(path)
    assert result.status_code == 300
    (version,) = result.json["versions"]["values"]
    assert (version["id"], version["status"]) == ("v3.14", "stable")
    assert version["links"] == [{"rel": "self", "href": "http://cloud.example/identity/v3/"}]


@pytest.mark.parametrize("path", ["/identity/v3", "/identity/v3/"])
def test_the_version_describes_itself(api: Api, path: str) -> None:
    result = api.client.simulate_get(path)
    assert (result.status_code, result.json["version"]["id"]) == (200, "v3.14")


def test_links_begin_with_the_configured_prefix(store: Storage, clock: ManualClock) -> None:
    client = TestClient(application(store, clock, link_prefix="https://api.example:443/nova/"))
    (link,) = client.simulate_get("/identity/v3").json["version"]["links"]
    assert link["href"] == "https://api.example:443/nova/identity/v3/"


def test_a_log_in_answers_with_token_user_project_roles_and_catalog(api: Api) -> None:
    result = api.log_in()
    assert result.status_code == 201
    token = result.json["token"]
    assert (token["user"]["name"], token["project"]["name"]) == ("ann", "demo")
    assert token["user"]["domain"] == {"id": "default", "name": "Default"}
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    assert (token["issued_at"], token["expires_at"]) == (
        "2026-01-02T03:04:05.678901Z", "2026-01-02T04:04:05.678901Z",
    )  # fmt: skip
    found = {
        (service["type"], endpoint["interface"], endpoint["url"], endpoint["region_id"])
        for service in token["catalog"]
        for endpoint in service["endpoints"]
    }
    addresses = (
        ("compute", "/v2.1"),
        ("identity", "/identity"),
        ("image", "/image"),
        ("alarming", "/alarming"),
    )
    assert found == {
        (kind, interface, f"http://cloud.example{path}", "RegionOne")
        for kind, path in addresses
        for interface in ("public", "internal", "admin")
    }


def test_the_catalog_can_be_left_out(api: Api) -> None:
    user = {"name": "ann", "domain": {"name": "Default"}, "password": PASSWORD}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    result = api.client.simulate_post(TOKENS, params={"nocatalog": ""}, json=body)
    assert "catalog" not in result.json["token"]


@pytest.mark.parametrize("scope", ["unscoped", {"unscoped": {}}])
def test_an_unscoped_token_has_no_project_no_roles_and_no_catalog(api: Api, scope: object) -> None:
    token = api.log_in(scope=scope).json["token"]
    assert {"project", "roles", "catalog"}.isdisjoint(token)


@pytest.mark.parametrize("domain", [{"id": "default"}, {"name": "Default"}, {"name": "default"}])
def test_a_project_is_named_with_its_domain_or_by_id(api: Api, domain: object) -> None:
    by_name = api.log_in(scope={"project": {"name": "demo", "domain": domain}}).json["token"]
    by_id = api.log_in(scope={"project": {"id": by_name["project"]["id"]}}).json["token"]
    assert by_id["project"] == by_name["project"]


def test_a_user_can_be_named_by_id_and_a_token_exchanged(api: Api) -> None:
    first = api.log_in(scope="unscoped")
    user = {"id": first.json["token"]["user"]["id"], "password": PASSWORD}
    assert api.send({"methods": ["password"], "password": {"user": user}}).status_code == 201
    old = first.headers["X-Subject-Token"]
    second = api.send({"methods": ["token"], "token": {"id": old}}).json["token"]
    assert second["project"]["name"] == "demo"
    assert second["methods"] == ["token", "password"]
    assert second["audit_ids"][1] == first.json["token"]["audit_ids"][0]


@pytest.mark.parametrize(
    "refused",
    [
        lambda api: api.log_in(password="wrong horse"),
        lambda api: api.log_in("nobody"),
        lambda api: api.log_in(scope={"project": {"name": "nowhere", "domain": DEFAULT}}),
        lambda api: api.log_in(scope={"project": {"name": "demo", "domain": {"id": "other"}}}),
        lambda api: api.log_in(scope={"system": {"all": True}}),
        lambda api: api.send({"methods": ["token"], "token": {"id": "nonsense"}}),
        lambda api: api.send({"methods": ["totp"], "totp": {}}),
        lambda api: api.send({"methods": ["password", "totp"], "password": {}}),
        lambda api: api.call("/users", ""),
        lambda api: api.call("/users", "nonsense"),
        lambda api: api.call("/auth/tokens", "nonsense", X_Subject_Token="nonsense"),
    ],
)
def test_every_refusal_to_log_in_looks_the_same(api: Api, refused: Any) -> None:  # noqa: ANN401 - a lambda
    result = refused(api)
    assert (result.status_code, result.json) == (401, UNAUTHORIZED)
    challenge = result.headers["WWW-Authenticate"]
    assert challenge == 'Keystone uri="http://cloud.example/identity"'


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "[]", "null", '"x"', "{}", '{"auth": 1}', '{"auth": {"identity": []}}',
        '{"auth": {"identity": {"methods": []}}}',
        '{"auth": {"identity": {"methods": "password"}}}',
        '{"auth": {"identity": {"methods": ["password"]}}}',
        '{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "a"}}}}}',
        '{"auth": {"identity": {"methods": ["password"], "password": '
        '{"user": {"name": "ann", "password": "correct horse"}}}}}',
        '{"auth": {"identity": {"methods": ["password"], "password": '
        '{"user": {"name": 5, "password": "correct horse", "domain": {"id": "default"}}}}}}',
        '{"auth": {"identity": {"methods": ["token"], "token": {}}}}',
        '{"auth": {"identity": {"methods": ["token"], "token": {"id": "x"}}, "scope": 5}}',
    ],
)  # fmt: skip
def test_a_body_that_says_too_little_is_a_bad_request(api: Api, body: str) -> None:
    result = api.client.simulate_post(TOKENS, body=body)
    assert result.status_code == 400
    assert (result.json["error"]["code"], result.json["error"]["title"]) == (400, "Bad Request")
    assert "correct horse" not in result.text


def test_a_huge_body_is_refused(api: Api) -> None:
    result = api.client.simulate_post(TOKENS, body=" " * 20000)
    assert (result.status_code, result.json["error"]["code"]) == (413, 413)


def test_too_many_guesses_are_told_to_wait(api: Api) -> None:
    api.log_in()
    for _ in range(PER_KNOWN_PLACE.guesses_max):
        assert api.log_in(password="wrong horse").status_code == 401
    result = api.log_in()
    assert (result.status_code, result.headers["Retry-After"]) == (429, "6")
    assert result.json["error"]["title"] == "Too Many Requests"


@pytest.mark.parametrize(("caller", "status"), [("ann", 200), ("admin", 200), ("sam", 200)])
def test_a_token_is_validated_for_its_user_for_admins_and_for_services(
    api: Api, caller: str, status: int
) -> None:
    subject = api.token("ann")
    result = api.call("/auth/tokens", api.token(caller), X_Subject_Token=subject)
    assert result.status_code == status
    assert result.headers["X-Subject-Token"] == subject
    assert result.json["token"]["user"]["name"] == "ann"
    head = api.call("/auth/tokens", api.token(caller), "HEAD", X_Subject_Token=subject)
    assert (head.status_code, head.content) == (200, b"")


def test_others_may_neither_validate_nor_revoke_a_token(api: Api) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        result = api.call(
            "/auth/tokens", api.token("ann"), method, X_Subject_Token=api.token("sam")
        )
        assert result.status_code == 403


def test_what_is_not_valid_is_not_found_and_not_repeated(api: Api) -> None:
    result = api.call("/auth/tokens", api.token("admin"), X_Subject_Token="no-such-token")
    assert result.status_code == 404
    assert "no-such-token" not in result.text
    assert api.call("/auth/tokens", api.token("admin")).status_code == 400


def test_a_revoked_token_opens_nothing_any_more(api: Api) -> None:
    token = api.token("admin")
    assert api.call("/users", token).status_code == 200
    assert api.call("/auth/tokens", token, "DELETE", X_Subject_Token=token).status_code == 204
    assert api.call("/users", token).status_code == 401
    compute = api.client.simulate_get("/v2.1/os-services", headers={"X-Auth-Token": token})
    assert (compute.status_code, compute.json) == (401, UNAUTHORIZED)
    assert compute.headers["WWW-Authenticate"] == f'Keystone uri="{AUTH_URL}"'


def test_the_token_opens_the_compute_api_by_its_roles(api: Api) -> None:
    for name, status in (("admin", 200), ("ann", 403)):
        headers = {"X-Auth-Token": api.token(name)}
        assert api.client.simulate_get("/v2.1/os-services", headers=headers).status_code == status


def test_users_and_projects_are_for_admins_except_ones_own(api: Api) -> None:
    claims = api.log_in().json["token"]
    user_id, project_id = claims["user"]["id"], claims["project"]["id"]
    own = [
        f"/users/{user_id}", f"/users/{user_id}/projects", f"/projects/{project_id}",
        "/auth/projects", "/auth/catalog", "/domains/default",
    ]  # fmt: skip
    role_id = claims["roles"][0]["id"]
    others = ["/users", "/projects", "/roles", "/domains", f"/roles/{role_id}", "/users/x"]
    for path in own:
        assert api.call(path, api.token()).status_code == 200, path
    for path in others:
        assert api.call(path, api.token()).status_code == 403, path
    for path in (*own, *others[:-1]):
        assert api.call(path, api.token("admin")).status_code == 200, path
    for path in ("/users/x", "/projects/x", "/roles/x", "/domains/x"):
        assert api.call(path, api.token("admin")).status_code == 404, path


def test_lists_can_be_narrowed_by_name_and_never_show_a_hash(api: Api) -> None:
    result = api.call("/users", api.token("admin"))
    assert [user["name"] for user in result.json["users"]] == ["admin", "ann", "sam"]
    assert "$2b$" not in result.text
    headers = {"X-Auth-Token": api.token("admin")}
    for path, name in (("users", "ann"), ("projects", "demo"), ("roles", "reader")):
        for wanted, count in ((name, 1), ("nothing", 0)):
            found = api.client.simulate_get(
                f"/identity/v3/{path}", params={"name": wanted}, headers=headers
            )
            assert len(found.json[path]) == count


def test_paths_and_methods_that_are_not_there_say_so_in_the_same_form(api: Api) -> None:
    for method, path, status in (("GET", "/nowhere", 404), ("PATCH", "/users", 405)):
        result = api.call(path, api.token("admin"), method)
        assert (result.status_code, result.json["error"]["code"]) == (status, status)
    assert result.headers["Allow"] == "GET, POST"


def test_a_path_that_only_begins_alike_belongs_to_somebody_else(api: Api) -> None:
    assert "choices" in api.client.simulate_get("/identityx").json


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("tags=a", ["both", "one"]), ("tags=a,b", ["both"]), ("tags-any=b,c", ["both"]),
        ("not-tags=a,b", ["demo", "one"]), ("not-tags-any=b,c", ["demo", "one"]),
        ("tags=a&not-tags=b", ["one"]), ("tags=A", []),
    ],
)  # fmt: skip
def test_projects_are_listed_by_their_tags(api: Api, query: str, names: list[str]) -> None:
    for name, tags in (("both", ["a", "b"]), ("one", ["a"])):
        api.ask("POST", "/projects", {"project": {"name": name, "tags": tags}})
    found = api.ask("GET", f"/projects?{query}").json["projects"]
    assert sorted(each["name"] for each in found) == names


def test_the_roles_of_the_domain_are_none(api: Api) -> None:
    assert api.ask("GET", "/roles?domain_id=default").json["roles"] == []
