"""`hostdown server migrate`, `migration abort|force-complete`, and which requests they make."""

import pytest
from tests.cli import fake_servers
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud, Fault
from tests.cli.fake_servers import uuid

from hostdown.cli.errors import Exit

PINNED = "--os-compute-api-version"
AUTO = {"block_migration": "auto"}
OLDEST = {"block_migration": False, "disk_over_commit": False}


@pytest.fixture
def cloud(openrc: Cloud) -> Cloud:
    openrc.servers = [fake_servers.made(3, "web1")]
    openrc.faults["/action"] = Fault(202, None)
    return openrc


def posted(cloud: Cloud) -> list[object]:
    return [each.body for each in cloud.asked if each.path.endswith("/action")]


@pytest.mark.parametrize(
    ("version", "words", "body"),
    [
        ("2.104", ["--live"], {"os-migrateLive": {"host": None, **AUTO}}),
        ("2.25", ["--live", "--host", "b"], {"os-migrateLive": {"host": "b", **AUTO}}),
        ("2.24", ["--live"], {"os-migrateLive": {"host": None, **OLDEST}}),
        ("2.104", [], {"migrate": None}),
        ("2.56", ["--host", "b"], {"migrate": {"host": "b"}}),
        ("2.55", [], {"migrate": None}),
    ],
)
def test_what_is_asked_has_the_form_of_the_version(
    cloud: Cloud, run: Run, version: str, words: list[str], body: object
) -> None:
    ended = run(PINNED, version, "server", "migrate", *words, "web1")
    assert ended.code == 0, ended.err
    assert posted(cloud) == [body]


def test_before_2_56_no_host_can_be_named(cloud: Cloud, run: Run) -> None:
    ended = run(PINNED, "2.55", "server", "migrate", "--host", "b", "web1")
    assert ended.code == Exit.USAGE
    assert posted(cloud) == []


HISTORY = f"/v2.1/servers/{uuid(3)}/os-instance-actions"


def test_who_waits_is_told_that_it_has_not_moved(cloud: Cloud, run: Run) -> None:
    cloud.bodies[f"GET {HISTORY}"] = {"instanceActions": []}
    ended = run("server", "migrate", "--live", "--wait", "web1")
    assert ended.code == Exit.FAILED
    assert f"server {uuid(3)} has not moved: its history says why" in ended.err


def test_who_waits_is_told_why_it_has_not_moved(cloud: Cloud, run: Run) -> None:
    action = {"action": "live-migration", "request_id": "req-1"}
    cloud.bodies[f"GET {HISTORY}"] = {"instanceActions": [action]}
    events = {"events": [{"details": "compute2: it is down."}]}
    cloud.bodies[f"GET {HISTORY}/req-1"] = {"instanceAction": events}
    ended = run("server", "migrate", "--live", "--wait", "web1")
    assert ended.err.rstrip().endswith("has not moved: compute2: it is down.")


def test_one_in_progress_is_called_off_or_forced(cloud: Cloud, run: Run) -> None:
    cloud.faults[f"/servers/{uuid(3)}/migrations$"] = Fault(200, {"migrations": [{"id": 7}]})
    cloud.faults[f"/servers/{uuid(3)}/migrations/7$"] = Fault(202, None)
    assert run("migration", "abort", "web1").code == 0
    assert [each.path for each in cloud.asked][-1].endswith("/migrations/7")
    assert run("migration", "force-complete", "web1").code == 0
    assert posted(cloud) == [{"force_complete": None}]


@pytest.mark.parametrize(
    ("answer", "code"),
    [({"migrations": []}, Exit.NOT_FOUND), ({}, Exit.FAILED), ([], Exit.FAILED)],
)
def test_where_none_is_in_progress_nothing_is_asked(
    cloud: Cloud, run: Run, answer: object, code: Exit
) -> None:
    cloud.faults[f"/servers/{uuid(3)}/migrations$"] = Fault(200, answer)
    assert run("migration", "abort", "web1").code == code
    assert [method for method, _ in cloud.calls] == ["GET", "GET"]
