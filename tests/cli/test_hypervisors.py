"""`hostdown hypervisor list|show|stats`, and which requests each makes at each microversion."""

import json

import pytest
from tests.cli.command_line import Ended, Run
from tests.cli.fake_cloud import Cloud, Fault, fault
from tests.cli.fake_hypervisors import made, uuid

from hostdown.cli.errors import Exit

PINNED = "--os-compute-api-version"
COLUMNS = ["ID", "Hypervisor Hostname", "Hypervisor Type", "Host IP", "State", "Status"]
USAGE = [
    "vCPUs Used", "vCPUs", "Memory MB Used", "Memory MB", "Disk GB Used", "Disk GB", "Running VMs",
]  # fmt: skip
UPTIME = " 08:32:11 up 93 days, 18:25,  - users,  load average: -, -, -"
VERSIONS = ["2.1", "2.28", "2.33", "2.52", "2.53", "2.87", "2.88", "2.104"]


@pytest.fixture
def three(openrc: Cloud) -> Cloud:
    """Three hypervisors; the second one's host is down."""
    reason = {"id": 2, "host": "rack7_2", "disabled_reason": "new fans"}
    openrc.hypervisors = [
        made(1, "rack7-1"),
        made(2, "rack7_2", state="down", status="disabled", uptime=None, service=reason),
        made(3, "été", uptime=None),
    ]
    return openrc


def rows(ended: Ended) -> list[dict[str, object]]:
    assert ended.code == 0, ended.err
    found: list[dict[str, object]] = json.loads(ended.out)
    return found


def versions(cloud: Cloud) -> list[str | None]:
    return [asked.version for asked in cloud.asked if "os-hypervisors" in asked.path]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_list_is_whole_at_every_version(three: Cloud, run: Run, version: str) -> None:
    listed = rows(run(PINNED, version, "hypervisor", "list", "-f", "json"))
    assert [row["Hypervisor Hostname"] for row in listed] == ["rack7-1", "rack7_2", "été"]
    assert list(listed[0]) == COLUMNS
    assert [(row["State"], row["Status"]) for row in listed[:2]] == [
        ("up", "enabled"),
        ("down", "disabled"),
    ]
    assert set(versions(three)) == {version}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("part", "found"),
    [("rack7", ["rack7-1", "rack7_2"]), ("7_2", ["rack7_2"]), ("é", ["été"]), ("nothing", [])],
)
def test_a_part_of_the_name_selects(
    three: Cloud, run: Run, version: str, part: str, found: list[str]
) -> None:
    ended = run(PINNED, version, "hypervisor", "list", "--matching", part, "-f", "json")
    assert [row["Hypervisor Hostname"] for row in rows(ended)] == found


def test_what_is_used_is_asked_for_in_a_version_that_tells_it(three: Cloud, run: Run) -> None:
    listed = rows(run("hypervisor", "list", "--long", "-f", "json"))
    assert list(listed[0]) == [*COLUMNS, *USAGE, "Disabled Reason"]
    assert [listed[0][name] for name in USAGE] == [3, 16, 1024, 65536, 24, 1024, 2]
    assert [row["Disabled Reason"] for row in listed] == [None, "new fans", None]
    assert set(versions(three)) == {"2.87"}
    newest = rows(run(PINNED, "2.104", "hypervisor", "list", "--long", "-f", "json"))
    assert {newest[0][name] for name in USAGE} == {None}
    assert newest[1]["Disabled Reason"] == "new fans"


def test_an_older_server_is_spoken_to_in_its_own_version(three: Cloud, run: Run) -> None:
    three.newest = "2.60"
    assert run("hypervisor", "list", "--long").code == 0
    assert run("hypervisor", "stats").code == 0
    assert set(versions(three)) == {"2.60"}


def test_the_table_has_its_columns_in_order(three: Cloud, run: Run) -> None:
    table = run("hypervisor", "list").out.splitlines()
    assert [cell.strip() for cell in table[1].strip("|").split("|")] == COLUMNS
    header, row, *_ = run("hypervisor", "list", "-f", "csv", "--quote", "none").out.splitlines()
    assert header.split(",") == COLUMNS
    assert row == f"{uuid(1)},rack7-1,QEMU,192.0.2.7,up,enabled"


