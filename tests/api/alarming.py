"""The Alarming API in a world."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import orjson
from falcon.testing import Result, TestClient
from jsonschema import Draft202012Validator
from tests.api.imaging import MEMBER, OTHER
from tests.api.world import ADMIN, PROJECT, READER, World

from hostdown.api.alarm.app import AlarmApi, AlarmParts
from hostdown.api.alarm.operations import OPERATIONS
from hostdown.api.app import create_app
from hostdown.api.errors import MethodNotAllowed, NoRoute
from hostdown.api.ports import Authenticator, Policy
from hostdown.api.routing import RouteTable
from hostdown.domain.networks import may_reach
from hostdown.services.alarm_actions import MayReach
from hostdown.services.alarms import Limits

__all__ = ["ADMIN", "MEMBER", "OTHER", "PROJECT", "READER", "Alarms", "alarm_api"]

OTHERS = OTHER.partition(":")[2]
LIMITS = Limits(project=5, user=-1)
INVALID = "Invalid input for field/attribute "
ALARM: dict[str, Any] = {"name": "n", "type": "event", "event_rule": {}}
_DESCRIBED = RouteTable(OPERATIONS)


def alarm_api(
    world: World,
    authenticator: Authenticator | None = None,
    policy: Policy | None = None,
    limits: Limits = LIMITS,
    reaches: MayReach = lambda address: may_reach(address, [], []),
) -> AlarmApi:
    """Nobody may call an address that is not public, unless `reaches` says otherwise."""
    parts = world.parts
    return AlarmApi(
        AlarmParts(
            world.directory,
            world.clock,
            authenticator or parts.authenticator,
            policy or parts.policy,
            limits,
            reaches,
        )
    )


class Alarms:
    """Requests to the Alarming API."""

    def __init__(self, world: World, limits: Limits = LIMITS) -> None:
        self.world = world
        self.reaches: MayReach = lambda address: may_reach(address, [], [])
        own = alarm_api(world, limits=limits, reaches=lambda address: self.reaches(address))
        parts = replace(world.parts, applications=(own,))
        self.client = TestClient(create_app(parts))

    def ask(
        self, method: str, path: str, body: object = None, token: str | None = MEMBER
    ) -> Result:
        """`path` follows `/alarming/v2`; bytes are sent as they are, else JSON.

        Fails if the documents do not tell of the answer.
        """
        sent = {"X-Auth-Token": token} if token else {}
        data = body if isinstance(body, bytes) else None if body is None else orjson.dumps(body)
        answer = self.client.simulate_request(
            method, f"/alarming/v2{path}", headers=sent, body=data
        )
        _check(method, path.partition("?")[0], answer)
        return answer

    def make(self, token: str = MEMBER, **facts: object) -> dict[str, Any]:
        """A new alarm; the clock goes on."""
        answer = self.ask("POST", "/alarms", {**ALARM, **facts}, token)
        assert answer.status_code == 201, answer.text
        self.tick()
        made: dict[str, Any] = answer.json
        return made

    def tick(self) -> None:
        self.world.clock.at = self.world.clock.at.replace(second=self.world.clock.at.second + 1)

    def names(self, path: str = "/alarms", token: str = MEMBER, **conditions: str) -> list[str]:
        """Of the alarms on a page, by some conditions."""
        query = [
            pair
            for field, value in conditions.items()
            for pair in (("q.field", field), ("q.op", "eq"), ("q.value", value))
        ]
        joined = "&".join(filter(None, (path.partition("?")[2], urlencode(query))))
        answer = self.ask("GET", f"{path.partition('?')[0]}?{joined}", token=token)
        assert answer.status_code == 200, answer.text
        return [each["name"] for each in answer.json]

    def search(
        self, expression: object, token: str = MEMBER, path: str = "/query/alarms", **more: object
    ) -> Result:
        body = {"filter": orjson.dumps(expression).decode(), **more}
        return self.ask("POST", path, body, token)

    def history(self, alarm: dict[str, Any], token: str = MEMBER) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(
            "GET", f"/alarms/{alarm['alarm_id']}/history", token=token
        ).json
        return found


def said(answer: Result) -> str:
    """The sentence of an answer that refuses something."""
    return str(answer.json["error_message"]["faultstring"])


def _check(method: str, path: str, answer: Result) -> None:
    try:
        found, _ = _DESCRIBED.find(method, f"/v2{path}".rstrip("/"))
    except (NoRoute, MethodNotAllowed):
        assert answer.status_code in (401, 404, 405)
        return
    if answer.status_code < 400:
        assert answer.status_code == found.success
        if found.answer is not None:
            Draft202012Validator(found.answer).validate(answer.json)
    else:
        schema = found.faults[answer.status_code]
        assert not isinstance(schema, str)
        Draft202012Validator(schema).validate(answer.json)
