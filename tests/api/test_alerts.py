"""Alertmanager's webhook."""

from typing import Any

import pytest
from tests.api.hosting import node
from tests.api.telling import Telling
from tests.api.world import World

from hostdown.domain.fault_events import FaultKind

KINDS = {"HostDown": FaultKind.DOWN, "HostHot": FaultKind.DEGRADED}


@pytest.fixture
def telling(world: World) -> Telling:
    node(world, "host1", host_ip="192.0.2.7")
    node(world, "host2", host_ip="2001:db8::2")
    for host in ("twin1", "twin2"):
        node(world, host, host_ip="192.0.2.9")
    return Telling(world, kinds=KINDS)


def alert(
    name: str = "HostDown", instance: str = "host1", status: str = "firing", **more: object
) -> dict[str, Any]:
    """As Prometheus' documents show it."""
    return {
        "status": status,
        "labels": {"alertname": name, "instance": instance, "severity": "critical"},
        "annotations": {"summary": "it does not answer"},
        "startsAt": "2026-11-20T09:59:00.828Z",
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-11-20T10:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "1a30ba71cca2921f",
    } | more


def webhook(*alerts: object) -> dict[str, Any]:
    return {
        "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing",
        "receiver": "hostdown", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093", "alerts": list(alerts),
    }  # fmt: skip


def post(telling: Telling, *alerts: object) -> dict[str, Any]:
    answer = telling.ask("/alertmanager", webhook(*alerts), "POST")
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def test_an_alert_says_what_configuration_makes_of_it(telling: Telling) -> None:
    answer = post(telling, alert(), alert("HostHot"), alert("DiskFull"))
    assert [(each["kind"], each["source"]) for each in answer["events"]] == [
        ("compute.host.down", "alertmanager/HostDown"),
        ("compute.host.degraded", "alertmanager/HostHot"),
    ]
    (ignored,) = answer["ignored"]
    assert (ignored["alert"], ignored["host"]) == ("DiskFull", "host1")
    kept = telling.kept("host1")[-1]
    assert (kept.event_id, kept.said_at) == ("1a30ba71cca2921f", "2026-11-20T09:59:00.828Z")
    assert kept.details == {
        "alertname": "HostDown", "instance": "host1", "severity": "critical",
        "summary": "it does not answer",
    }  # fmt: skip


def test_a_resolved_one_takes_back_what_that_alert_said(telling: Telling) -> None:
    (taken,) = post(telling, alert(status="resolved"))["events"]
    assert (taken["kind"], taken["source"]) == ("compute.host.up", "alertmanager/HostDown")
    assert telling.kept("host1")[0].said_at == "2026-11-20T10:00:00Z"


@pytest.mark.parametrize(
    ("instance", "host"),
    [
        ("host1", "host1"),
        ("host1:9100", "host1"),
        ("192.0.2.7", "host1"),
        ("192.0.2.7:9100", "host1"),
        ("::ffff:192.0.2.7", "host1"),
        ("[2001:db8:0::2]:9100", "host2"),
        ("192.0.2.9", None),  # two hosts say that it is theirs
        ("192.0.2.8", None),
        ("host3", None),
        ("\x00", None),
        ("", None),
    ],
)
def test_a_host_is_named_by_name_or_address(
    telling: Telling, instance: str, host: str | None
) -> None:
    answer = post(telling, alert(instance=instance), alert())
    assert [each["host"] for each in answer["events"]] == [*filter(None, [host]), "host1"]
    assert len(answer["ignored"]) == (host is None)


def test_too_much_text_is_cut_and_not_refused(telling: Telling) -> None:
    long = {"summary": "x" * 5000}
    post(telling, alert(annotations=long))
    assert "summary" not in telling.kept("host1")[0].details
    labels = {"alertname": "HostHot", "instance": "host1", "more": "x" * 5000}
    post(telling, alert(labels=labels))
    assert telling.kept("host1")[0].details == {"alertname": "HostHot"}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"version": "3", "alerts": []},
        webhook(7),
        webhook(alert(status="odd")),
        webhook(alert() | {"labels": {"alertname": 7}}),
        webhook(alert() | {"labels": None}),
        webhook(*[alert()] * 1001),
    ],
)
def test_what_is_no_webhook_of_version_4_is_refused(telling: Telling, body: object) -> None:
    answer = telling.ask("/alertmanager", body, "POST")
    assert answer.status_code == 400, answer.text
    assert telling.kept("host1") == []


def test_a_thousand_alerts_with_a_kilobyte_each_are_taken(telling: Telling) -> None:
    labels = {"alertname": "HostDown", "instance": "host1:9100", "more": "x" * 700}
    many = [alert(labels=labels, fingerprint=str(number)) for number in range(1000)]
    assert len(post(telling, *many)["events"]) == 1000
