"""`hostdown service list|set|delete`, and which request each makes at each microversion."""

import json

import pytest
import yaml
from tests.cli.command_line import Run
from tests.cli.fake_cloud import UUID, Cloud, fault

PINNED = "--os-compute-api-version"
COLUMNS = ["ID", "Binary", "Host", "Zone", "Status", "State", "Forced Down", "Updated At"]


def test_json_keeps_the_types(openrc: Cloud, run: Run) -> None:
    assert json.loads(run("service", "list", "--long", "-f", "json").out) == [
        {
            "ID": UUID,
            "Binary": "nova-compute",
            "Host": "compute1",
            "Zone": "nova",
            "Status": "enabled",
            "State": "up",
            "Forced Down": False,
            "Updated At": "2012-10-29T13:42:05.000000",
            "Disabled Reason": None,
        }
    ]


def test_yaml_keeps_the_types(openrc: Cloud, run: Run) -> None:
    (row,) = yaml.safe_load(run("service", "list", "-f", "yaml").out)
    assert list(row) == sorted(COLUMNS)
    assert row["Forced Down"] is False


def test_csv_and_table_show_the_columns_in_order(openrc: Cloud, run: Run) -> None:
    header, row = run("service", "list", "-f", "csv", "--quote", "none").out.splitlines()
    assert header.split(",") == COLUMNS
    assert row.startswith(f"{UUID},nova-compute,compute1,nova,enabled,up,False,")
    table = run("service", "list").out.splitlines()
    assert [cell.strip() for cell in table[1].strip("|").split("|")] == COLUMNS


def test_a_column_can_be_chosen_and_sorted_by(openrc: Cloud, run: Run) -> None:
    openrc.services.append(openrc.services[0] | {"host": "alpha"})
    ended = run("service", "list", "-f", "value", "-c", "Host", "--sort-column", "Host")
    assert ended.out == "alpha\ncompute1\n"


def test_filters_go_to_the_server_or_are_ours(openrc: Cloud, run: Run) -> None:
    openrc.services.append(openrc.services[0] | {"host": "dead", "state": "down"})
    names = ("service", "list", "-f", "value", "-c", "Host")
    assert run(*names, "--down").out == "dead\n"
    assert run(*names, "--up").out == "compute1\n"
    assert run(*names, "--disabled").out == ""
    assert run(*names, "--host", "dead", "--binary", "nova-compute").out == "dead\n"
    assert openrc.asked[-1].query == {"host": "dead", "binary": "nova-compute"}


def test_a_service_of_a_silent_cell_is_listed_with_what_is_known(openrc: Cloud, run: Run) -> None:
    openrc.services = [{"binary": "nova-compute", "host": "h", "status": "UNKNOWN"}]
    ended = run("service", "list")
    assert [cell.strip() for cell in ended.out.splitlines()[3].strip("|").split("|")] == [
        "-", "nova-compute", "h", "-", "UNKNOWN", "-", "-", "-",
    ]  # fmt: skip


def test_the_newest_version_both_know_is_spoken(openrc: Cloud, run: Run) -> None:
    for newest, spoken in (("2.104", "2.104"), ("2.999", "2.104"), ("2.72", "2.72"), ("", "2.1")):
        openrc.newest = newest
        assert run("service", "list").code == 0
        assert openrc.asked[-1].version == spoken


def test_a_pinned_version_asks_nobody(openrc: Cloud, run: Run) -> None:
    assert run(PINNED, "2.10", "service", "list").code == 0
    assert [asked.version for asked in openrc.asked] == [None, "2.10"]


@pytest.mark.parametrize("version", ["2.0", "2.105", "3.1", "banana", "2.01x"])
def test_an_impossible_version_is_a_usage_error(openrc: Cloud, run: Run, version: str) -> None:
    ended = run(PINNED, version, "service", "list")
    assert (ended.code, openrc.asked) == (2, [])
    assert f"'{version}' is not a microversion" in ended.err


def test_force_down_by_host_finds_the_uuid_first(openrc: Cloud, run: Run) -> None:
    ended = run("service", "set", "compute1", "nova-compute", "--down", "-f", "json")
    assert json.loads(ended.out)["Forced Down"] is True
    assert openrc.calls == [("GET", "/v2.1/os-services"), ("PUT", f"/v2.1/os-services/{UUID}")]
    assert openrc.asked[-1].body == {"forced_down": True}


def test_force_down_warns_before_it_sends_and_never_asks(openrc: Cloud, run: Run) -> None:
    openrc.faults["PUT"] = fault(403, "forbidden", "Policy doesn't allow it to be performed.")
    ended = run("service", "set", "compute1", "--down")
    warning, error = ended.err.splitlines()
    assert "WARNING: nova-compute on host compute1 is being forced down" in warning
    assert "corrupted" in warning
    assert "Policy doesn't allow it" in error
    assert "WARNING" not in run("service", "set", "compute1", "--up").err


