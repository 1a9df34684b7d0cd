"""`hostdown server list|show`, and which requests each makes."""

import json

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud, Fault, fault
from tests.cli.fake_servers import made, uuid

from hostdown.cli.errors import Exit

PINNED = "--os-compute-api-version"
MANUAL = ["ID", "Name", "Status", "Task State", "Power State", "Networks", "Host Status"]
LONG = ["Host", "Zone", "Project ID", "Created"]
TWO_NETWORKS = {"a": [{"addr": "10.0.0.1"}, {"addr": "10.0.0.2"}], "b": [{"addr": "10.1.0.1"}]}


@pytest.fixture
def five(openrc: Cloud) -> Cloud:
    openrc.servers = [
        made(1, "vm1"),
        made(2, "vm2", host_status="DOWN", status="SHUTOFF", **{"OS-EXT-STS:power_state": 4}),
        made(3, "vm(3", addresses={}, host_status="", **{"OS-EXT-STS:task_state": "spawning"}),
        made(4, "vm4", addresses=TWO_NETWORKS, **{"OS-EXT-STS:power_state": 99}),
        {"id": uuid(5), "status": "UNKNOWN", "tenant_id": "p1"},
    ]
    return openrc


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_is_the_manuals(five: Cloud, run: Run) -> None:
    table = run("server", "list").out.splitlines()
    assert cells(table[1]) == MANUAL
    assert [cells(line)[1:] for line in table[3:-1]] == [
        ["vm1", "ACTIVE", "-", "RUNNING", "xnet=192.0.2.1", "UP"],
        ["vm2", "SHUTOFF", "-", "SHUTDOWN", "xnet=192.0.2.1", "DOWN"],
        ["vm(3", "ACTIVE", "spawning", "RUNNING", "", ""],
        ["vm4", "ACTIVE", "-", "99", "a=10.0.0.1, 10.0.0.2; b=10.1.0.1", "UP"],
        ["-", "UNKNOWN", "-", "-", "-", "-"],
    ]


def test_other_formats_keep_columns_and_types(five: Cloud, run: Run) -> None:
    first, *_ = json.loads(run("server", "list", "-f", "json").out)
    assert first == dict(
        zip(MANUAL, [uuid(1), "vm1", "ACTIVE", None, "RUNNING", {"xnet": ["192.0.2.1"]}, "UP"],
            strict=True)
    )  # fmt: skip
    header, *_ = run("server", "list", "--long", "-f", "csv", "--quote", "none").out.splitlines()
    assert header.split(",") == [*MANUAL, *LONG]
    ended = run("server", "list", "-f", "value", "-c", "Name", "-c", "Host Status")
    assert ended.out.splitlines()[1] == "vm2 DOWN"


def test_whoever_may_not_see_the_host_status_sees_a_dash(five: Cloud, run: Run) -> None:
    for each in five.servers:
        each.pop("host_status", None)
    assert cells(run("server", "list").out.splitlines()[3])[-1] == "-"
    assert json.loads(run("server", "list", "-f", "json").out)[0]["Host Status"] is None
    five.servers[0]["host_status"] = "UP"
    old = run(PINNED, "2.15", "server", "list", "-f", "json").out
    assert json.loads(old)[0]["Host Status"] is None


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ([], {}),
        (["--all-projects"], {"all_tenants": "True"}),
        (["--host", "compute1"], {"host": "compute1"}),
        (["--status", "error", "--name", "web.*"], {"status": "error", "name": "web.*"}),
        (["--marker", uuid(4)], {"marker": uuid(4)}),
        (["--limit", "1"], {"limit": "1"}),
    ],
)
def test_options_go_to_the_server(
    five: Cloud, run: Run, options: list[str], query: dict[str, str]
) -> None:
    assert run("server", "list", *options).code == 0
    (first, *_) = (each for each in five.asked if each.path == "/v2.1/servers/detail")
    assert first.query == query


