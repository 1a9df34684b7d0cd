"""Role assignments over HTTP, what is fixed, and what strangers send."""

from typing import Any

import pytest
from tests.identity.api import Api

from hostdown.api.identity.app import ROUTES
from hostdown.domain.roles import role_id

MEMBER, READER = role_id("member"), role_id("reader")


class Places:
    """Ids of what is there."""

    def __init__(self, api: Api) -> None:
        (user,) = api.ask("GET", "/users?name=ann").json["users"]
        (project,) = api.ask("GET", "/projects?name=demo").json["projects"]
        self.ann, self.demo = user["id"], project["id"]
        self.on_demo = f"/projects/{self.demo}/users/{self.ann}/roles"
        self.on_system = f"/system/users/{self.ann}/roles"


@pytest.fixture
def places(api: Api) -> Places:
    return Places(api)


@pytest.mark.parametrize("where", ["on_demo", "on_system"])
def test_a_role_is_given_seen_and_taken(api: Api, places: Places, where: str) -> None:
    path = f"{getattr(places, where)}/{READER}"
    for method in ("GET", "HEAD", "DELETE"):
        result = api.ask(method, path)
        assert result.status_code == 404
    assert "Could not find role assignment with role" in result.json["error"]["message"]
    for _ in range(2):
        assert api.ask("PUT", path).status_code == 204
    names = [role["name"] for role in api.ask("GET", getattr(places, where)).json["roles"]]
    assert names == (["member", "reader"] if where == "on_demo" else ["reader"])
    for method in ("GET", "HEAD", "DELETE"):
        assert api.ask(method, path).status_code == 204
    assert api.ask("GET", path).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/projects/none/users/{0.ann}/roles/{1}", "Could not find project: none."),
        ("/projects/{0.demo}/users/nobody/roles/{1}", "Could not find user: nobody."),
        ("/projects/{0.demo}/users/{0.ann}/roles/nothing", "Could not find role: nothing."),
        ("/system/users/nobody/roles/{1}", "Could not find user: nobody."),
        ("/projects/system/users/{0.ann}/roles/{1}", "Could not find project: system."),
    ],
)
def test_whom_what_and_where_must_exist(
    api: Api, places: Places, method: str, path: str, words: str
) -> None:
    result = api.ask(method, path.format(places, READER))
    assert (result.status_code, result.json["error"]["message"]) == (404, words)


def test_who_loses_a_role_loses_the_tokens_that_say_so(api: Api, places: Places) -> None:
    token = api.token("ann")
    assert api.ask("PUT", f"{places.on_demo}/{READER}").status_code == 204
    assert api.ask("GET", "/auth/projects", token=token).status_code == 200
    assert api.ask("DELETE", f"{places.on_demo}/{MEMBER}").status_code == 204
    assert api.ask("GET", "/auth/projects", token=token).status_code == 401
    assert [role["name"] for role in api.log_in("ann").json["token"]["roles"]] == ["reader"]


def test_who_loses_a_role_in_one_place_keeps_the_tokens_of_others(api: Api, places: Places) -> None:
    path = f"{places.on_system}/{READER}"
    assert api.ask("PUT", path).status_code == 204
    ended, kept = api.token("ann", scope={"system": {"all": True}}), api.token("ann")
    assert api.ask("DELETE", path).status_code == 204
    assert api.ask("PUT", path).status_code == 204
    assert api.ask("GET", "/auth/projects", token=ended).status_code == 401
    for token in (kept, api.token("ann", scope={"system": {"all": True}})):
        assert api.ask("GET", "/auth/projects", token=token).status_code == 200


def test_assignments_are_listed_with_links_and_on_request_with_names(
    api: Api, places: Places
) -> None:
    (found,) = api.ask("GET", f"/role_assignments?user.id={places.ann}").json["role_assignments"]
    assert found == {
        "role": {"id": MEMBER}, "user": {"id": places.ann},
        "scope": {"project": {"id": places.demo}},
        "links": {"assignment": f"http://cloud.example/identity/v3{places.on_demo}/{MEMBER}"},
    }  # fmt: skip
    path = f"/role_assignments?user.id={places.ann}&include_names=True"
    (named,) = api.ask("GET", path).json["role_assignments"]
    domain = {"id": "default", "name": "Default"}
    assert named["user"] == {"id": places.ann, "name": "ann", "domain": domain}
    assert named["scope"]["project"] == {"id": places.demo, "name": "demo", "domain": domain}
    assert named["role"] == {"id": MEMBER, "name": "member"}
    assert api.ask("PUT", f"{places.on_system}/{READER}").status_code == 204
    path = f"/role_assignments?user.id={places.ann}&scope.system=all&include_names"
    (system,) = api.ask("GET", path).json["role_assignments"]
    assert system["scope"] == {"system": {"all": True}}
    assert system["links"]["assignment"].endswith(f"{places.on_system}/{READER}")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("effective", 4 + 3 + 1),
        ("effective=0", 4),
        ("user.id={0.ann}", 2),
        ("user.id={0.ann}&effective", 3),
        ("scope.project.id={0.demo}", 3),
        ("scope.system=all", 1),
        ("scope.system=", 1),
        ("scope.project.id=system", 0),
        ("role.id={1}", 1),
        ("role.id={1}&effective", 2),
        ("user.id={0.ann}&role.id={2}&scope.project.id={0.demo}", 1),
        ("user.id=nobody", 0),
        ("group.id=x", 0),
        ("scope.domain.id=default", 0),
        ("scope.OS-INHERIT:inherited_to=projects", 0),
        ("user.id=%00", 0),
        ("unknown=1", 4),
    ],
)
def test_assignments_are_narrowed_as_clients_ask(
    api: Api, places: Places, query: str, count: int
) -> None:
    """There are admin, member and service of demo, and one member of the system."""
    assert api.ask("PUT", f"{places.on_system}/{role_id('service')}").status_code == 204
    path = f"/role_assignments?{query.format(places, role_id('admin'), MEMBER)}"
    path = path.replace(role_id("admin"), role_id("reader")) if "effective" in query else path
    assert len(api.ask("GET", path).json["role_assignments"]) == count, path


