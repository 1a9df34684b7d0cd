"""Who the commands ask as: options, clouds.yaml, secure.yaml, OS_* and the server's own file."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cli.command_line import Run
from tests.cli.fake_cloud import PASSWORD, TOKEN, Cloud

from hostdown.cli.client.credentials import Secrets


def write(path: Path, **clouds: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"clouds": clouds}))


def entry(cloud: Cloud, **auth: object) -> dict[str, Any]:
    known = {"auth_url": f"{cloud.url}/identity/v3", "username": "admin", "project_name": "admin"}
    return {"auth": {**known, "password": PASSWORD, **auth}, "region_name": "RegionOne"}


def logged_in_as(cloud: Cloud) -> dict[str, Any]:
    asked = next(each for each in cloud.asked if each.path.endswith("/auth/tokens"))
    user: dict[str, Any] = asked.body["auth"]["identity"]["password"]["user"]
    return user


def test_the_os_variables_of_an_openrc_are_enough(openrc: Cloud, run: Run) -> None:
    assert run("service", "list").code == 0
    assert logged_in_as(openrc) == {
        "name": "admin",
        "domain": {"id": "default"},
        "password": PASSWORD,
    }
    assert openrc.asked[-1].token == TOKEN


def test_domains_are_named_or_numbered(
    openrc: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_USER_DOMAIN_NAME", "Default")
    run("--os-project-domain-id", "d1", "service", "list")
    auth = openrc.asked[0].body["auth"]
    assert auth["identity"]["password"]["user"]["domain"] == {"name": "Default"}
    assert auth["scope"] == {"project": {"name": "admin", "domain": {"id": "d1"}}}


def test_the_older_name_of_a_project_is_understood(
    openrc: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OS_PROJECT_NAME")
    monkeypatch.setenv("OS_TENANT_NAME", "demo")
    run("service", "list")
    assert openrc.asked[0].body["auth"]["scope"]["project"]["name"] == "demo"


def test_ids_of_user_and_project_need_no_domain(openrc: Cloud, run: Run) -> None:
    run("--os-user-id", "u1", "--os-project-id", "p1", "service", "list")
    auth = openrc.asked[0].body["auth"]
    assert auth["identity"]["password"]["user"] == {"id": "u1", "password": PASSWORD}
    assert auth["scope"] == {"project": {"id": "p1"}}


def test_a_token_can_take_the_place_of_a_password(
    openrc: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OS_PASSWORD")
    monkeypatch.setenv("OS_TOKEN", TOKEN)
    assert run("service", "list").code == 0
    assert openrc.asked[0].body["auth"]["identity"]["methods"] == ["token"]


def test_the_current_directory_comes_before_the_home_directory(
    cloud: Cloud, run: Run, home: Path
) -> None:
    write(Path("clouds.yaml"), lab=entry(cloud, username="here"))
    write(home / ".config/openstack/clouds.yaml", lab=entry(cloud, username="home"))
    assert run("--os-cloud", "lab", "service", "list").code == 0
    assert logged_in_as(cloud)["name"] == "here"


def test_the_file_that_a_variable_names_comes_first(
    cloud: Cloud, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(Path("clouds.yaml"), lab=entry(cloud, username="here"))
    write(home / "elsewhere.yaml", lab=entry(cloud, username="named"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(home / "elsewhere.yaml"))
    monkeypatch.setenv("OS_CLOUD", "lab")
    assert run("service", "list").code == 0
    assert logged_in_as(cloud)["name"] == "named"


def test_the_home_directory_is_looked_in(cloud: Cloud, run: Run, home: Path) -> None:
    write(home / ".config/openstack/clouds.yaml", lab=entry(cloud))
    assert run("service", "list", "--os-cloud", "lab").code == 0


def test_secure_yaml_adds_the_password(cloud: Cloud, run: Run) -> None:
    public = entry(cloud)
    del public["auth"]["password"]
    write(Path("clouds.yaml"), lab=public)
    write(Path("secure.yaml"), lab={"auth": {"password": PASSWORD}})
    assert run("--os-cloud", "lab", "service", "list").code == 0


def test_a_variable_adds_the_password_and_nothing_else_to_a_named_cloud(
    cloud: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = entry(cloud)
    del public["auth"]["password"]
    write(Path("clouds.yaml"), lab=public)
    monkeypatch.setenv("OS_PASSWORD", PASSWORD)
    monkeypatch.setenv("OS_USERNAME", "somebody-else")
    monkeypatch.setenv("OS_PROJECT_ID", "another-project")
    assert run("--os-cloud", "lab", "service", "list").code == 0
    assert logged_in_as(cloud)["name"] == "admin"
    assert cloud.asked[0].body["auth"]["scope"]["project"]["name"] == "admin"


def test_an_option_beats_the_file(cloud: Cloud, run: Run) -> None:
    write(Path("clouds.yaml"), lab=entry(cloud))
    assert run("--os-cloud", "lab", "service", "list", "--os-username", "me").code == 0
    assert logged_in_as(cloud)["name"] == "me"


def test_the_only_cloud_of_a_file_needs_no_name(cloud: Cloud, run: Run) -> None:
    write(Path("clouds.yaml"), lab=entry(cloud))
    assert run("service", "list").code == 0


def test_of_several_clouds_one_must_be_chosen(cloud: Cloud, run: Run) -> None:
    write(Path("clouds.yaml"), one=entry(cloud), two=entry(cloud))
    ended = run("service", "list")
    assert ended.code == 2
    assert "2 clouds (one, two): choose one with --os-cloud" in ended.err


def test_the_servers_own_file_is_used_and_said_so(cloud: Cloud, run: Run, home: Path) -> None:
    write(home / ".local/state/hostdown/clouds.yaml", hostdown=entry(cloud))
    ended = run("service", "list", "-f", "value", "-c", "Host")
    assert (ended.code, ended.out) == (0, "compute1\n")
    assert "because no credentials were given" in ended.err


def test_the_servers_own_file_answers_to_its_clouds_name(
    cloud: Cloud, run: Run, home: Path
) -> None:
    write(home / ".local/state/hostdown/clouds.yaml", hostdown=entry(cloud))
    assert run("--os-cloud", "hostdown", "service", "list").code == 0


def test_without_credentials_the_sentence_says_what_to_do(run: Run) -> None:
    ended = run("service", "list")
    assert ended.code == 2
    assert "--os-cloud" in ended.err
    assert "OS_AUTH_URL" in ended.err


def test_a_missing_piece_is_named(openrc: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OS_PASSWORD")
    ended = run("service", "list")
    assert (ended.code, openrc.asked) == (2, [])
    assert "no password (OS_PASSWORD) in the OS_* variables" in ended.err


def test_an_unknown_cloud_is_named(cloud: Cloud, run: Run) -> None:
    write(Path("clouds.yaml"), lab=entry(cloud))
    ended = run("--os-cloud", "nope", "service", "list")
    assert ended.code == 2
    assert "does not define the cloud 'nope', only lab" in ended.err


@pytest.mark.parametrize("text", ["clouds: [1]", "- a", "clouds: {lab: 5}", "", "{x: \x00}"])
def test_a_file_of_another_shape_is_refused(run: Run, text: str) -> None:
    Path("clouds.yaml").write_text(text)
    ended = run("--os-cloud", "lab", "service", "list")
    assert ended.code == 2
    assert "clouds.yaml" in ended.err


def test_a_broken_file_is_not_quoted(run: Run) -> None:
    Path("clouds.yaml").write_text("clouds:\n  lab:\n   auth: {password: 'hush\n")
    ended = run("--os-cloud", "lab", "service", "list")
    assert ended.code == 2
    assert "is not valid YAML, line" in ended.err
    assert "hush" not in ended.err


@pytest.mark.parametrize("option", ["--os-password", "--os-token"])
def test_a_secret_on_the_command_line_is_refused(openrc: Cloud, run: Run, option: str) -> None:
    for argv in ((option, "hush"), (f"{option}=hush",)):
        ended = run(*argv, "service", "list")
        assert (ended.code, openrc.asked) == (2, [])
        assert "list of processes" in ended.err
        assert "hush" not in ended.err


def test_no_login_with_an_endpoint_and_a_token(
    cloud: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_AUTH_TYPE", "admin_token")
    monkeypatch.setenv("OS_ENDPOINT", f"{cloud.url}/v2.1")
    monkeypatch.setenv("OS_TOKEN", "admin:project")
    assert run("service", "list").code == 0
    assert cloud.asked[-1].token == "admin:project"


def test_no_login_and_no_token_with_an_endpoint_alone(cloud: Cloud, run: Run) -> None:
    ended = run("--os-auth-type", "none", "--os-endpoint", cloud.url, "service", "list")
    assert ended.code == 0
    assert [asked.token for asked in cloud.asked] == [None] * 2


def test_an_endpoint_takes_the_place_of_the_catalogs(openrc: Cloud, run: Run) -> None:
    ended = run("--os-interface", "admin", "--os-endpoint", f"{openrc.url}/v2.1", "service", "list")
    assert ended.code == 0


def test_an_unknown_way_to_log_in_is_refused(openrc: Cloud, run: Run) -> None:
    ended = run("--os-auth-type", "v3kerberos", "service", "list")
    assert ended.code == 2
    assert "'v3kerberos' of the OS_* variables is not supported" in ended.err


def test_a_region_without_compute_is_named(openrc: Cloud, run: Run) -> None:
    ended = run("--os-region-name", "Mars", "service", "list")
    assert ended.code == 1
    assert "no public compute endpoint in region 'Mars'" in ended.err
    assert "public in RegionOne" in ended.err


def test_a_token_without_a_project_is_explained(
    openrc: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OS_PROJECT_NAME")
    ended = run("service", "list")
    assert ended.code == 1
    assert "OS_PROJECT_NAME" in ended.err


def test_the_interface_may_be_written_as_a_url(openrc: Cloud, run: Run) -> None:
    assert run("--os-interface", "publicURL", "service", "list").code == 0


@pytest.mark.parametrize("token", ["to\nken", "tök\u0435n"])
def test_an_impossible_token_is_refused_and_not_shown(
    cloud: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("OS_TOKEN", token)
    ended = run("--os-endpoint", cloud.url, "service", "list")
    assert (ended.code, cloud.asked) == (2, [])
    assert token not in ended.err


def test_secrets_have_no_printed_form() -> None:
    assert "hush" not in repr(Secrets("hush", "hush"))
