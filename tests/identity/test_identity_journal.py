"""What is left behind of changes of users, projects and roles."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from tests.identity.api import Api
from tests.identity.people import PASSWORD, ManualClock
from tests.stores import sqlite_settings

from hostdown.domain.roles import role_id
from hostdown.storage import open_storage


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def changed(api: Api) -> tuple[str, str]:
    """Make, change and delete a user and a project, with repetitions; their ids."""
    body = {"user": {"name": "bob", "password": PASSWORD}}
    user = api.ask("POST", "/users", body).json["user"]["id"]
    api.ask("PATCH", f"/users/{user}", {"user": {"password": "another horse"}})
    api.ask("PATCH", f"/users/{user}", {"user": {"name": "bob"}})
    project = api.ask("POST", "/projects", {"project": {"name": "p"}}).json["project"]["id"]
    role = f"/projects/{project}/users/{user}/roles/{role_id('member')}"
    for method in ("PUT", "PUT", "DELETE"):
        assert api.ask(method, role).status_code == 204
    own = {"user": {"password": "third horse", "original_password": "another horse"}}
    assert api.ask("POST", f"/users/{user}/password", own).status_code == 204
    api.ask("DELETE", f"/projects/{project}")
    api.ask("DELETE", f"/users/{user}")
    return user, project


def test_every_change_leaves_who_what_and_something_to_tell(
    tmp_path: Path, clock: ManualClock
) -> None:
    settings = sqlite_settings(tmp_path)
    storage = open_storage(settings)
    try:
        api = Api(storage, clock)
        seen = len(rows(settings.directory_url, "SELECT * FROM directory_changes"))
        user, project = changed(api)
    finally:
        storage.close()
    changes = rows(
        settings.directory_url,
        "SELECT event_type, subject, user_name, before, after FROM directory_changes ORDER BY id",
    )[seen:]
    assert [change[:3] for change in changes] == [
        ("identity.user.created", f"user:{user}", "admin"),
        ("identity.user.updated", f"user:{user}", "admin"),
        ("identity.project.created", f"project:{project}", "admin"),
        ("identity.role_assignment.created", f"user:{user}", "admin"),
        ("identity.role_assignment.deleted", f"user:{user}", "admin"),
        ("identity.user.updated", f"user:{user}", "bob"),
        ("identity.project.deleted", f"project:{project}", "admin"),
        ("identity.user.deleted", f"user:{user}", "admin"),
    ]
    assert json.loads(changes[1][4])["password"] == "changed"
    assert "horse" not in str(changes)
    assert "$2b$" not in str(changes)
    query = "SELECT event_type, payload FROM directory_outbox ORDER BY id"
    told = rows(settings.directory_url, query)[seen:]
    assert [event for event, _ in told] == [change[0] for change in changes]
    assert json.loads(told[0][1]) == {"resource_info": user}
    assert json.loads(told[3][1]) == {"user": user, "role": role_id("member"), "project": project}
