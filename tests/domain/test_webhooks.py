"""Which events an operator's webhook gets, and in which form."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

import hostdown
from hostdown.domain.deliveries import DIRECTORY, Event
from hostdown.domain.severity import Severity, severity
from hostdown.domain.webhooks import FAMILIES, Wanted, cloud_event, names_events

AT = datetime(2026, 3, 10, 12, 0, 1, 250000)


def event(
    kind: str = "host.unreachable",
    payload: Mapping[str, object] | None = None,
    source: str = "cell1",
) -> Event:
    told = {"host": "rack1-a"} if payload is None else payload
    return Event(7, "e7", source, AT, "rack1-a", kind, told, "req-1")


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("host.unreachable", Severity.CRITICAL),
        ("host.reachable", Severity.INFO),
        ("host.fencing_broken", Severity.WARNING),
        ("recovery.held", Severity.CRITICAL),
        ("recovery.done", Severity.WARNING),
        ("instance.create.error", Severity.WARNING),
        ("instance.create.end", Severity.INFO),
    ],
)
def test_how_bad_an_event_is(kind: str, how: Severity) -> None:
    assert severity(kind) is how


def test_who_says_nothing_wants_everything() -> None:
    assert Wanted().fits(event())
    assert Wanted().fits(event("aggregate.create.end", {}, DIRECTORY))


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Wanted(events=["host.*"]), True),
        (Wanted(events=["instance.*", "host.reachable"]), False),
        (Wanted(hosts=["rack1-*"]), True),
        (Wanted(hosts=["rack2-*", "RACK1-*"]), False),
        (Wanted(least=Severity.CRITICAL), True),
        (Wanted(projects=["p1"]), False),
        (Wanted(events=["host.*"], hosts=["rack2-*"]), False),
    ],
)
def test_an_event_must_fit_all_that_is_wanted(wanted: Wanted, fits: bool) -> None:
    assert wanted.fits(event()) is fits


def test_a_server_s_event_is_of_its_project_and_its_host() -> None:
    told = {"tenant_id": "p1", "host": None}
    assert Wanted(projects=["p1"]).fits(event("instance.update", told))
    assert not Wanted(projects=["p2"]).fits(event("instance.update", told))
    assert not Wanted(hosts=["*"]).fits(event("instance.update", told))
    assert Wanted(projects=["p1"]).fits(event("server_group.create", {"project_id": "p1"}))


def test_the_form_is_that_of_cloud_events() -> None:
    assert cloud_event(event()) == {
        "specversion": "1.0",
        "id": "e7",
        "source": "/hostdown/cells/cell1",
        "type": "hostdown.host.unreachable",
        "subject": "rack1-a",
        "time": "2026-03-10T12:00:01.250000Z",
        "datacontenttype": "application/json",
        "severity": "critical",
        "requestid": "req-1",
        "data": {"host": "rack1-a"},
    }
    assert cloud_event(event(source=DIRECTORY))["source"] == "/hostdown/directory"
    assert "subject" not in cloud_event(event()._replace(subject=""))


@pytest.mark.parametrize(
    ("pattern", "may"),
    [
        ("*", True), ("host.*", True), ("*.error", True), ("h?st.*", True), ("[hr]*", True),
        ("compute_task.build_instances.error", True), ("instance.*.[!e]*", True), ("hos*", True),
        ("host", False), ("hosts.*", False), ("Host.*", False), ("hostdown.host.*", False),
        ("host.[a", False), ("host, recovery", False), ("", False),
    ],
)  # fmt: skip
def test_some_event_could_have_a_name_of_a_pattern(pattern: str, may: bool) -> None:
    assert names_events(pattern) is may


def test_the_families_are_those_of_all_that_is_written_to_be_told() -> None:
    named = re.compile(r"Change\(\s*[\w.]+,\s*[\w.]+,\s*f?\"(\w+)\.")
    found = {
        family
        for path in (Path(hostdown.__file__).parent / "services").rglob("*.py")
        for family in named.findall(path.read_text())
    }
    assert found - {"deliveries"} <= set(FAMILIES)  # that is kept in the journal, and not told
    assert {"host", "recovery", "service", "aggregate"} <= found
