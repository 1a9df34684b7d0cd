"""`hostdown serve` with a real Keystone: who gets in, what Keystone's troubles do, the clients."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3
from tests.keystone.cloud import ADMIN, ANN, DOMAIN_ADMIN, SYSTEM_ADMIN, UNSCOPED, RealCloud
from tests.processes.harness import Server, serving, until
from tools.keystone import Login

ROOT = Path(__file__).resolve().parents[2]
LIST = "/v2.1/os-services"
ANSWER_S = 2
REMEMBER_S = 300
FORBIDDEN = "Policy doesn't allow os_compute_api:os-services:list to be performed."
FORGED = {
    "X-Identity-Status": "Confirmed", "X-User-Id": "admin", "X-User-Name": "admin",
    "X-Roles": "admin", "X-Role": "admin", "X-Project-Id": "x", "X-Is-Admin-Project": "True",
    "OpenStack-System-Scope": "", "X-Service-Identity-Status": "Confirmed",
    "X-Service-Roles": "service", "X-Domain-Id": "default",
}  # fmt: skip


class Site:
    """A server and its Keystone."""

    def __init__(self, server: Server, cloud: RealCloud) -> None:
        self.server = server
        self.cloud = cloud
        self._http = urllib3.PoolManager(retries=False, timeout=20, maxsize=64)

    def get(self, token: str | None, path: str = LIST, **headers: str) -> urllib3.BaseHTTPResponse:
        sent = dict(headers) if token is None else {"X-Auth-Token": token, **headers}
        return self._http.request("GET", self.server.url + path, headers=sent)

    def status(self, token: str | None, **headers: str) -> int:
        return self.get(token, **headers).status

    def run(self, login: Login, *words: str | Path) -> "subprocess.CompletedProcess[str]":
        """A command as its user has it: with the OS_* variables of Keystone."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        environ = clean | login.environ(self.cloud.keystone.auth_url)
        return subprocess.run(
            words, env=environ, capture_output=True, text=True, timeout=60, check=False
        )


