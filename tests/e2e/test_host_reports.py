"""A host reported down and taken back: by curl, the command and python-novaclient 9.1.3.

Its servers are made up, as their hypervisor is; everything between them and the client is real.
"""

import json
import signal
from collections.abc import Callable, Iterator

import pytest
import urllib3

from hostdown.cli.demo.stage import Stage, Timing

from .bed import HOST, WAIT_S, Bed, States
from .conftest import programs, run

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """The last server is made while nobody is there to build it: see `absent`."""
    with Stage(tmp_path_factory.mktemp("bed"), Timing(0.5, 60)) as stage:
        stage.start_server()
        made = Bed(stage)
        made.start_host()
        stage.until("the host is up", lambda: stage.state(HOST) == "up", WAIT_S)
        image = made.ask(
            "POST",
            "/image/v2/images",
            {"name": "i", "disk_format": "raw", "container_format": "bare"},
        )["id"]
        made.ask("PUT", f"/image/v2/images/{image}/file", content=b"\x55\xaa" * 512)
        for name in ("active", "paused", "suspended", "stopped", "error"):
            made.make(name, image)
        running = ("ACTIVE", "active", 1, "UP")
        made.become(dict.fromkeys(made.uuids, running))
        for name, action in (("paused", "pause"), ("suspended", "suspend"), ("stopped", "os-stop")):
            made.act(name, action)
        made.act("error", "os-resetState", {"state": "error"})
        made.become({**TRUE})
        yield made


@pytest.fixture(autouse=True)
def everything_as_before() -> None:
    """The hosts of the other tests are not used here."""


TRUE: States = {
    "active": ("ACTIVE", "active", 1, "UP"),
    "paused": ("PAUSED", "paused", 3, "UP"),
    "suspended": ("SUSPENDED", "suspended", 7, "UP"),
    "stopped": ("SHUTOFF", "stopped", 4, "UP"),
    "error": ("ERROR", "error", 1, "UP"),
}
OFF = ("SHUTOFF", "stopped", 4, "DOWN")
REPORTED: States = {
    **dict.fromkeys(("active", "paused", "suspended", "stopped"), OFF),
    "error": ("ERROR", "error", 1, "DOWN"),
}


def by_curl(bed: Bed, down: bool) -> None:
    word = "true" if down else "false"
    status, answer = bed.curl(json.dumps({"host": {"host_down_reported": word}}))
    assert (status, answer) == (200, {"host": {"host": HOST, "host_down_reported": word}})


def by_command(bed: Bed, down: bool) -> None:
    option = "--report-host-down" if down else "--report-host-up"
    said = bed.hostdown("host-update", option, HOST, "-f", "json")
    assert json.loads(said) == [{"HOST": HOST, "host_down_reported": down}]


def by_novaclient(bed: Bed, down: bool) -> None:
    assert bed.nova9({"host_down_reported": down}) == [{"host": HOST, "host_down_reported": down}]


@pytest.mark.parametrize("report", [by_curl, by_command, by_novaclient])
def test_servers_are_what_they_are_without_their_host_until_it_is_taken_back(
    bed: Bed, report: Callable[[Bed, bool], None]
) -> None:
    assert bed.states() == TRUE
    before = {name: bed.actions(name) for name in bed.uuids}
    report(bed, True)
    assert bed.states() == REPORTED
    service = bed.stage.services()[HOST]
    assert (service["state"], service["status"], service["forced_down"]) == (
        "down",
        "enabled",
        True,
    )
    for name, known in before.items():
        assert bed.actions(name) == ["hostDownReported", *known]
    report(bed, False)
    assert bed.stage.state(HOST) == "up"
    bed.become(TRUE)


def test_a_server_that_was_being_built_fails_and_is_built_once_the_host_is_back(bed: Bed) -> None:
    bed.stage.stop(HOST, signal.SIGKILL)
    bed.make("building", bed.ask("GET", "/image/v2/images")["images"][0]["id"])
    assert bed.states()["building"] == ("BUILD", "building", 0, "UP")
    by_command(bed, down=True)
    assert bed.states()["building"] == ("ERROR", "error", 0, "DOWN")
    fault = bed.ask("GET", f"/v2.1/servers/{bed.uuids['building']}")["server"]["fault"]
    assert fault["message"] == "The host was reported down while the server was being built."
    by_command(bed, down=False)
    bed.start_host()
    bed.become({**TRUE, "building": ("ACTIVE", "active", 1, "UP")})
    bed.ask("DELETE", f"/v2.1/servers/{bed.uuids.pop('building')}")
    bed.become(TRUE)


