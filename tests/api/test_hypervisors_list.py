"""Contract 6.2: listing hypervisors, in pages and by name."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from falcon.testing import Result
from tests.api.asking import told
from tests.api.hosting import ask, node
from tests.api.world import DOWN_AFTER, PROJECT, World, open_world

from hostdown.api.parts import ApiSettings
from hostdown.domain.model import ManagedNode

LONG_AGO = DOWN_AFTER + timedelta(seconds=1)
UNKNOWN = "f6d28711-9c10-470e-8b31-c03f498b0032"


def names(answer: Result) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["hypervisor_hostname"] for each in answer.json["hypervisors"]]


def unmap(world: World, host: str) -> None:
    record = world.directory.read(lambda rows: rows.hosts.named(host))
    gone = record._replace(deleted_at=world.clock.at)
    assert world.directory.write(lambda rows: rows.hosts.replace(record, gone))


# -------------------------------------------------------------------------------------- listing


def test_keys_come_in_the_contracts_order(world: World) -> None:
    node(world, "compute1")
    brief = ["id", "hypervisor_hostname", "state", "status"]
    described = [*brief, "hypervisor_type", "hypervisor_version", "host_ip", "service"]
    usage = [
        "vcpus", "memory_mb", "local_gb", "vcpus_used", "memory_mb_used", "local_gb_used",
        "free_ram_mb", "free_disk_gb", "current_workload", "running_vms", "disk_available_least",
        "cpu_info",
    ]  # fmt: skip
    for version in ("2.1", "2.52", "2.53", "2.87", "2.88", "2.104"):
        assert list(ask(world, "", version).json["hypervisors"][0]) == brief
    for version in ("2.1", "2.27", "2.28", "2.53", "2.87"):
        assert list(ask(world, "/detail", version).json["hypervisors"][0]) == described + usage
    for version in ("2.88", "2.104"):
        assert list(ask(world, "/detail", version).json["hypervisors"][0]) == [
            *described,
            "uptime",
        ]


def test_what_is_free_is_what_is_not_used(world: World) -> None:
    node(world, "compute1", memory_mb=100, memory_mb_used=130, local_gb=50, local_gb_used=20)
    shown = ask(world, "/detail", "2.87").json["hypervisors"][0]
    assert (shown["free_ram_mb"], shown["free_disk_gb"]) == (-30, 30)


def test_state_and_status_are_the_services(world: World) -> None:
    node(world, "up")
    node(world, "silent", LONG_AGO)
    forced = node(world, "forced").service
    world.replace(forced, forced._replace(forced_down=True))
    disabled = node(world, "disabled").service
    world.replace(disabled, disabled._replace(disabled=True, disabled_reason="fans"))
    listed = ask(world, "/detail").json["hypervisors"]
    seen = {each["hypervisor_hostname"]: (each["state"], each["status"]) for each in listed}
    assert seen == {
        "up": ("up", "enabled"),
        "silent": ("down", "enabled"),
        "forced": ("down", "enabled"),
        "disabled": ("up", "disabled"),
    }
    assert [each["service"]["disabled_reason"] for each in listed] == [None, None, None, "fans"]


def test_a_node_whose_service_or_host_is_gone_is_not_there(world: World) -> None:
    deleted, unmapped = node(world, "deleted"), node(world, "unmapped")
    node(world, "kept")
    world.cell.write(lambda rows: rows.services.delete(deleted.service, world.clock.at))
    unmap(world, "unmapped")
    assert names(ask(world)) == names(ask(world, "/detail", "2.1")) == ["kept"]
    for gone in (deleted, unmapped):
        message = f"Hypervisor with ID '{gone.node.uuid}' could not be found."
        assert told(ask(world, f"/{gone.node.uuid}")) == (404, message)
        assert told(ask(world, f"/{gone.node.id}/uptime", "2.1"))[0] == 404
        assert told(ask(world, f"/{gone.node.host}/search", "2.1"))[0] == 404
    assert ask(world, "/statistics", "2.1").json["hypervisor_statistics"]["count"] == 1


def test_a_cell_that_does_not_answer_makes_every_list_fail(world: World) -> None:
    found = node(world, "compute1")
    world.silence_cell()
    for below in ("", "/detail", "?limit=1", f"?marker={found.node.uuid}", f"/{found.node.uuid}"):
        assert ask(world, below).status_code == 500
    assert ask(world, "/statistics", "2.1").status_code == 500


# ---------------------------------------------------------------------------------------- pages


@pytest.fixture
def five(world: World) -> list[ManagedNode]:
    return [node(world, f"compute{number}") for number in range(5)]


@pytest.mark.parametrize("version", ["2.33", "2.52", "2.53", "2.104"])
@pytest.mark.parametrize("root", ["/v2.1", f"/v2.1/{PROJECT}"])
def test_pages_are_linked_from_the_first_to_the_last(
    world: World, five: list[ManagedNode], version: str, root: str
) -> None:
    for path in ("", "/detail"):
        seen: list[str] = []
        below = f"{path}?limit=2"
        while below:
            answer = ask(world, below, version, root)
            seen += names(answer)
            links = answer.json.get("hypervisors_links", [])
            below = ""
            for link in links:
                parts = urlsplit(link["href"])
                assert (link["rel"], parts.path) == ("next", f"{root}/os-hypervisors{path}")
                below = f"{path}?{parts.query}"
        assert seen == [each.node.host for each in five]


def test_nodes_that_are_not_shown_make_no_page_shorter(
    world: World, five: list[ManagedNode]
) -> None:
    for gone in ("compute1", "compute2"):
        unmap(world, gone)
    answer = ask(world, "?limit=2")
    assert names(answer) == ["compute0", "compute3"]
    assert answer.json["hypervisors_links"][0]["href"].endswith(
        f"?limit=2&marker={five[3].node.uuid}"
    )
    assert names(ask(world, f"?limit=2&marker={five[3].node.uuid}")) == ["compute4"]


def test_a_page_is_as_long_as_the_server_allows() -> None:
    with open_world(ApiSettings(max_limit=2)) as world:
        for number in range(3):
            node(world, f"compute{number}")
        assert len(names(ask(world, "", "2.32"))) == 3
        assert "hypervisors_links" not in ask(world, "", "2.32").json
        for query in ("", "?limit=3", "?limit=" + "9" * 40):
            answer = ask(world, query, "2.33")
            assert len(names(answer)) == 2
            assert "hypervisors_links" in answer.json


def test_no_link_follows_an_empty_page_or_the_last_one(
    world: World, five: list[ManagedNode]
) -> None:
    for query in ("?limit=0", f"?marker={five[4].node.uuid}", f"?marker={five[2].node.uuid}"):
        assert "hypervisors_links" not in ask(world, query).json
    assert "hypervisors_links" in ask(world, f"?limit=2&marker={five[2].node.uuid}").json


@pytest.mark.parametrize(
    ("version", "marker"),
    [("2.33", "7"), ("2.33", "abc"), ("2.52", UNKNOWN), ("2.52", "9" * 30), ("2.52", "-1"),
     ("2.53", UNKNOWN), ("2.53", "1"), ("2.104", "a b"), ("2.104", "")],
)  # fmt: skip
def test_a_marker_that_is_not_there_is_400(
    world: World, five: list[ManagedNode], version: str, marker: str
) -> None:
    answer = ask(world, f"?marker={marker}", version)
    assert told(answer) == (400, f"marker [{marker}] not found")


def test_before_pages_came_their_parameters_mean_nothing(
    world: World, five: list[ManagedNode]
) -> None:
    for query in ("?limit=1", "?limit=abc", "?marker=99", "?with_servers=x&what=ever"):
        assert len(names(ask(world, query, "2.32"))) == 5
        assert len(names(ask(world, "/detail" + query, "2.32"))) == 5


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?what=ever", "Additional properties are not allowed ('what' was unexpected)"),
        ("?limit=1&limit=1", "too long"),
        ("?marker=1&marker=1", "too long"),
        ("?with_servers=1&with_servers=1", "too long"),
        ("?hypervisor_hostname_pattern=a&hypervisor_hostname_pattern=a", "too long"),
        ("?limit=", "'' should be non-empty"),
        ("?limit=-1", "'-1' does not match '^[0-9]*$'"),
        ("?with_servers=maybe", "'maybe' is not one of"),
        ("?with_servers=", "'' is not one of"),
        ("?hypervisor_hostname_pattern=", "'' should be non-empty"),
        ("?hypervisor_hostname_pattern=a%25", "'a%' does not match"),
        ("?hypervisor_hostname_pattern=" + "x" * 256, "is too long"),
    ],
)
def test_from_2_53_on_a_query_is_checked(world: World, query: str, message: str) -> None:
    for path in ("", "/detail"):
        status, sentence = told(ask(world, path + query, "2.53"))
        assert status == 400
        assert message in sentence
    assert ask(world, query, "2.32").status_code == 200


# -------------------------------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("rack", ["rack_1.a", "rack%1.a", "rack-1.a"]),
        ("k_1", ["rack_1.a"]),
        (".", ["rack_1.a", "rack%1.a", "rack-1.a"]),
        ("RACK", ["RACK2"]),
        ("rack-1.a", ["rack-1.a"]),
    ],
)
def test_a_pattern_is_a_part_of_the_name_and_has_no_signs_of_its_own(
    world: World, pattern: str, found: list[str]
) -> None:
    for number, name in enumerate(("rack_1.a", "rack%1.a", "rack-1.a", "RACK2")):
        node(world, f"host{number}", hypervisor_hostname=name)
    query = f"?hypervisor_hostname_pattern={pattern}"
    assert names(ask(world, query)) == names(ask(world, f"/detail{query}")) == found
    assert names(ask(world, f"/{pattern}/search", "2.52")) == found
    assert names(ask(world, f"/{pattern}/servers", "2.52")) == found


def test_a_pattern_in_the_path_may_be_any_text(world: World) -> None:
    node(world, "compute1", hypervisor_hostname="100% été")
    assert names(ask(world, "/100%25%20/search", "2.1")) == ["100% été"]
    assert names(ask(world, "/%C3%A9t/search", "2.1")) == ["100% été"]
    for pattern, shown in (("%25%25", "%%"), ("x_", "x_"), ("%27", "'")):
        message = f"No hypervisor matching '{shown}' could be found."
        assert told(ask(world, f"/{pattern}/search", "2.1")) == (404, message)
    assert ask(world, "/%00/search", "2.1").status_code == 404


def test_a_pattern_that_matches_nothing_is_404(world: World) -> None:
    node(world, "compute1")
    message = "No hypervisor matching 'x9' could be found."
    for path in ("", "/detail"):
        assert told(ask(world, f"{path}?hypervisor_hostname_pattern=x9")) == (404, message)
    for action in ("search", "servers"):
        assert told(ask(world, f"/x9/{action}", "2.52")) == (404, message)


def test_a_pattern_and_a_page_are_refused_with_the_sentence_that_was_meant(world: World) -> None:
    found = node(world, "compute1")
    message = (
        "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not "
        "supported."
    )
    for paging in ("limit=1", "limit=0", f"marker={found.node.uuid}"):
        answer = ask(world, f"?hypervisor_hostname_pattern=compute&{paging}", "2.53")
        assert told(answer) == (400, message)


def test_what_matches_a_pattern_is_not_in_pages() -> None:
    with open_world(ApiSettings(max_limit=2)) as world:
        for number in range(3):
            node(world, f"compute{number}")
        answer = ask(world, "?hypervisor_hostname_pattern=compute")
        assert len(names(answer)) == 3
        assert "hypervisors_links" not in answer.json
