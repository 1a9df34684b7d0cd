"""Logging in to a real server, as the stock clients and plain shells do it."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable

import pytest

from hostdown.cli.demo.stage import Stage

from .conftest import Client, run

REVOKED_WITHIN_S = 5
PASSWORD = "correct horse"

Hostdown = Callable[..., str]


@pytest.fixture(scope="session")
def hostdown(stage: Stage) -> Hostdown:
    """`hostdown …` beside the running server, which is not asked; `typed` is standard input."""

    def go(*words: str, typed: str = "") -> str:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "hostdown",
                *words,
                "--config-file",
                stage.directory / "serve.conf",
            ],
            input=typed,
            capture_output=True,
            text=True,
            timeout=30,
            env=stage.environment,
            check=True,
        )
        return done.stdout

    return go


def shell(stage: Stage, script: str, status: int = 0) -> str:
    """What a script printed after `. openrc`."""
    openrc = shlex.quote(str(stage.directory / "openrc"))
    return run(stage, "sh", "-euc", f". {openrc}; {script}", status=status)


@pytest.fixture(scope="session")
def ann(hostdown: Hostdown) -> str:
    """A member of the project demo."""
    hostdown("project", "add", "demo")
    hostdown("user", "add", "ann", "--project", "demo", typed=f"{PASSWORD}\n")
    return "ann"


AS_ANN = (
    f"export OS_USERNAME=ann OS_PASSWORD='{PASSWORD}' OS_PROJECT_NAME=demo; unset OS_PROJECT_ID"
)


@pytest.mark.long
def test_the_administrator_sees_tokens_catalog_users_projects_and_roles(
    stage: Stage, openstack: Client, ann: str
) -> None:
    def listed(*words: str) -> list[dict[str, object]]:
        return list(json.loads(openstack(*words, "-f", "json")))

    token = json.loads(openstack("token", "issue", "-f", "json"))
    assert token["project_id"] == stage.project_id
    compute = next(each for each in listed("catalog", "list") if each["Type"] == "compute")
    assert f"{stage.url}/v2.1" in json.dumps(compute["Endpoints"])
    assert {"admin", ann} <= {each["Name"] for each in listed("user", "list")}
    assert {"admin", "demo"} <= {each["Name"] for each in listed("project", "list")}
    assert "reader" in {each["Name"] for each in listed("role", "list")}
    assert json.loads(openstack("user", "show", ann, "-f", "json"))["name"] == ann
    assert json.loads(openstack("project", "show", "demo", "-f", "json"))["name"] == "demo"


def test_a_member_sees_its_own_project_and_no_services(
    stage: Stage, clients: object, ann: str
) -> None:
    words = f"{AS_ANN}; {clients}/openstack"
    assert shell(stage, f"{words} project list -f value -c Name").split() == ["demo"]
    shell(stage, f"{words} compute service list", status=1)


def test_a_revoked_token_is_good_for_nothing(stage: Stage, openstack: Client) -> None:
    token = shell(stage, "hostdown_token").strip()
    assert asked_with(stage, token) == "200"
    openstack("token", "revoke", token)
    stage.until("the token is refused", lambda: asked_with(stage, token) == "401", REVOKED_WITHIN_S)


def test_openrc_gives_curl_all_that_the_manuals_need(stage: Stage) -> None:
    script = (
        'token=$(hostdown_token); curl -sf -H "X-Auth-Token: $token" '
        f"{stage.url}/v2.1/$OS_PROJECT_ID/os-services"
    )
    assert {s["host"] for s in json.loads(shell(stage, script))["services"]} >= {"compute1"}


def test_a_changed_password_reaches_every_worker(
    stage: Stage, hostdown: Hostdown, ann: str
) -> None:
    project_id = stage.get("/identity/v3/projects?name=demo")["projects"][0]["id"]
    token = shell(stage, f"{AS_ANN}; OS_PROJECT_ID={project_id}; hostdown_token")
    assert asked_with(stage, token.strip()) == "403"
    hostdown("user", "set-password", ann, typed="another horse\n")
    stage.until(
        "the token is refused", lambda: asked_with(stage, token.strip()) == "401", REVOKED_WITHIN_S
    )
    hostdown("user", "set-password", ann, typed=f"{PASSWORD}\n")


def asked_with(stage: Stage, token: str) -> str:
    """The status of a request for the services with a token."""
    return run(
        stage, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
        "-H", f"X-Auth-Token: {token}", f"{stage.url}/v2.1/os-services",
    )  # fmt: skip