def test_several_changes_are_one_request_by_uuid(openrc: Cloud, run: Run) -> None:
    run("service", "set", UUID, "--down", "--disable", "--disable-reason", "fan")
    assert openrc.calls == [("PUT", f"/v2.1/os-services/{UUID}")]
    assert openrc.asked[-1].body == {
        "status": "disabled",
        "disabled_reason": "fan",
        "forced_down": True,
    }


def test_older_versions_take_the_paths_by_name_force_down_first(openrc: Cloud, run: Run) -> None:
    line = ("service", "set", "compute1", "--down", "--disable", "--disable-reason", "fan")
    ended = run(PINNED, "2.52", *line, "-f", "json")
    assert [path for _, path in openrc.calls] == [
        "/v2.1/os-services/force-down",
        "/v2.1/os-services/disable-log-reason",
    ]
    named = {"host": "compute1", "binary": "nova-compute"}
    assert openrc.asked[-2].body == {**named, "forced_down": True}
    assert openrc.asked[-1].body == {**named, "disabled_reason": "fan"}
    assert json.loads(ended.out) == {
        "ID": None,
        "Binary": "nova-compute",
        "Host": "compute1",
        "Status": "disabled",
        "State": None,
        "Forced Down": True,
        "Disabled Reason": "fan",
    }


@pytest.mark.parametrize(("option", "action"), [("--enable", "enable"), ("--disable", "disable")])
def test_older_versions_enable_and_disable(
    openrc: Cloud, run: Run, option: str, action: str
) -> None:
    assert run(PINNED, "2.1", "service", "set", "compute1", option).code == 0
    assert openrc.calls == [("PUT", f"/v2.1/os-services/{action}")]


def test_what_a_version_cannot_do_is_said_before_asking(openrc: Cloud, run: Run) -> None:
    ended = run(PINNED, "2.10", "service", "set", "compute1", "--down")
    assert (ended.code, openrc.calls) == (2, [])
    assert "2.11" in ended.err
    ended = run(PINNED, "2.52", "service", "set", UUID, "--enable")
    assert (ended.code, openrc.calls) == (2, [])


@pytest.mark.parametrize(
    "options",
    [[], ["--disable-reason", "x"], ["--enable", "--disable-reason", "x"], ["--up", "--down"]],
)
def test_half_a_change_is_a_usage_error(openrc: Cloud, run: Run, options: list[str]) -> None:
    assert run("service", "set", "compute1", *options).code == 2
    assert openrc.asked == []


def test_a_host_nobody_knows_is_not_found(openrc: Cloud, run: Run) -> None:
    ended = run("service", "set", "nope", "--enable")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == "hostdown: there is no nova-compute on host 'nope'\n"


def test_a_host_in_a_silent_cell_is_no_answer(openrc: Cloud, run: Run) -> None:
    openrc.services = [{"binary": "nova-compute", "host": "compute1", "status": "UNKNOWN"}]
    ended = run("service", "set", "compute1", "--enable")
    assert ended.code == 5
    assert "cell" in ended.err


def test_a_host_in_two_cells_must_be_named_by_id(openrc: Cloud, run: Run) -> None:
    openrc.services *= 2
    ended = run("service", "set", "compute1", "--enable")
    assert ended.code == 1
    assert UUID in ended.err


def test_delete_takes_ids_and_pairs_of_host_and_binary(openrc: Cloud, run: Run) -> None:
    ended = run("service", "delete", UUID, "compute1", "nova-compute")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert [call for call in openrc.calls if call[0] == "DELETE"] == [
        ("DELETE", f"/v2.1/os-services/{UUID}")
    ] * 2


def test_delete_by_number_below_2_53(openrc: Cloud, run: Run) -> None:
    assert run(PINNED, "2.52", "service", "delete", "1").code == 0
    assert run(PINNED, "2.52", "service", "delete", "compute1", "nova-compute").code == 0
    assert openrc.calls[0] == openrc.calls[2] == ("DELETE", "/v2.1/os-services/1")


def test_delete_goes_on_after_a_failure(openrc: Cloud, run: Run) -> None:
    other = UUID.replace("e", "a")
    ended = run("service", "delete", other, UUID)
    assert ended.code == 3
    assert f"Service {other} not found." in ended.err
    assert "1 of 2 services could not be deleted" in ended.err
    assert openrc.calls[-1] == ("DELETE", f"/v2.1/os-services/{UUID}")


def test_delete_wants_to_know_which_service_of_a_host(openrc: Cloud, run: Run) -> None:
    assert run("service", "delete", "compute1").code == 2
    assert openrc.asked == []
