"""What the driver makes of clouds that refuse, say nothing, or are something else."""

import socket
from typing import Any

import pytest
from tests.clouds.odd_cloud import TIMEOUT_S, Odd, odd_cloud

from hostdown.domain.cloud_errors import CloudFailed, CloudNotCleared, CloudSilent, CloudUnlike
from hostdown.drivers import openstack_cloud
from hostdown.drivers.openstack_cloud import CloudAccess, OpenstackCloud

# openstacksdk warns itself of parts of its own that will go.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")

SERVICE = {"id": "s1", "binary": "nova-compute", "host": "h1", "status": "enabled", "state": "up",
           "forced_down": False}  # fmt: skip
PARTIAL = {"id": "s1", "binary": "nova-compute", "host": "h1", "status": "UNKNOWN"}
SERVER = {"id": "some", "OS-EXT-STS:vm_state": "active", "OS-EXT-STS:task_state": None,
          "metadata": {}}  # fmt: skip
FAULT = {"fault": {"message": "because", "code": 1}}


def failure(odd: Odd) -> CloudFailed:
    with odd_cloud(odd) as (cloud, _), pytest.raises(CloudFailed) as caught:
        cloud.services()
    assert "secret" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("status", "retry"),
    [(400, False), (403, False), (404, False), (409, True), (429, True), (500, True), (503, True)],
)
def test_a_refusal_says_why_and_whether_a_retry_can_help(status: int, retry: bool) -> None:
    found = failure(Odd(FAULT, status))
    assert type(found) is CloudFailed
    assert found.retry is retry
    assert str(found).startswith(f"The cloud refused to list the compute services ({status}): ")
    assert "because" in str(found)


def test_a_wrong_password_is_told_with_what_to_do() -> None:
    found = failure(Odd([], login_status=401))
    assert str(found).endswith("; check its user and password.")
    assert not found.retry


def test_a_missing_role_is_told_with_what_to_do() -> None:
    assert "needs the role admin" in str(failure(Odd(FAULT, 403)))


def test_a_cloud_that_does_not_answer_is_silent_and_asked_once() -> None:
    odd = Odd({"server": SERVER}, acts=False)
    with odd_cloud(odd) as (cloud, asked), pytest.raises(CloudSilent) as caught:
        cloud.evacuate("some")
    assert caught.value.retry
    assert [method for method, _, _ in asked] == ["GET", "POST"]
    assert "timed out" in str(caught.value)


def test_a_cloud_that_is_not_there_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v3"
    with pytest.raises(CloudSilent):
        OpenstackCloud(CloudAccess(url, "u", "p", "p", TIMEOUT_S)).services()


def test_a_cloud_that_takes_connections_only_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/v3"
        with pytest.raises(CloudSilent):
            OpenstackCloud(CloudAccess(url, "u", "p", "p", TIMEOUT_S)).services()


@pytest.mark.parametrize("answer", ["<html>", "{", {"services": 7}, {"services": [7]}, [], "null"])
def test_what_is_no_compute_api_is_told_so(answer: object) -> None:
    found = failure(Odd(answer))
    assert type(found) is CloudUnlike
    assert not found.retry


def test_a_catalog_without_compute_is_told_so() -> None:
    assert type(failure(Odd([], catalog=False))) is CloudUnlike


@pytest.mark.parametrize("newest", ["2.1", "2.52"])
def test_a_cloud_that_is_too_old_is_told_so(newest: str) -> None:
    found = failure(Odd({"services": []}, newest=newest))
    assert type(found) is CloudUnlike
    assert "2.53" in str(found)


@pytest.mark.parametrize(
    ("newest", "spoken"), [("2.60", "2.60"), ("2.94", "2.94"), ("2.104", "2.94")]
)
def test_it_speaks_the_newest_version_that_starts_evacuated_servers(
    newest: str, spoken: str
) -> None:
    with odd_cloud(Odd({"server": SERVER}, newest=newest)) as (cloud, asked):
        cloud.evacuate("some")
    assert [version for _, _, version in asked] == [f"compute {spoken}"] * 2


def test_a_service_whose_cell_does_not_answer_is_neither_up_nor_down() -> None:
    with odd_cloud(Odd({"services": [SERVICE, PARTIAL]})) as (cloud, _):
        assert [each.up for each in cloud.services()] == [True, None]


def test_a_service_that_is_disabled_may_be_up() -> None:
    with odd_cloud(Odd({"services": [SERVICE | {"status": "disabled"}]})) as (cloud, _):
        assert list(cloud.services()) == [("s1", "h1", True, True, False)]


def test_a_list_is_read_over_all_pages_and_not_without_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here each page says that another one follows."""
    monkeypatch.setattr(openstack_cloud, "PAGES_MAX", 3)
    odd = Odd({"servers": [SERVER], "servers_links": [{"rel": "next", "href": "{url}/v2.1/more"}]})
    with odd_cloud(odd) as (cloud, asked), pytest.raises(CloudUnlike, match="no end"):
        cloud.servers_on("h1")
    assert [path.partition("?")[0] for _, path, _ in asked] == [
        "/v2.1/servers/detail", *["/v2.1/more"] * 3,
    ]  # fmt: skip


def test_servers_are_not_told_by_halves() -> None:
    """A server of a cell that does not answer has neither a host nor a state."""
    server: dict[str, Any] = {"id": "x", "status": "UNKNOWN", "created": "2026-01-01T00:00:00Z"}
    with odd_cloud(Odd({"servers": [server]})) as (cloud, _), pytest.raises(CloudFailed) as caught:
        cloud.servers_on("h1")
    assert caught.value.retry
    assert "cells" in str(caught.value)


def test_a_host_with_two_services_is_not_forced_down() -> None:
    with odd_cloud(Odd({"services": [SERVICE, SERVICE]})) as (cloud, asked):
        with pytest.raises(CloudFailed, match="2 compute services"):
            cloud.force_down("h1")
        assert [method for method, _, _ in asked] == ["GET"]


@pytest.mark.parametrize(("status", "kind"), [(400, CloudNotCleared), (500, CloudFailed)])
def test_a_400_to_letting_a_host_up_means_that_it_has_to_clear_up(status: int, kind: type) -> None:
    odd = Odd({"services": [SERVICE], "migrations": []}, change_status=status)
    with odd_cloud(odd) as (cloud, _), pytest.raises(CloudFailed, match="because") as caught:
        cloud.clear_force_down("h1")
    assert (type(caught.value), caught.value.retry) == (kind, True)


def test_a_400_to_finding_its_service_does_not() -> None:
    with odd_cloud(Odd(FAULT, 400)) as (cloud, _), pytest.raises(CloudFailed) as caught:
        cloud.clear_force_down("h1")
    assert (type(caught.value), caught.value.retry) == (CloudFailed, False)
