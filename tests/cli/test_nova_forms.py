"""The documented commands, word for word."""

import json

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import UUID, Cloud

NAMED = {"host": "compute1", "binary": "nova-compute"}


def test_the_documented_force_down(openrc: Cloud, run: Run) -> None:
    ended = run("service-force-down", "compute1", "nova-compute")
    assert ended.code == 0
    assert openrc.asked[-1].body == {"forced_down": True}
    assert [cell.strip() for cell in ended.out.splitlines()[1].strip("|").split("|")] == [
        "ID", "Host", "Binary", "Forced down",
    ]  # fmt: skip


@pytest.mark.parametrize("option", ["--unset", "\u2013unset", "\u2014unset", "\u2013\u2013unset"])
@pytest.mark.parametrize("first", [True, False])
def test_the_documented_unset_also_as_the_manual_prints_it(
    openrc: Cloud, run: Run, option: str, first: bool
) -> None:
    words = ["compute1", "nova-compute"]
    ended = run("service-force-down", *([option, *words] if first else [*words, option]))
    assert (ended.code, ended.err) == (0, "")
    assert openrc.asked[-1].body == {"forced_down": False}


def test_a_dash_that_begins_no_option_is_left_alone(openrc: Cloud, run: Run) -> None:
    reason = "\u2013fan"
    run("service-disable", "compute1", "nova-compute", "--reason", reason)
    assert openrc.asked[-1].body["disabled_reason"] == reason


def test_the_path_of_the_documents_is_used_below_2_53(openrc: Cloud, run: Run) -> None:
    line = ("--os-compute-api-version", "2.11", "service-force-down", "compute1", "nova-compute")
    ended = run(*line, "-f", "json")
    assert openrc.calls == [("PUT", "/v2.1/os-services/force-down")]
    assert openrc.asked[-1].body == NAMED | {"forced_down": True}
    assert json.loads(ended.out) == [
        {"Host": "compute1", "Binary": "nova-compute", "Forced down": True}
    ]


@pytest.mark.parametrize("words", [["compute1"], [UUID]])
def test_newer_forms_name_a_host_or_an_id_alone(openrc: Cloud, run: Run, words: list[str]) -> None:
    assert run("service-force-down", *words).code == 0
    assert openrc.calls[-1] == ("PUT", f"/v2.1/os-services/{UUID}")


def test_list_has_the_columns_of_nova(openrc: Cloud, run: Run) -> None:
    header, row = run("service-list", "-f", "csv").out.splitlines()
    assert header.replace('"', "").split(",") == [
        "Id", "Binary", "Host", "Zone", "Status", "State", "Updated_at", "Disabled Reason",
        "Forced down",
    ]  # fmt: skip
    assert "compute1" in row
    old = run("--os-compute-api-version", "2.10", "service-list", "-f", "csv").out
    assert "Forced down" not in old


def test_list_filters_by_host_and_binary(openrc: Cloud, run: Run) -> None:
    assert run("service-list", "--host", "x", "--binary", "nova-compute", "-f", "value").out == ""
    assert openrc.asked[-1].query == {"host": "x", "binary": "nova-compute"}


def test_enable_and_disable(openrc: Cloud, run: Run) -> None:
    assert run("service-disable", "compute1", "nova-compute").code == 0
    assert openrc.asked[-1].body == {"status": "disabled"}
    ended = run("service-disable", "--reason", "fan", "compute1", "nova-compute", "-f", "json")
    assert openrc.asked[-1].body == {"status": "disabled", "disabled_reason": "fan"}
    assert json.loads(ended.out)[0]["Disabled Reason"] == "fan"
    assert run("service-enable", "compute1", "nova-compute").code == 0
    assert openrc.asked[-1].body == {"status": "enabled"}


def test_an_empty_reason_is_none(openrc: Cloud, run: Run) -> None:
    assert run("service-disable", "--reason", "", "compute1").code == 0
    assert openrc.asked[-1].body == {"status": "disabled"}


def test_delete_by_id(openrc: Cloud, run: Run) -> None:
    ended = run("service-delete", UUID)
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert run("--os-compute-api-version", "2.52", "service-delete", "1").code == 0
    assert openrc.calls[-1] == ("DELETE", "/v2.1/os-services/1")


def test_a_host_whose_name_begins_with_a_hyphen_follows_a_double_hyphen(
    openrc: Cloud, run: Run
) -> None:
    openrc.services[0]["host"] = "-odd"
    assert run("service-force-down", "--", "-odd", "nova-compute").code == 0
    assert openrc.asked[-1].body == {"forced_down": True}