def test_what_is_fixed_is_shown_and_cannot_be_changed(api: Api) -> None:
    for kind in ("role", "domain", "group", "service", "endpoint", "region"):
        found = api.ask("GET", f"/{kind}s").json[f"{kind}s"]
        assert bool(found) == (kind != "group")
        for row in found:
            assert api.ask("GET", f"/{kind}s/{row['id']}").json == {kind: row}
        missing = api.ask("GET", f"/{kind}s/none")
        assert missing.json["error"]["message"] == f"Could not find {kind}: none."
        for method, path in (("POST", ""), ("PATCH", "/x"), ("DELETE", "/x")):
            result = api.ask(method, f"/{kind}s{path}", {kind: {"name": "x"}})
            assert result.status_code == 403
            assert f"_{kind}. " in result.json["error"]["message"]
            refused = api.ask(method, f"/{kind}s{path}", {}, token=api.token("ann"))
            assert "not authorized" in refused.json["error"]["message"]


def test_the_catalog_is_the_same_in_tokens_and_in_lists(api: Api) -> None:
    catalog = api.log_in("admin").json["token"]["catalog"]
    services = api.ask("GET", "/services").json["services"]
    assert [(s["id"], s["type"]) for s in services] == [(c["id"], c["type"]) for c in catalog]
    (compute,) = api.ask("GET", "/services?type=compute").json["services"]
    endpoints = api.ask("GET", f"/endpoints?service_id={compute['id']}").json["endpoints"]
    assert {e["url"] for e in endpoints} == {"http://cloud.example/v2.1"}
    assert len(api.ask("GET", "/endpoints?interface=public").json["endpoints"]) == len(catalog)
    assert [r["id"] for r in api.ask("GET", "/regions").json["regions"]] == ["RegionOne"]


def test_there_are_only_so_many_assignments(
    api: Api, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hostdown.services.grants.GRANTS_MAX", 4)
    assert api.ask("PUT", f"{places.on_system}/{MEMBER}").status_code == 204
    assert api.ask("PUT", f"{places.on_system}/{MEMBER}").status_code == 204
    result = api.ask("PUT", f"{places.on_system}/{READER}")
    assert (result.status_code, "already" in result.json["error"]["message"]) == (403, True)


BODIES: tuple[Any, ...] = (
    None, [], 5, {}, {"user": None}, {"user": []}, {"project": {"name": "\0"}},
    {"user": {"name": "x", "default_project_id": "\0"}}, {"user": {"name": "\u2028"}},
    {"user": {"name": "x" * 15000}}, {"project": {"name": "x", "tags": ["\0" * 99, 5]}},
    {"user": {"name": "x", "n": 10**30, "deep": [[[[[]]]]]}}, {"user": {"original_password": 5}},
)  # fmt: skip


@pytest.mark.parametrize("odd", ["%00", "%ff", "x" * 3000, "%F0%9F%98%80", "..", "'--", "%2e%2e"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_nothing_that_strangers_send_is_our_fault(api: Api, method: str, odd: str) -> None:
    token = api.token("admin")
    paths = {route.path for route in ROUTES if route.method == method}
    assert paths or method == "PUT"
    for path in paths:
        for name in ("user", "project", "role", "id"):
            path = path.replace(f"{{{name}}}", odd)
        for body in BODIES if method in ("POST", "PATCH") else (None,):
            result = api.ask(method, f"{path.removeprefix('/v3')}?name={odd}&{odd}", body, token)
            assert result.status_code < 500, (path, body, result.text)
    assert api.ask("GET", "/users", token=token).status_code == 200


@pytest.mark.parametrize("body", ["", "{", "\udcff", '{"user": {"name": "\\ud800"}}', "[" * 10000])
def test_a_body_that_is_no_json_is_a_bad_request(api: Api, body: str) -> None:
    for path in ("/users", "/projects"):
        result = api.client.simulate_post(
            f"/identity/v3{path}", body=body.encode("utf-8", "surrogateescape"),
            headers={"X-Auth-Token": api.token("admin")},
        )  # fmt: skip
        assert result.status_code == 400


def test_a_huge_body_is_refused_here_too(api: Api) -> None:
    result = api.ask("POST", "/users", {"user": {"name": "x" * 20000}})
    assert result.status_code == 413


def test_the_log_says_who_asked(api: Api, places: Places, caplog: pytest.LogCaptureFixture) -> None:
    token = api.token("ann")
    caplog.clear()  # another test may have left the log open
    with caplog.at_level("INFO", "hostdown.access"):
        api.log_in("ann")
        api.ask("GET", "/users", token=token)
        api.ask("GET", "/users", token="nonsense")
    asked = ("GET '/identity/v3/users'", "POST '/identity/v3/auth/tokens'")
    lines = [record.getMessage() for record in caplog.records]
    lines = [line for line in lines if line.startswith(asked)]
    known = f"user {places.ann} project {places.demo}"
    assert [line.endswith(known) for line in lines] == [True, True, False]
    assert lines[2].endswith("user - project -")
