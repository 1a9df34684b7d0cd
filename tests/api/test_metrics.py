"""/metrics: who may see them, what is in them, and by which words requests are counted."""

from base64 import b64encode

import pytest
from jsonschema import Draft202012Validator
from tests.api.measuring import Measured
from tests.api.world import ADMIN, PROJECT, READER, World

from hostdown.api.metrics import MetricsApi
from hostdown.domain.identity_errors import LoginRefused, LoginsBusy, TooManyGuesses
from hostdown.domain.metrics import CONTENT_TYPE


@pytest.fixture
def measured(world: World) -> Measured:
    return Measured(world)


def told(measured: Measured) -> dict[str, str]:
    """Values by series."""
    answer = measured.client.simulate_get("/metrics", headers={"X-Auth-Token": ADMIN})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == CONTENT_TYPE
    assert answer.headers["cache-control"] == "no-store"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    found = {name: value for name, _, value in (line.rpartition(" ") for line in lines)}
    assert len(found) == len(lines), "a series is there twice"
    return found


def counted(measured: Measured) -> dict[tuple[str, str, str], int]:
    """How often each method, route and status, but those of /metrics itself."""
    begin = "hostdown_api_requests_total{"
    rows = {
        tuple(part.split('"')[1] for part in name.removeprefix(begin).split(",")): int(value)
        for name, value in told(measured).items()
        if name.startswith(begin)
    }
    return {(row[0], row[1], row[2]): n for row, n in rows.items() if row[1] != "/metrics"}


def test_administrators_see_all_of_them(measured: Measured) -> None:
    measured.world.service("host1")
    found = told(measured)
    assert found['hostdown_hosts{cell="cell1",state="up"}'] == "1"
    assert found['hostdown_build_info{version="0.1.0"}'] == "1"
    assert found["hostdown_pulses_total"] == "7"
    assert found["hostdown_pulses_lost_total"] == "1"
    assert found["hostdown_pulses_unanswered_total"] == "2"
    assert found['hostdown_pulses_refused_total{reason="pulse-bad-mac"}'] == "3"


@pytest.mark.parametrize(
    ("method", "path", "counts_as"),
    [
        ("GET", "/v2.1/os-services", ("GET", "/v2.1/os-services", "200")),
        ("GET", "/v2/os-services", ("GET", "/v2.1/os-services", "200")),
        ("GET", f"/v2.1/{PROJECT}/os-services", ("GET", "/v2.1/os-services", "200")),
        ("GET", "/v2.1//os-services", ("GET", "/v2.1/os-services", "200")),
        ("GET", "/v2.1/servers/detail", ("GET", "/v2.1/servers/detail", "200")),
        ("GET", "/v2.1/servers/some-uuid", ("GET", "/v2.1/servers/{id}", "404")),
        ("POST", "/v2.1/servers/x/action", ("POST", "/v2.1/servers/{id}/action", "400")),
        ("GET", "/v2.1/no-such-thing", ("GET", "other", "404")),
        ("GET", "/", ("GET", "/", "200")),
        ("GET", "/v2.1/", ("GET", "/v2.1", "200")),
        ("GET", "/etc/passwd", ("GET", "other", "300")),
        ("TRACE", "/v2.1/os-services", ("other", "/v2.1/os-services", "404")),
        ("HEAD", "/healthz", ("HEAD", "/healthz", "200")),
        ("GET", "/v2.1/{}/{}", ("GET", "other", "404")),
    ],
)
def test_a_request_is_counted_by_its_route_and_never_by_its_path(
    measured: Measured, method: str, path: str, counts_as: tuple[str, str, str]
) -> None:
    measured.client.simulate_request(method, path, headers={"X-Auth-Token": ADMIN})
    assert counted(measured) == {counts_as: 1}


def test_however_many_paths_are_asked_for_the_series_stay_few(measured: Measured) -> None:
    for number in range(50):
        measured.client.simulate_get(f"/v2.1/servers/{number}", headers={"X-Auth-Token": ADMIN})
        measured.client.simulate_get(f"/{number}", headers={"X-Auth-Token": ADMIN})
        measured.client.simulate_request("TRACE", f"/?{number}")
    assert counted(measured) == {
        ("GET", "/v2.1/servers/{id}", "404"): 50,
        ("GET", "other", "300"): 50,
        ("other", "/", "200"): 50,
    }


def test_times_are_counted_beside_them(measured: Measured) -> None:
    for _ in range(3):
        measured.client.simulate_get("/healthz")
    of = '{method="GET",route="/healthz"}'
    assert told(measured)[f"hostdown_api_request_seconds_count{of}"] == "3"


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        (None, 401, "unauthenticated"),
        ("?", 401, "unauthenticated"),
        (READER, 403, "policy-forbids"),
    ],
)
def test_only_whom_the_policy_lets(
    measured: Measured, token: str | None, status: int, code: str
) -> None:
    headers = {"X-Auth-Token": token} if token else {}
    answer = measured.client.simulate_get("/metrics", headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert ("www-authenticate" in answer.headers) is (status == 401)
    assert "hostdown_" not in answer.text


def test_prometheus_may_send_a_password(world: World) -> None:
    def log_in(name: str, password: str, _source: str) -> str:
        errors = {"busy": LoginsBusy(retry_after_s=1), "guess": TooManyGuesses(retry_after_s=1)}
        if password in errors:
            raise errors[password]
        if (name, password) != ("prometheus", "secret"):
            raise LoginRefused
        return ADMIN

    measured = Measured(world, log_in)

    def by(password: str) -> int:
        text = b64encode(f"prometheus:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {text}"}
        return measured.client.simulate_get("/metrics", headers=headers).status_code

    assert [by(password) for password in ("secret", "wrong", "busy", "guess")] == [
        200, 401, 503, 429,
    ]  # fmt: skip
    answer = measured.client.simulate_get("/metrics", headers={"Authorization": f"Bearer {ADMIN}"})
    assert answer.status_code == 200
    answer = measured.client.simulate_get("/metrics")
    assert answer.headers["www-authenticate"].endswith('Basic realm="hostdown"')


def test_other_paths_and_methods_are_told(measured: Measured) -> None:
    headers = {"X-Auth-Token": ADMIN}
    assert measured.client.simulate_get("/metrics/x", headers=headers).status_code == 404
    answer = measured.client.simulate_post("/metrics", headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert measured.client.simulate_head("/metrics", headers=headers).status_code == 200


def test_what_is_refused_is_as_the_document_says(measured: Measured) -> None:
    (described,) = MetricsApi.operations
    for method, path in (("GET", "/metrics"), ("PUT", "/metrics"), ("GET", "/metrics/x")):
        answer = measured.client.simulate_request(method, path)
        schema = described.faults[answer.status_code]
        assert not isinstance(schema, str)
        Draft202012Validator(schema).validate(answer.json)


def test_databases_that_are_away_do_not_keep_the_rest_from_being_told(measured: Measured) -> None:
    measured.world.silence_cell()
    measured.world.silence_directory()
    found = told(measured)
    assert found['hostdown_database_up{database="cell1"}'] == "0"
    assert found['hostdown_database_up{database="directory"}'] == "0"
    assert found["hostdown_pulses_total"] == "7"
    assert not any(name.startswith("hostdown_hosts") for name in found)