@pytest.mark.parametrize(("limit", "requests"), [(1, 1), (2, 1), (3, 2), (5, 3), (50, 3)])
def test_pages_follow_each_other_up_to_the_limit(
    five: Cloud, run: Run, limit: int, requests: int
) -> None:
    ended = run("server", "list", "--limit", str(limit), "-f", "value", "-c", "ID")
    assert ended.out.split() == [uuid(number) for number in range(1, min(limit, 5) + 1)]
    assert len(five.calls) == requests
    assert len(run("server", "list", "-f", "value", "-c", "ID").out.split()) == 5


@pytest.mark.parametrize("limit", ["0", "-1", "x", ""])
def test_a_limit_is_a_positive_number(openrc: Cloud, run: Run, limit: str) -> None:
    assert run("server", "list", "--limit", limit).code == Exit.USAGE
    assert openrc.asked == []


def test_one_is_shown_by_id_or_exact_name_with_its_fault(five: Cloud, run: Run) -> None:
    message = {"code": 500, "message": "no disk", "created": "2026-03-01T12:00:00Z"}
    five.servers[2]["fault"] = message
    by_id = run("server", "show", uuid(3), "-f", "json")
    assert five.calls == [("GET", f"/v2.1/servers/{uuid(3)}")]
    by_name = run("server", "show", "vm(3", "-f", "json")
    assert r"^vm\(3$" in [asked.query.get("name") for asked in five.asked]
    shown = json.loads(by_id.out)
    assert json.loads(by_name.out) == shown
    assert list(shown)[:7] == MANUAL
    assert shown["Fault"] == message
    assert (shown["Host"], shown["Flavor"], shown["Image"]) == ("compute1", "m1.tiny", "i1")
    assert shown["Metadata"] == {"a": "1", "b": "2"}
    table = run("server", "show", "vm(3").out
    assert "no disk" in table
    assert "a=1" in table


def test_a_flavor_is_told_by_its_id_up_to_2_46(five: Cloud, run: Run) -> None:
    five.servers[0]["image"] = ""
    shown = json.loads(run(PINNED, "2.46", "server", "show", uuid(1), "-f", "json").out)
    assert (shown["Flavor"], shown["Image"]) == ("1", None)


@pytest.mark.parametrize("name", ["vm", "VM1", uuid(9)])
def test_one_that_is_not_there_is_said_to_be_missing(five: Cloud, run: Run, name: str) -> None:
    ended = run("server", "show", name)
    assert ended.code == Exit.NOT_FOUND
    assert name in ended.err


def test_of_two_with_one_name_an_id_has_to_choose(five: Cloud, run: Run) -> None:
    five.servers.append(made(6, "vm1"))
    ended = run("server", "show", "vm1")
    assert ended.code == Exit.FAILED
    assert f"choose one by its id ({uuid(1)}, {uuid(6)})" in ended.err


@pytest.mark.parametrize("words", ["list", "list --all-projects", "show a", f"show {uuid(1)}"])
def test_what_the_server_refuses_is_said_in_its_words(openrc: Cloud, run: Run, words: str) -> None:
    text = "Policy doesn't allow this to be performed."
    openrc.faults["/servers"] = fault(403, "forbidden", text)
    ended = run("server", *words.split())
    assert ended.code == Exit.NOT_ALLOWED
    assert text in ended.err


@pytest.mark.parametrize("body", [None, [], {}, {"servers": None}, {"server": []}, "x"])
@pytest.mark.parametrize("words", ["list", "show a", f"show {uuid(1)}"])
def test_an_answer_of_another_form_is_an_error(
    openrc: Cloud, run: Run, words: str, body: object
) -> None:
    openrc.faults["/servers"] = Fault(200, body)
    ended = run("server", *words.split())
    assert ended.code == Exit.FAILED
    assert "the server answered, but not with" in ended.err