@pytest.fixture(scope="module")
def site(real_cloud: RealCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    given = real_cloud.options(
        http_connect_timeout=ANSWER_S, token_cache_time=REMEMBER_S,
        www_authenticate_uri="http://keystone.example:5000",
    )  # fmt: skip
    place = tmp_path_factory.mktemp("site")
    with serving(place, api={"auth_strategy": "keystone"}, keystone_authtoken=given) as server:
        real_cloud.keystone.make_service("compute", "nova", f"{server.url}/v2.1")
        yield Site(server, real_cloud)


def test_an_admin_of_a_project_gets_in(site: Site) -> None:
    answer = site.get(site.cloud.token(ADMIN))
    assert answer.status == 200
    assert {s["binary"] for s in answer.json()["services"]} == {"nova-conductor", "nova-scheduler"}


@pytest.mark.parametrize(
    "login", [ANN, SYSTEM_ADMIN, DOMAIN_ADMIN, UNSCOPED], ids=["member", "system", "domain", "none"]
)
def test_whoever_is_known_and_may_not_is_told_so(site: Site, login: Login) -> None:
    answer = site.get(site.cloud.token(login))
    assert answer.status == 403
    assert answer.json() == {"forbidden": {"code": 403, "message": FORBIDDEN}}


def test_a_url_with_another_project_than_the_tokens_is_refused(site: Site) -> None:
    project = site.cloud.projects["demo"]
    answer = site.get(site.cloud.token(ADMIN), f"/v2.1/{project}/os-services")
    assert answer.status == 400
    assert site.get(site.cloud.token(ANN), f"/v2.1/{project}/os-services").status == 403


def test_without_a_good_token_the_answer_says_where_to_get_one(site: Site) -> None:
    revoked = site.cloud.token(ADMIN)
    site.cloud.revoke(revoked)
    for token in (None, "", "x", revoked, site.cloud.expired_token()):
        answer = site.get(token)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == 'Keystone uri="http://keystone.example:5000"'
        assert answer.json()["error"]["title"] == "Unauthorized"


def test_what_a_client_says_of_itself_counts_for_nothing(site: Site) -> None:
    assert site.status(None, **FORGED) == 401
    assert site.status("x", **FORGED) == 401
    assert site.status(site.cloud.token(ANN), **FORGED) == 403
    assert site.status(site.cloud.token(ADMIN), **FORGED) == 200
    assert site.status(site.cloud.token(ADMIN), **{"X-Service-Token": "x"}) == 401


def test_a_revoked_token_is_good_as_long_as_it_is_remembered(site: Site) -> None:
    """The documented price of the memory, and how to end it at once."""
    token = site.cloud.token(ADMIN)
    assert site.status(token) == 200
    site.cloud.revoke(token)
    assert site.status(token) == 200
    site.server.signal(signal.SIGHUP)
    until(lambda: site.status(token) == 401)


def test_while_keystone_hangs_the_known_go_on_and_the_others_are_told(site: Site) -> None:
    known = site.cloud.token(ADMIN)
    assert site.status(known) == 200
    new = [site.cloud.token(ADMIN) for _ in range(40)]
    site.cloud.keystone.pause()
    try:
        with ThreadPoolExecutor(len(new)) as pool:
            others = [pool.submit(site.get, token) for token in new]
            known_answers = 0
            while not all(other.done() for other in others):
                assert site.status(known) == 200
                known_answers += 1
        assert known_answers > 20
        answers = [other.result() for other in others]
    finally:
        site.cloud.keystone.resume()
    assert {answer.status for answer in answers} == {503}
    assert answers[0].headers["Retry-After"] == "1"
    message = "The Keystone service is temporarily unavailable."
    assert answers[0].json() == {"serviceUnavailable": {"code": 503, "message": message}}
    until(lambda: site.status(new[0]) == 200)


def test_while_keystone_is_down_the_known_go_on_until_it_is_back(site: Site) -> None:
    known, new = site.cloud.token(ADMIN), site.cloud.token(ADMIN)
    assert site.status(known) == 200
    site.cloud.keystone.stop()
    try:
        assert site.status(new) == 503
        assert site.status(known) == 200
        assert site.get(new, "/agent/v1/hosts").status == 503
        assert site.get(None, "/healthz").status == 200
    finally:
        site.cloud.keystone.start()
    until(lambda: site.status(new) == 200)


def test_there_is_no_identity_of_our_own(site: Site) -> None:
    assert site.get(None, "/identity/v3").status == 300  # as any path outside the Compute API
    assert not list((site.server.directory / "state").glob("*openrc*"))
    assert not (site.server.directory / "state" / "clouds.yaml").exists()
    words = ("-m", "hostdown", "user", "list", "--config-file", site.server.file)
    done = site.run(ADMIN, sys.executable, *words)
    assert done.returncode == 1
    assert "users and projects are Keystone's" in done.stderr


def test_our_own_command_works_with_the_variables_of_keystone(site: Site) -> None:
    command = (sys.executable, "-m", "hostdown", "service", "list", "-f", "json")
    done = site.run(ADMIN, *command)
    assert len(json.loads(done.stdout)) == 2, done.stderr
    refused = site.run(ANN, *command)
    assert refused.returncode != 0
    assert FORBIDDEN in refused.stderr


def test_the_stock_client_works_with_keystone(site: Site) -> None:
    programs = Path(os.environ.get("HOSTDOWN_CLIENTS", ROOT / ".venv-clients" / "bin"))
    if not programs.is_dir():
        pytest.skip(f"{programs} is not there: 'make test' sets it up")
    words = (programs / "openstack", "compute", "service", "list", "-f", "json")
    done = site.run(ADMIN, *words)
    assert {row["State"] for row in json.loads(done.stdout)} == {"up"}, done.stderr
    assert "403" in site.run(SYSTEM_ADMIN, *words).stderr


def test_no_token_and_no_password_is_in_the_log(site: Site) -> None:
    token = site.cloud.token(ADMIN)
    assert site.status(token) == 200
    assert site.status("gAAAAA-not-a-token-of-keystone") == 401
    until(lambda: "401" in site.server.log)
    log = site.server.log
    assert token not in log
    assert "gAAAAA" not in log
    assert str(site.cloud.options()["password"]) not in log