@pytest.mark.parametrize("version", [None, *VERSIONS])
def test_one_is_shown_by_its_name(three: Cloud, run: Run, version: str | None) -> None:
    pinned = (PINNED, version) if version else ()
    shown = json.loads(run(*pinned, "hypervisor", "show", "rack7-1", "-f", "json").out)
    newest = version in ("2.88", "2.104")
    assert shown["Uptime"] == UPTIME
    assert shown["vCPUs Used"] == (None if newest else 3)
    assert shown["CPU Info"] == (None if newest else {"model": "EPYC"})
    assert shown["Service Host"] == "rack7-1"


@pytest.mark.parametrize(("version", "key"), [("2.52", "1"), ("2.53", uuid(1)), ("2.104", uuid(1))])
def test_one_is_shown_by_its_id_without_a_list(
    three: Cloud, run: Run, version: str, key: str
) -> None:
    ended = run(PINNED, version, "hypervisor", "show", key, "-f", "value", "-c", "Service Host")
    assert ended.out == "rack7-1\n"
    assert three.calls[0] == ("GET", f"/v2.1/os-hypervisors/{key}")


@pytest.mark.parametrize("name", ["rack7_2", "été"])
def test_an_uptime_that_nobody_knows_is_empty(three: Cloud, run: Run, name: str) -> None:
    shown = json.loads(run("hypervisor", "show", name, "-f", "json").out)
    assert shown["Uptime"] is None


def test_the_processors_are_a_line_of_json_in_the_table(three: Cloud, run: Run) -> None:
    assert '{"model": "EPYC"}' in run("hypervisor", "show", "rack7-1").out


@pytest.mark.parametrize("name", ["rack7", "RACK7-1", "rack7-10", "9", uuid(9)])
def test_one_that_is_not_there_is_said_to_be_missing(three: Cloud, run: Run, name: str) -> None:
    ended = run("hypervisor", "show", name)
    assert ended.code == Exit.NOT_FOUND
    assert name in ended.err


def test_of_two_with_one_name_an_id_has_to_choose(three: Cloud, run: Run) -> None:
    three.hypervisors.append(made(4, "rack7-1"))
    ended = run("hypervisor", "show", "rack7-1")
    assert ended.code == Exit.FAILED
    assert f"choose one by its id ({uuid(1)}, {uuid(4)})" in ended.err


def test_totals_are_told_by_versions_up_to_2_87(three: Cloud, run: Run) -> None:
    shown = json.loads(run("hypervisor", "stats", "-f", "json").out)
    assert list(shown) == ["Hypervisors", *USAGE]
    assert (shown["Hypervisors"], shown["vCPUs"]) == (3, 48)
    assert versions(three) == ["2.87"]
    ended = run(PINNED, "2.88", "hypervisor", "stats")
    assert (ended.code, "2.87 or older" in ended.err) == (Exit.USAGE, True)


@pytest.mark.parametrize("words", ["list", "list --long", "list --matching a", "show a", "stats"])
def test_what_the_server_refuses_is_said_in_its_words(openrc: Cloud, run: Run, words: str) -> None:
    text = "Policy doesn't allow this to be performed."
    openrc.faults["os-hypervisors"] = fault(403, "forbidden", text)
    ended = run("hypervisor", *words.split())
    assert ended.code != 0
    assert text in ended.err


@pytest.mark.parametrize("body", [None, [], {}, {"hypervisors": None}, "x"])
@pytest.mark.parametrize("words", ["list", "show a", f"show {uuid(1)}", "stats"])
def test_an_answer_of_another_form_is_an_error(
    openrc: Cloud, run: Run, words: str, body: object
) -> None:
    openrc.faults["os-hypervisors"] = Fault(200, body)
    ended = run("hypervisor", *words.split())
    assert ended.code == Exit.FAILED
    assert "the server answered, but not with" in ended.err


def test_a_server_whose_pages_go_round_in_circles_ends_nowhere(three: Cloud, run: Run) -> None:
    link = {"rel": "next", "href": "http://elsewhere/v2.1/os-hypervisors/detail?marker=1"}
    body = {"hypervisors": [made(1, "a")], "hypervisors_links": [link]}
    three.faults["os-hypervisors"] = Fault(200, body)
    assert len(rows(run("hypervisor", "list", "-f", "json"))) == 2
