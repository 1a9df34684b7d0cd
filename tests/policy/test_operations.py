"""Every operation of the whole application for every caller, by real requests."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from falcon.testing import Result, TestClient
from tests.api.alarming import alarm_api
from tests.api.imaging import image_api
from tests.api.measuring import metrics_api
from tests.api.telling import event_apis
from tests.api.test_flavors import add as add_flavor
from tests.api.world import World, novas_policy, open_world
from tests.policy.appendix_b import OWN, may
from tests.policy.callers import CALLERS, ByName
from tests.policy.operation import HOST, Operation
from tests.policy.operations import OPERATIONS, OWN_OPERATIONS, route_of, version
from tests.policy.wrong_cells import Cell, compare

from hostdown.api.agent.app import AgentApi, AgentParts
from hostdown.api.app import create_app
from hostdown.domain.model import Caller
from hostdown.services.alarms import Limits
from hostdown.services.hosts import Deployment
from hostdown.services.ports import Tolerances
from hostdown.services.recovery_desk import RecoveryPolicy
from hostdown.services.recovery_plan import Planning
from hostdown.services.reports import ReportIntake

ADMIN = "admin (project)"
READER = "reader (project)"
GLANCES = re.compile(r"You are not authorized to complete (\w+) action\.")
"""How the Image API says that policy does not allow something."""


class Heard:
    """Implements `api.ports.Policy`: Nova's defaults, and a note of every rule asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def check(self, rule: str, caller: Caller, target: Mapping[str, object]) -> None:
        self.asked.append(rule)
        novas_policy().check(rule, caller, target)


class House:
    """A world whose callers are those of the matrix, with hostdown's own paths."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.service(HOST)
        self.policy = Heard()
        parts = replace(world.parts, authenticator=ByName(), policy=self.policy)
        deployment = Deployment(
            parts.cells, parts.directory, Tolerances(timedelta(seconds=10), timedelta(seconds=60)),
            world.cell.name, True, b"secret", world.parts.zones,
        )  # fmt: skip
        intake = ReportIntake(parts.directory, parts.cells)
        agents = AgentApi(
            AgentParts(
                deployment,
                intake,
                parts.clock,
                parts.liveness,
                parts.authenticator,
                self.policy,
                parts.images,
                Planning(
                    parts.surveyor, parts.moves, RecoveryPolicy(True, timedelta(seconds=3), True)
                ),
            )
        )
        images = image_api(world, parts.authenticator, self.policy)
        events = event_apis(world, parts.authenticator, self.policy)
        alarms = alarm_api(world, parts.authenticator, self.policy, Limits())
        metrics = metrics_api(world, parts.authenticator, self.policy)
        mounted = (agents, *events, images, alarms, metrics)
        self.client = TestClient(create_app(replace(parts, applications=mounted)))

    def ask(
        self, operation: Operation, token: str | None, body: object = None, query: str = ""
    ) -> Result:
        sent = operation.body if body is None else body
        path, _, given = operation.made(self.world).partition("?")
        headers = {"X-Auth-Token": token} if token else {}
        root = ""
        if operation.version:
            headers["OpenStack-API-Version"] = f"compute {operation.version}"
            root = "/v2.1"
        return self.client.simulate_request(
            operation.method,
            root + path,
            query_string="&".join(filter(None, (given, query))),
            headers=headers | {"Content-Type": operation.kind},
            body=None if sent is None else orjson.dumps(sent),
        )


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_world() as world:
        yield House(world)


def label(operation: Operation) -> str:
    of_others = "" if operation.target == OWN else " (of others)"
    return f"{operation.method} {operation.path} {operation.version}{of_others}".rstrip()


def observed(answer: Result, operation: Operation) -> str:
    if answer.status_code == operation.success:
        return "yes"
    if answer.status_code == 403 and (page := GLANCES.search(answer.text)):
        return f"Policy doesn't allow {page[1]} to be performed."
    if answer.status_code == 403:
        return _sentence(answer)
    if operation.hidden and answer.status_code == 404:
        return "404"
    return f"{answer.status_code} {answer.text[:200]}"


def _sentence(answer: Result) -> str:
    if "error_message" in answer.json:
        return str(answer.json["error_message"]["faultstring"])
    return str(answer.json.get("forbidden", answer.json.get("error"))["message"])


def expected(operation: Operation, caller: Caller) -> str:
    mine = caller.project_id == operation.target.project_id
    if operation.hidden and not mine and "admin" not in caller.roles:
        return "404" if operation.success != 404 else "yes"
    for rule in (operation.rule, *operation.further):
        if rule is not None and not may(rule, caller, operation.target):
            last = operation.further[-1:] == (rule,)
            usual = f"Policy doesn't allow {rule} to be performed."
            return (last and operation.words) or usual
    return "yes"


def test_every_operation_for_every_caller(house: House) -> None:
    cells = [
        Cell(
            label(operation),
            name,
            expected(operation, caller),
            observed(house.ask(operation, name), operation),
        )
        for operation in (*OPERATIONS, *OWN_OPERATIONS)
        for name, caller in CALLERS.items()
    ]
    compare(cells)


def test_every_operation_asks_its_rules_and_no_others(house: House) -> None:
    """So that the documents, which name the rules of each operation, are right."""
    cells = []
    for operation in (*OPERATIONS, *OWN_OPERATIONS):
        house.policy.asked.clear()
        house.ask(operation, ADMIN)
        asked = ", ".join(sorted(set(house.policy.asked)))
        rules = ", ".join(sorted(operation.rules()))
        cells.append(Cell(label(operation), ADMIN, rules, asked))
    compare(cells)


def test_a_list_asks_as_often_however_long_it_is() -> None:
    with open_world() as world:
        house = House(world)

        def asked(operation: Operation) -> int:
            house.policy.asked.clear()
            house.ask(operation, ADMIN)
            return len(house.policy.asked)

        lists = [o for o in OPERATIONS if o.method == "GET" and "{" not in o.path]
        before = list(map(asked, lists))
        for number in range(5):
            world.service(f"more{number}")
            add_flavor(world, f"more{number}")
        assert list(map(asked, lists)) == before


def test_without_a_token_nothing_is_looked_at(house: House) -> None:
    """Neither the body, nor the query, nor the version (contract 1.8)."""
    cells = [
        Cell(label(operation), "nobody", "401", str(answer.status_code))
        for operation in (*OPERATIONS, *OWN_OPERATIONS)
        if operation.path != "/"  # /v2.1/ is a version document, which everybody may read
        for answer in (
            house.ask(operation, None),
            house.ask(operation, "a bad token"),
            house.ask(operation, None, body={"no such key": 1}, query="no-such-parameter=1"),
            house.ask(operation._replace(version=operation.version and "99.99"), None),
        )
    ]
    compare(cells)


def test_a_bad_body_is_told_before_the_lack_of_rights(house: House) -> None:
    """Contract 1.8: a caller without rights sees 400 for a bad body before 403."""
    cells = [
        Cell(label(operation), READER, "400", str(answer.status_code))
        for operation in OPERATIONS
        if operation.body is not None
        for answer in [house.ask(operation, READER, body={"no such key": []})]
    ]
    compare(cells)


def test_a_bad_query_is_told_before_the_lack_of_rights(house: House) -> None:
    cells = [
        Cell(label(operation), READER, "400", str(answer.status_code))
        for operation in OPERATIONS
        for query in [route_of(operation).query]
        if query and query.closed_since and query.closed_since <= version(operation)
        for answer in [house.ask(operation, READER, query="no-such-parameter=1")]
    ]
    compare(cells)
