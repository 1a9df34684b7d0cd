"""What surrounds every request: health, logs, mounted applications, what nobody foresaw."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from falcon import Request, Response
from falcon.testing import TestClient, create_environ
from tests.api.world import World

from hostdown.api.app import create_app
from hostdown.api.health import Health
from hostdown.api.request import request_id
from hostdown.domain.errors import DirectoryUnavailable, HostdownError, HostNotMapped
from hostdown.services.directory_ports import DirectoryRows

T = TypeVar("T")


@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
def test_health_needs_no_token_and_says_little(world: World, path: str) -> None:
    answer = world.ask("GET", path, token=None)
    assert (answer.status_code, answer.json) == (
        200,
        {
            "status": "ok",
            "version": "0.1.0",
            "directory": "ok",
            "cell": "ok",
            "reports": "ok",
            "refused_reports": {},
            "pulses": None,
        },
    )
    assert answer.headers["cache-control"] == "no-store"
    assert world.ask("HEAD", path, token=None).content == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_health_is_only_looked_at(world: World, method: str) -> None:
    answer = world.ask(method, "/healthz", token=None)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.json == {"badMethod": {"code": 405, "message": "Use one of GET, HEAD, OPTIONS."}}


def test_health_says_how_it_may_be_asked(world: World) -> None:
    answer = world.ask("OPTIONS", "/healthz", token=None)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_health_is_degraded_while_a_cell_is_silent(world: World) -> None:
    world.silence_cell()
    answer = world.ask("GET", "/healthz", token=None)
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert (answer.json["directory"], answer.json["cell"]) == ("ok", "silent")


def test_health_is_degraded_while_reports_cannot_be_written(world: World) -> None:
    health = TestClient(create_app(replace(world.parts, reports_behind=lambda: True)))
    answer = health.simulate_get("/healthz")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert (answer.json["cell"], answer.json["reports"]) == ("ok", "behind")


def test_health_is_503_while_the_directory_is_silent(world: World) -> None:
    world.silence_directory()
    answer = world.ask("HEAD", "/healthz", token=None)
    assert answer.status_code == 503
    answer = world.ask("GET", "/healthz", token=None)
    assert (answer.json["status"], answer.json["directory"]) == ("down", "silent")


class Hung:
    """A directory that answers nobody until it is let go."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.asked = 0

    def read(self, _work: Callable[[DirectoryRows], T]) -> T:
        self.asked += 1
        self.released.wait(10)
        raise DirectoryUnavailable(retry_after_s=5)

    write = read


def test_health_waits_for_nobody_and_asks_one_question_at_a_time(world: World) -> None:
    directory = Hung()
    health = Health(replace(world.parts, directory=directory), check_s=0.05)
    try:
        for _ in range(3):
            answer = Response()
            health(Request(create_environ("/healthz")), answer)
            assert answer.status_code == 503
        assert directory.asked == 1
    finally:
        directory.released.set()


def mounted(world: World, answer: Callable[[Request, Response], None]) -> TestClient:
    class Application:
        prefix = "/things"
        operations = ()

        def __call__(self, req: Request, resp: Response) -> None:
            answer(req, resp)

    return TestClient(create_app(replace(world.parts, applications=(Application(),))))


def test_an_application_gets_its_own_paths_and_no_others(world: World) -> None:
    def answer(req: Request, resp: Response) -> None:
        resp.text = req.path

    client = mounted(world, answer)
    for path in ("/things", "/things/", "/things/1"):
        assert client.simulate_post(path).text == path
    assert client.simulate_get("/thingsbelow").status_code == 300


def test_an_applications_domain_error_becomes_a_fault(world: World) -> None:
    def answer(_req: Request, _resp: Response) -> None:
        raise HostNotMapped(host="h")

    assert mounted(world, answer).simulate_get("/things").json == {
        "itemNotFound": {"code": 404, "message": "Host 'h' is not mapped to any cell"}
    }


def test_what_nobody_foresaw_is_told_to_the_log_alone(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    ids = []

    def answer(_req: Request, resp: Response) -> None:
        ids.append(request_id.get())
        resp.text = "half an answer"
        raise RuntimeError("secret detail")

    got = mounted(world, answer).simulate_get("/things")
    assert got.status_code == 500
    assert set(got.json) == {"computeFault"}
    assert ids[0] in got.json["computeFault"]["message"]
    assert "secret" not in got.text
    assert "secret detail" in caplog.text


def test_an_error_without_a_status_of_its_own_is_500(world: World) -> None:
    class New(HostdownError):
        template = "This is new."
        code = "new"

    def answer(_req: Request, _resp: Response) -> None:
        raise New

    assert mounted(world, answer).simulate_get("/things").json == {
        "computeFault": {"code": 500, "message": "This is new."}
    }
