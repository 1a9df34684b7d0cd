"""`hostdown host-update`, in the words of the blueprint."""

import json

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud, Fault, fault

from hostdown.cli.errors import Exit

PUT = ("PUT", "/v2.1/os-hosts/compute1")


@pytest.mark.parametrize(
    ("options", "body", "row"),
    [
        (["--report-host-down"], {"host_down_reported": True}, [True]),
        (["--down"], {"host_down_reported": True}, [True]),
        (["\u2013\u2013report-host-down"], {"host_down_reported": True}, [True]),
        (["--report-host-up"], {"host_down_reported": False}, [False]),
        (["--up"], {"host_down_reported": False}, [False]),
        (["--status", "disable"], {"status": "disable"}, ["disabled"]),
        (["--maintenance", "enable"], {"maintenance_mode": "enable"}, ["on_maintenance"]),
        (
            ["--down", "--maintenance", "disable", "--status", "enable"],
            {"status": "enable", "maintenance_mode": "disable", "host_down_reported": True},
            ["enabled", "off_maintenance", True],
        ),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_is_asked_for_is_sent_as_one_change_and_printed(
    openrc: Cloud,
    run: Run,
    options: list[str],
    body: dict[str, object],
    row: list[object],
    first: bool,
) -> None:
    words = [*options, "compute1"] if first else ["compute1", *options]
    ended = run("host-update", *words, "-f", "json")
    assert ended.code == 0, ended.err
    assert openrc.calls == [PUT]
    assert (openrc.asked[-1].version, openrc.asked[-1].body) == ("2.42", body)
    assert json.loads(ended.out) == [dict(zip(["HOST", *body], ["compute1", *row], strict=True))]
    assert ("WARNING" in ended.err) == (body.get("host_down_reported") is True)


def test_the_table_is_novas(openrc: Cloud, run: Run) -> None:
    table = run("host-update", "--status", "enable", "--maintenance", "enable", "compute1").out
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert cells[1] == ["HOST", "status", "maintenance_mode"]
    assert cells[3] == ["compute1", "enabled", "on_maintenance"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["compute1"], "nothing to change"),
        (["--down"], "HOST"),
        (["--down", "--up", "compute1"], "not allowed with"),
        (["--status", "enabled", "compute1"], "invalid choice"),
        (["--maintenance", "compute1"], "invalid choice"),
    ],
)
def test_half_a_change_is_a_usage_error(
    openrc: Cloud, run: Run, words: list[str], told: str
) -> None:
    ended = run("host-update", *words)
    assert (ended.code, openrc.asked) == (Exit.USAGE, [])
    assert told in ended.err


def test_versions_without_os_hosts_are_refused_before_asking(openrc: Cloud, run: Run) -> None:
    ended = run("--os-compute-api-version", "2.43", "host-update", "--down", "compute1")
    assert (ended.code, openrc.calls) == (Exit.USAGE, [])
    assert "2.42 or older" in ended.err
    pinned = run("--os-compute-api-version", "2.1", "host-update", "--up", "compute1")
    assert (pinned.code, openrc.asked[-1].version) == (0, "2.1")


def test_refusals_are_in_the_servers_words(openrc: Cloud, run: Run) -> None:
    ended = run("host-update", "--down", "höst/1")
    assert (ended.code, ended.out) == (Exit.NOT_FOUND, "")
    assert "Host 'höst/1' is not mapped to any cell" in ended.err
    openrc.faults["os-hosts"] = fault(403, "forbidden", "Policy doesn't allow this.")
    ended = run("host-update", "--down", "compute1")
    assert ended.code == Exit.NOT_ALLOWED
    assert "Policy doesn't allow this." in ended.err


@pytest.mark.parametrize("body", [None, [], {}, {"host": {}}])
def test_an_answer_of_another_form_is_an_error(openrc: Cloud, run: Run, body: object) -> None:
    openrc.faults["os-hosts"] = Fault(200, body)
    ended = run("host-update", "--up", "compute1")
    assert ended.code == Exit.FAILED
    assert "the server answered, but not with" in ended.err
