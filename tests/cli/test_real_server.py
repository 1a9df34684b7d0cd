"""The documented session, typed at a real server with hosts that report."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.command_line import Ended, Run
from tests.processes.harness import Server, until

HOSTS = ("compute1", "compute2", "вычислитель")
NOVA = Path(os.environ.get("HOSTDOWN_CLIENTS", "/nonexistent")) / "nova"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("server")
    started = Server(directory, {"DEFAULT": {"report_interval": 0.2, "service_down_time": 60}})
    started.start()
    started.set("agent", server_url=started.url)
    with (directory / "swarm.log").open("w") as log:
        swarm = subprocess.Popen(
            [sys.executable, "-m", "hostdown", "swarm", "--names", ",".join(HOSTS),
             "--config-file", str(started.file)],
            stdout=log,
            stderr=log,
        )  # fmt: skip
    try:
        yield started
    finally:
        swarm.terminate()
        swarm.wait(20)
        started.stop()


@pytest.fixture
def typed(server: Server, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line as the admin of the server, once every host reports."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(server.directory / "state" / "clouds.yaml"))

    def settled() -> bool:
        listed = run("service", "list", "--service", "nova-compute", "-f", "value", "-c", "State")
        states = listed.out.split()
        return len(states) >= 2 and set(states) == {"up"}

    until(settled, 20)
    return run


def record(run: Run, host: str) -> dict[str, Any]:
    """What the list says of one host's nova-compute."""
    listed = run("service", "list", "--host", host, "--long", "-f", "json").out
    (found,) = json.loads(listed)
    assert isinstance(found, dict)
    return found


def test_the_documented_session(typed: Run) -> None:
    before = typed("service-force-down", "compute1", "nova-compute")
    assert (before.code, "True" in before.out) == (0, True)
    assert (record(typed, "compute1")["State"], record(typed, "compute2")["State"]) == (
        "down",
        "up",
    )
    after = typed("service-force-down", "\u2013unset", "compute1", "nova-compute")
    assert (after.code, after.err) == (0, "")
    assert record(typed, "compute1")["State"] == "up"


@pytest.mark.parametrize("version", ["2.1", "2.11", "2.52", "2.53", "2.69", "2.104"])
def test_every_change_at_every_kind_of_version(typed: Run, version: str) -> None:
    def at(*words: str) -> Ended:
        ended = typed("--os-compute-api-version", version, *words)
        assert ended.code == 0, ended.err
        return ended

    # Nova's rule for names in bodies, up to 2.52, leaves out most of the world's letters.
    host = "вычислитель" if version in ("2.53", "2.69", "2.104") else "compute1"
    at("service-list", "--host", host)
    if version != "2.1":
        at("service-force-down", host, "nova-compute")
        assert record(typed, host)["Forced Down"] is True
        at("service", "set", host, "--up")
        assert record(typed, host)["Forced Down"] is False
    at("service-disable", "--reason", "fan", host, "nova-compute")
    assert record(typed, host)["Disabled Reason"] == "fan"
    at("service-enable", host, "nova-compute")
    assert record(typed, host)["Status"] == "enabled"


def test_hosts_are_listed_shown_and_enrolled(typed: Run) -> None:
    assert sorted(typed("host", "list", "-f", "value", "-c", "Name").out.split()) == sorted(HOSTS)
    shown = json.loads(typed("host", "show", HOSTS[2], "-f", "json").out)
    assert (shown["Name"], shown["State"]) == (HOSTS[2], "up")
    assert shown["Last Changes"][-1]["event_type"].startswith("service.")
    assert "service." in typed("host", "show", HOSTS[2]).out
    assert len(typed("host", "enroll", "compute9", "-f", "value", "-c", "Secret").out) > 20
    taken = typed("host", "enroll", "compute1")
    assert (taken.code, "--replace" in taken.err) == (1, True)


def test_what_is_not_there_is_not_found(typed: Run) -> None:
    for words in (
        ("service-force-down", "nope", "nova-compute"),
        ("--os-compute-api-version", "2.11", "service-force-down", "nope", "nova-compute"),
        ("service-delete", "00000000-0000-4000-8000-000000000000"),
        ("host", "show", "nope"),
    ):
        assert typed(*words).code == 3, words


def test_the_request_id_of_a_refusal_is_in_the_servers_log(typed: Run, server: Server) -> None:
    refused = typed("service-force-down", HOSTS[2], "nova-conductor")
    assert refused.code == 3
    refused = typed("service-delete", "00000000-0000-4000-8000-000000000000")
    request_id = refused.err.partition("request ")[2].rstrip(")\n")
    assert request_id.startswith("req-")
    until(lambda: request_id in server.log)


def test_a_wrong_password_is_refused(
    typed: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (server.directory / "state" / "clouds.yaml").read_text()
    lines = [line for line in text.splitlines() if "password:" not in line]
    Path("clouds.yaml").write_text("\n".join(lines))
    monkeypatch.setenv("OS_PASSWORD", "a-wrong-one")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", "clouds.yaml")
    ended = typed("--os-cloud", "hostdown", "service", "list")
    assert ended.code == 4
    assert "refused the credentials of 'admin'" in ended.err
    assert "a-wrong-one" not in ended.err


def test_the_openrc_works_as_well_as_the_clouds_file(server: Server) -> None:
    script = f'. "$0" && exec {sys.executable} -m hostdown service list -f value -c Host'
    openrc = server.directory / "state" / "openrc"
    ended = subprocess.run(["sh", "-c", script, openrc], capture_output=True, text=True, check=True)
    assert "compute1" in ended.stdout.splitlines()


@pytest.fixture
def nova(server: Server) -> Callable[..., str]:
    if not NOVA.exists():
        pytest.skip("HOSTDOWN_CLIENTS names no directory with python-novaclient")
    openrc = server.directory / "state" / "openrc"

    def go(*words: str) -> str:
        line = ["sh", "-c", '. "$0" && exec "$@"', openrc, NOVA, *words]
        return subprocess.run(line, capture_output=True, text=True, check=True).stdout

    return go


@pytest.mark.parametrize(
    "version",
    ["2.1", "2.53", *(pytest.param(each, marks=pytest.mark.long) for each in ("2.52", "2.96"))],
)
def test_tables_are_those_of_the_nova_command(
    typed: Run, nova: Callable[..., str], version: str
) -> None:
    pinned = ("--os-compute-api-version", version)
    listed = typed(*pinned, "service-list", "--host", "compute2", "-f", "json").out
    (row,) = json.loads(listed)
    name = str(row["Id"]) if version >= "2.53" else "compute2"
    changes = [("service-disable", "--reason", "fan"), ("service-disable",), ("service-enable",)]
    if version != "2.1":
        changes = [("service-force-down",), ("service-force-down", "--unset"), *changes]
    for words in changes:
        line = (*pinned, *words, name)
        assert nova(*line) == typed(*line).out


def test_a_deleted_service_is_gone(typed: Run) -> None:
    gone = record(typed, "compute2")["ID"]
    assert typed("service", "delete", gone).code == 0
    assert typed("service", "list", "--host", "compute2", "-f", "json").out == "[]\n"
    assert typed("service", "delete", "compute2", "nova-compute").code == 3
