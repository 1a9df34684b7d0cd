"""`hostdown migration list`, and which requests it makes."""

import json

import pytest
from tests.cli import fake_servers
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud, Fault, fault
from tests.cli.fake_migrations import made
from tests.cli.fake_servers import uuid
from tests.cli.test_servers import cells

from hostdown.cli.errors import Exit

PINNED = "--os-compute-api-version"
COLUMNS = ["ID", "UUID", "Type", "Status", "Server", "Source", "Destination", "Created"]
LONG = ["Updated", "Source Node", "Destination Node", "Destination IP", "User ID", "Project ID"]
THERE = {"dest_compute": "compute2", "dest_node": "node2", "dest_host": "192.0.2.2"}
CREATED = "2026-03-01T12:00:00.000000"


@pytest.fixture
def three(openrc: Cloud) -> Cloud:
    openrc.migrations = [
        made(3),
        made(2, status="done", **THERE),
        made(1, migration_type="live-migration", status="completed", **THERE),
    ]
    openrc.servers = [fake_servers.made(3, "web1")]
    return openrc


def test_the_table_has_a_row_for_each(three: Cloud, run: Run) -> None:
    table = run("migration", "list").out.splitlines()
    assert cells(table[1]) == COLUMNS
    assert [cells(line) for line in table[3:-1]] == [
        ["3", uuid(103), "evacuation", "accepted", uuid(3), "compute1", "-", CREATED],
        ["2", uuid(102), "evacuation", "done", uuid(2), "compute1", "compute2", CREATED],
        ["1", uuid(101), "live-migration", "completed", uuid(1), "compute1", "compute2", CREATED],
    ]


def test_other_formats_keep_columns_and_types(three: Cloud, run: Run) -> None:
    first, *_ = json.loads(run("migration", "list", "-f", "json").out)
    row = [3, uuid(103), "evacuation", "accepted", uuid(3), "compute1", None, CREATED]
    assert first == dict(zip(COLUMNS, row, strict=True))
    lines = run("migration", "list", "--long", "-f", "csv", "--quote", "none").out.splitlines()
    assert lines[0].split(",") == [*COLUMNS, *LONG]
    assert lines[2].split(",")[9:] == ["node1", "node2", "192.0.2.2", "u1", "p1"]
    ended = run("migration", "list", "-f", "value", "-c", "Status", "-c", "Destination")
    assert ended.out.splitlines()[1] == "done compute2"


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ([], {}),
        (["--host", "compute1"], {"host": "compute1"}),
        (["--status", "done"], {"status": "done"}),
        (["--server", uuid(9)], {"instance_uuid": uuid(9)}),
        (["--server", "web1"], {"instance_uuid": uuid(3)}),
        (["--limit", "1", "--host", "a"], {"limit": "1", "host": "a"}),
    ],
)
def test_options_go_to_the_server(
    three: Cloud, run: Run, options: list[str], query: dict[str, str]
) -> None:
    assert run("migration", "list", *options).code == 0
    (first, *_) = (each for each in three.asked if each.path == "/v2.1/os-migrations")
    assert first.query == query


@pytest.mark.parametrize(("limit", "requests"), [(1, 1), (2, 1), (3, 2), (50, 2)])
def test_pages_follow_each_other_up_to_the_limit(
    three: Cloud, run: Run, limit: int, requests: int
) -> None:
    ended = run("migration", "list", "--limit", str(limit), "-f", "value", "-c", "ID")
    assert ended.out.split() == ["3", "2", "1"][:limit]
    assert len(three.calls) == requests


def test_before_pages_a_limit_is_kept_here(three: Cloud, run: Run) -> None:
    ended = run(PINNED, "2.58", "migration", "list", "--limit", "2", "-f", "json")
    found = json.loads(ended.out)
    assert [each["ID"] for each in found] == [3, 2]
    assert found[0]["UUID"] is None
    (asked,) = (each for each in three.asked if each.path == "/v2.1/os-migrations")
    assert asked.query == {}


def test_a_limit_is_a_positive_number(openrc: Cloud, run: Run) -> None:
    assert run("migration", "list", "--limit", "0").code == Exit.USAGE
    assert openrc.asked == []


def test_a_server_that_is_not_there_is_said_to_be_missing(three: Cloud, run: Run) -> None:
    ended = run("migration", "list", "--server", "web2")
    assert ended.code == Exit.NOT_FOUND
    assert "web2" in ended.err


def test_what_the_server_refuses_is_said_in_its_words(openrc: Cloud, run: Run) -> None:
    text = "Policy doesn't allow this to be performed."
    openrc.faults["/os-migrations"] = fault(403, "forbidden", text)
    ended = run("migration", "list")
    assert ended.code == Exit.NOT_ALLOWED
    assert text in ended.err


@pytest.mark.parametrize("body", [None, [], {}, {"migrations": None}, "x"])
def test_an_answer_of_another_form_is_an_error(openrc: Cloud, run: Run, body: object) -> None:
    openrc.faults["/os-migrations"] = Fault(200, body)
    ended = run("migration", "list")
    assert ended.code == Exit.FAILED
    assert "the server answered, but not with a list of migrations" in ended.err
