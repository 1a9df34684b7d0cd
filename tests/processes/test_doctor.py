"""OPNFV Doctor's chain on a real server: its monitor's event in, force-down, and alarms out.

The test plays Doctor's sample monitor and its consumer (docs/howto/doctor.md).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from benchmarks.seed import add_servers, seed
from tests.processes.harness import Server, serving, until
from tests.processes.seed import ADMIN, sqlite_file
from tests.telling.receivers import Receiver, receiving

from hostdown.drivers.system_clock import SystemClock
from hostdown.services.cell_ports import CellRows, Heartbeat
from hostdown.storage import DatabaseSettings, open_storage

PROJECT, OTHER = "1" * 32, "2" * 32
SERVERS = 10
HOST = "compute0"
SHOWN = {"os_compute_api:servers:show:host_status": "rule:admin_or_owner"}


class Doctor:
    """The deployment, and who plays which part."""

    def __init__(self, server: Server, consumer: Receiver, servers: list[str]) -> None:
        self.server = server
        self.consumer = consumer
        self.servers = servers
        self._pool = urllib3.PoolManager(retries=False, timeout=30)

    def ask(self, method: str, path: str, body: object = None, project: str = PROJECT) -> Any:  # noqa: ANN401 - parsed JSON
        tenant = {"X-Auth-Token": f"tenant:{project}", "OpenStack-API-Version": "compute 2.16"}
        headers = ADMIN if project == "admin" else tenant
        given = {} if body is None else {"json": body}
        answer = self._pool.request(method, self.server.url + path, headers=headers, **given)
        assert answer.status < 300, answer.data
        return answer.json() if answer.data else None

    def monitor(self, kind: str) -> None:
        """What Doctor's sample monitor sends to its Inspector."""
        details = {
            "hostname": HOST, "source": "sample_monitor", "cause": "link-down",
            "severity": "critical", "status": "down", "monitor_id": "monitor-1",
            "monitor_event_id": "123",
        }  # fmt: skip
        event = {"time": "2026-11-30T12:00:00", "type": kind, "details": details}
        self.ask("PUT", "/events", [event], "admin")

    def let_up(self) -> None:
        """What an operator does once the host is mended."""
        body = {"host": HOST, "binary": "nova-compute", "forced_down": False}
        self.ask("PUT", "/v2.1/os-services/force-down", body, "admin")

    def alarm(self, server: str, status: str = "DOWN", project: str = PROJECT) -> str:
        """What Doctor's consumer makes for each of its servers; its id."""
        query = [
            {"field": "traits.instance_id", "type": "", "op": "eq", "value": server},
            {"field": "traits.host_status", "type": "", "op": "eq", "value": status},
        ]
        wanted = {
            "name": f"doctor_alarm {server} {status}",
            "description": "VM failure",
            "enabled": True,
            "alarm_actions": [f"{self.consumer.url}/failure"],
            "repeat_actions": False,
            "severity": "moderate",
            "type": "event",
            "event_rule": {"event_type": "compute.instance.update", "query": query},
        }
        made = self.ask("POST", "/alarming/v2/alarms", wanted, project)
        return str(made["alarm_id"])

    def called(self) -> list[dict[str, Any]]:
        """What the consumer got, in its order."""
        return [json.loads(got.body) for got in list(self.consumer.got) if got.path == "/failure"]


def reported(settings: DatabaseSettings) -> None:
    """The host has just done so."""
    storage = open_storage(settings)

    def work(rows: CellRows) -> None:
        for each in rows.services.find(HOST):
            rows.reports.heartbeats([Heartbeat(each.id, SystemClock().now(), 1)])

    try:
        storage.cells.all()[0].write(work)
    finally:
        storage.close()


@pytest.fixture
def consumer() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def policy() -> dict[str, str]:
    return SHOWN


