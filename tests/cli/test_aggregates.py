"""`hostdown aggregate …` and `hostdown zone list`, against the real API over HTTP."""

import json
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from tests.api.world import ADMIN, World, open_world
from tests.cli.command_line import Run


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Two hosts, and variables that lead to their API."""
    with open_world() as opened:
        opened.service("compute1")
        opened.service("compute2")
        server = make_server("127.0.0.1", 0, opened.app, handler_class=Quiet)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("OS_AUTH_TYPE", "admin_token")
        monkeypatch.setenv("OS_ENDPOINT", f"http://127.0.0.1:{server.server_port}/v2.1")
        monkeypatch.setenv("OS_TOKEN", ADMIN)
        try:
            yield opened
        finally:
            server.shutdown()
            server.server_close()


def shown(run: Run, *words: str) -> dict[str, object]:
    ended = run("aggregate", *words, "-f", "json")
    assert ended.code == 0, ended.err
    record: dict[str, object] = json.loads(ended.out)
    return record


def test_a_session_as_an_operator_types_it(world: World, run: Run) -> None:
    made = shown(run, "create", "--zone", "east", "--property", "ssd=true", "racks 1 to 4")
    assert made["Availability Zone"] == "east"
    assert made["Properties"] == {"availability_zone": "east", "ssd": "true"}
    assert made["Hosts"] == []
    assert shown(run, "add", "host", "racks 1 to 4", "compute2")["Hosts"] == ["compute2"]
    added = shown(run, "add", "host", "1", "compute1")
    assert added["Hosts"] == ["compute2", "compute1"]
    assert added == shown(run, "show", "racks 1 to 4")
    changed = shown(run, "set", "1", "--name", "east-1", "--zone", "e", "--property", "a=b=c")
    assert (changed["Name"], changed["Availability Zone"]) == ("east-1", "e")
    assert changed["Properties"] == {"availability_zone": "e", "ssd": "true", "a": "b=c"}
    changed = shown(run, "unset", "east-1", "--property", "ssd", "--property", "none")
    assert changed["Properties"] == {"availability_zone": "e", "a": "b=c"}
    changed = shown(run, "set", "east-1", "--no-property", "--property", "k=")
    assert changed["Properties"] == {"availability_zone": "e", "k": ""}
    assert shown(run, "remove", "host", "east-1", "compute2")["Hosts"] == ["compute1"]
    assert shown(run, "remove", "host", "east-1", "compute1")["Hosts"] == []
    assert run("aggregate", "delete", "east-1") == (0, "", "")
    assert run("aggregate", "list", "-f", "json").out.strip() == "[]"


def test_the_list_is_short_or_long(world: World, run: Run) -> None:
    shown(run, "create", "plain")
    shown(run, "create", "--zone", "z", "zoned")
    shown(run, "add", "host", "zoned", "compute1")
    assert json.loads(run("aggregate", "list", "-f", "json").out) == [
        {"ID": 1, "Name": "plain", "Availability Zone": None},
        {"ID": 2, "Name": "zoned", "Availability Zone": "z"},
    ]
    table = run("aggregate", "list", "--long").out
    assert "availability_zone=z" in table
    assert "compute1" in table
    (_, row) = json.loads(run("aggregate", "list", "--long", "-f", "json").out)
    assert (row["Properties"], row["Hosts"]) == ({"availability_zone": "z"}, ["compute1"])


def test_a_number_is_a_number_before_it_is_a_name(world: World, run: Run) -> None:
    shown(run, "create", "2")
    shown(run, "create", "other")
    assert shown(run, "show", "2")["Name"] == "other"
    assert shown(run, "show", "1")["Name"] == "2"


def test_what_is_not_there_ends_with_3(world: World, run: Run) -> None:
    shown(run, "create", "plain")
    ended = run("aggregate", "show", "none")
    assert (ended.code, ended.err) == (3, "hostdown: there is no aggregate 'none'\n")
    ended = run("aggregate", "add", "host", "plain", "nobody")
    assert ended.code == 3
    assert "Compute host nobody could not be found." in ended.err
    ended = run("aggregate", "delete", "none", "plain")
    assert ended.code == 3
    assert "1 of 2 aggregates could not be deleted" in ended.err
    assert run("aggregate", "list", "-f", "value").out == ""


def test_a_refusal_is_told_in_the_servers_words(world: World, run: Run) -> None:
    shown(run, "create", "--zone", "z", "zoned")
    shown(run, "add", "host", "zoned", "compute1")
    ended = run("aggregate", "delete", "zoned")
    assert ended.code == 1
    assert "Host aggregate is not empty." in ended.err
    ended = run("aggregate", "unset", "zoned", "--property", "availability_zone")
    assert ended.code == 1
    assert "does not support empty named availability zone" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ["set", "a"],
        ["set", "a", "--property", "novalue"],
        ["set", "a", "--property", "=v"],
        ["unset", "a"],
        ["delete"],
        ["add", "host", "a"],
    ],
)
def test_what_says_nothing_to_do_sends_nothing(run: Run, words: list[str]) -> None:
    ended = run("aggregate", *words)
    assert ended.code == 2
    assert ended.err


def test_zones_and_what_runs_in_them(world: World, run: Run) -> None:
    world.service("controller", "nova-scheduler")
    shown(run, "create", "--zone", "east", "east")
    shown(run, "add", "host", "east", "compute1")
    assert json.loads(run("zone", "list", "-f", "json").out) == [
        {"Zone": "east", "Available": True},
        {"Zone": "nova", "Available": True},
    ]
    rows = run("zone", "list", "--long", "-f", "value", "-c", "Zone", "-c", "Host", "-c", "State")
    assert rows.out.splitlines() == [
        "east compute1 up",
        "internal controller up",
        "nova compute2 up",
    ]
    off = {"host": "compute1", "binary": "nova-compute"}
    assert world.ask("PUT", "/v2.1/os-services/disable", body=off).status_code == 200
    (*_, last) = json.loads(run("zone", "list", "--long", "-f", "json").out)
    assert (last["Zone"], last["Available"], last["Host"]) == ("east", False, None)