def test_novaclient_changes_one_thing_or_several_in_either_form(bed: Bed) -> None:
    together = {"status": "disable", "maintenance_mode": "enable", "host_down_reported": "true"}
    undo = {"status": "enable", "maintenance_mode": "disable", "host_down_reported": "false"}
    words = {"maintenance_mode": "enabled", "status": "disabled", "host_down_reported": "true"}
    try:
        assert bed.nova9(
            {"status": "disable"},
            {"status": "enable"},
            {"maintenance_mode": "enable"},
            {"maintenance_mode": "disable"},
            {"host": together},
            {},
        ) == [
            {"host": HOST, "status": "disabled"},
            {"host": HOST, "status": "enabled"},
            {"host": HOST, "maintenance_mode": "on_maintenance"},
            {"host": HOST, "maintenance_mode": "off_maintenance"},
            {"host": {"host": HOST, **words}},
            [400, "{} is not valid under any of the given schemas"],
        ]
        record = bed.stage.services()[HOST]
        assert (record["status"], record["disabled_reason"], record["forced_down"]) == (
            "disabled",
            "maintenance; disabled without a reason",
            True,
        )
        changes = bed.stage.get(f"/agent/v1/hosts/{HOST}")["host"]["changes"]
        assert (changes[0]["user"], changes[0]["after"]["recovery"]) == ("admin", "suspended")
    finally:
        bed.nova9(undo)
    bed.become(TRUE)


def test_what_is_wrong_or_not_for_the_caller_is_refused(bed: Bed) -> None:
    bad = "is not valid under any of the given schemas"
    for body, version, status, message in (
        ("{}", "2.42", 400, f"{{}} {bad}"),
        ('{"host": {}}', "2.42", 400, f"Value: {{}}. {{}} {bad}"),
        ('{"host_down_reported": "maybe"}', "2.42", 400, "Value: maybe. "),
        ('{"status": "enable", "x": 1}', "2.42", 400, "('x' was unexpected)"),
        ('{"host_down_reported": true}', "2.43", 404, "The resource could not be found."),
    ):
        code, answer = bed.curl(body, version)
        (inside,) = answer.values()
        assert (code, inside["code"], message in inside["message"]) == (status, status, True)
    file = ("--config-file", str(bed.stage.directory / "serve.conf"))
    bed.hostdown("project", "add", "demo", *file)
    bed.hostdown("user", "add", "ann", "--project", "demo", *file, typed=f"{PASSWORD}\n")
    code, answer = bed.curl('{"host_down_reported": true}', token=token_of(bed, "ann", "demo"))
    assert (code, answer["forbidden"]["message"]) == (
        403,
        "Policy doesn't allow os_compute_api:os-hosts:update to be performed.",
    )
    assert bed.states() == TRUE


def token_of(bed: Bed, user: str, project: str) -> str:
    domain = {"id": "default"}
    who = {"name": user, "domain": domain, "password": PASSWORD}
    auth = {
        "identity": {"methods": ["password"], "password": {"user": who}},
        "scope": {"project": {"name": project, "domain": domain}},
    }
    http = urllib3.PoolManager(retries=False, timeout=30)
    answer = http.request("POST", f"{bed.stage.url}/identity/v3/auth/tokens", json={"auth": auth})
    return answer.headers["X-Subject-Token"]


def test_the_commands_tables_are_those_of_the_manuals(bed: Bed) -> None:
    listed = json.loads(bed.hostdown("server", "list", "--status", "PAUSED", "-f", "json"))
    assert listed == [
        {
            "ID": bed.uuids["paused"],
            "Name": "paused",
            "Status": "PAUSED",
            "Task State": None,
            "Power State": "PAUSED",
            "Networks": {},
            "Host Status": "UP",
        }
    ]
    names = ("server", "list", "-f", "value", "-c", "Name")
    assert set(bed.hostdown(*names, "--all-projects", "--host", HOST).split()) == set(TRUE)
    assert bed.hostdown(*names, "--host", "elsewhere") == ""
    assert len(bed.hostdown(*names, "--limit", "2").split()) == 2
    shown = json.loads(bed.hostdown("server", "show", "stopped", "-f", "json"))
    assert (shown["ID"], shown["Host"]) == (bed.uuids["stopped"], HOST)
    line = ("host-update", "--status", "enable", "--maintenance", "disable", HOST)
    openrc = str(bed.stage.directory / "openrc")
    nova = programs("HOSTDOWN_NOVACLIENT9", ".venv-novaclient9") / "nova"
    pinned = ("--os-compute-api-version", "2.42")
    theirs = run(bed.stage, "sh", "-c", '. "$0" && exec "$@"', openrc, nova, *pinned, *line)
    assert bed.hostdown(*line) == theirs