@pytest.fixture
def doctor(tmp_path: Path, consumer: Receiver, policy: dict[str, str]) -> Iterator[Doctor]:
    (tmp_path / "state").mkdir(mode=0o700)
    url = sqlite_file(tmp_path / "state").cell_url
    hosts = seed(url, 1, 0)
    servers = add_servers(url, SERVERS, hosts, PROJECT)
    reported(sqlite_file(tmp_path / "state"))
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(policy))
    with serving(
        tmp_path,
        DEFAULT={"service_down_time": 86400, "report_interval": 600},
        api={"auth_strategy": "noauth2"},
        oslo_policy={"policy_file": str(file)},
        recovery={"events": "word"},
        alarms={"allowed_networks": "127.0.0.0/8"},
    ) as server:
        yield Doctor(server, consumer, servers)


def test_one_event_of_a_monitor_calls_the_alarm_of_each_server(doctor: Doctor) -> None:
    alarms = {doctor.alarm(each): each for each in doctor.servers}
    doctor.monitor("compute.host.down")
    until(lambda: len(doctor.called()) == SERVERS)
    called = doctor.called()
    assert {each["alarm_id"] for each in called} == set(alarms)
    for each in called:
        assert (each["previous"], each["current"]) == ("insufficient data", "alarm")
        assert each["severity"] == "moderate"
        event = each["reason_data"]["event"]
        traits = {name: value for name, _, value in event["traits"]}
        assert event["event_type"] == "compute.instance.update"
        assert traits["instance_id"] == alarms[each["alarm_id"]]
        assert (traits["old_host_status"], traits["host_status"]) == ("UP", "DOWN")
        assert HOST not in json.dumps(each)
    shown = doctor.ask("GET", f"/v2.1/servers/{doctor.servers[0]}")["server"]
    assert shown["host_status"] == "DOWN"


def test_an_alarm_is_quiet_until_it_is_set_back(doctor: Doctor) -> None:
    alarm = doctor.alarm(doctor.servers[0])
    up = doctor.alarm(doctor.servers[0], "UP")
    doctor.monitor("compute.host.down")
    until(lambda: len(doctor.called()) == 1)
    doctor.let_up()
    until(lambda: len(doctor.called()) == 2)
    assert [each["alarm_id"] for each in doctor.called()] == [alarm, up]
    doctor.monitor("compute.host.down")
    doctor.ask("PUT", f"/alarming/v2/alarms/{up}/state", "ok")
    doctor.let_up()
    until(lambda: len(doctor.called()) == 3)
    assert doctor.called()[-1]["alarm_id"] == up
    (newest, *_) = doctor.ask("GET", f"/alarming/v2/alarms/{alarm}/history")
    assert (newest["type"], json.loads(newest["detail"])["state"]) == ("state transition", "alarm")


def test_nobody_hears_of_another_s_server(doctor: Doctor) -> None:
    doctor.alarm(doctor.servers[0], project=OTHER)
    mine = doctor.alarm(doctor.servers[0])
    doctor.monitor("compute.host.down")
    until(lambda: doctor.called())
    assert [each["alarm_id"] for each in doctor.called()] == [mine]


@pytest.mark.parametrize("policy", [{}])
def test_who_may_not_see_hosts_hears_nothing_of_them(doctor: Doctor) -> None:
    """What else happens to the server is told."""
    doctor.alarm(doctor.servers[0])
    everything = {
        "name": "all", "type": "event", "alarm_actions": [f"{doctor.consumer.url}/failure"],
        "event_rule": {"event_type": "compute.instance.*", "query": []}, "repeat_actions": True,
    }  # fmt: skip
    doctor.ask("POST", "/alarming/v2/alarms", everything)
    doctor.monitor("compute.host.down")
    body = {"server": {"name": "renamed"}}
    doctor.ask("PUT", f"/v2.1/servers/{doctor.servers[0]}", body)
    until(lambda: doctor.called())
    (told,) = doctor.called()
    traits = {name: value for name, _, value in told["reason_data"]["event"]["traits"]}
    assert traits["display_name"] == "renamed"
    assert "host_status" not in traits
