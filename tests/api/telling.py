"""What hears others about hosts, over a world of the API's tests."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from falcon.testing import Result, TestClient
from jsonschema import Draft202012Validator
from tests.api.world import ADMIN, World

from hostdown.api.app import create_app
from hostdown.api.credentials import LogIn
from hostdown.api.events.alerts import AlertRules
from hostdown.api.events.app import EventParts, EventsApi, mounted
from hostdown.api.events.operations import described
from hostdown.api.ports import Authenticator, Policy
from hostdown.domain.fault_events import FaultEvent, FaultKind
from hostdown.services.addresses import Addresses
from hostdown.services.fault_events import Reception


def event_apis(
    world: World,
    authenticator: Authenticator | None = None,
    policy: Policy | None = None,
    *,
    as_word: bool = False,
    kinds: Mapping[str, FaultKind] | None = None,
    log_in: LogIn | None = None,
) -> tuple[EventsApi, ...]:
    """Those of both paths."""
    parts = world.parts
    return mounted(
        EventParts(
            Reception(parts.cells, parts.directory, as_word),
            Addresses(parts.cells, parts.clock.monotonic),
            AlertRules("instance", kinds or {"HostDown": FaultKind.DOWN}),
            parts.clock,
            parts.liveness,
            authenticator or parts.authenticator,
            policy or parts.policy,
            log_in,
        )
    )


class Telling:
    """Requests to both paths."""

    def __init__(self, world: World, **given: Any) -> None:  # noqa: ANN401 - of `event_apis`
        self.world = world
        parts = replace(world.parts, applications=event_apis(world, **given))
        self.client = TestClient(create_app(parts))

    def ask(
        self,
        path: str,
        body: object = None,
        method: str = "PUT",
        token: str | None = ADMIN,
        **headers: str,
    ) -> Result:
        """Bytes are sent as they are, else JSON. Fails if the documents do not tell of it."""
        sent = {"X-Auth-Token": token} if token else {}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.client.simulate_request(method, path, headers=sent | headers, body=data)
        told = next(
            each for each in described(path) if each.method == method or answer.status_code == 405
        )
        schema = told.answer if answer.status_code == 200 else told.faults[answer.status_code]
        Draft202012Validator(schema).validate(answer.json)
        return answer

    def kept(self, host: str) -> list[FaultEvent]:
        """What was said of it, newest first."""
        record = self.world.directory.read(lambda rows: rows.hosts.named(host))
        assert record is not None
        host_id = record.id
        found: list[FaultEvent] = self.world.cell.read(
            lambda rows: rows.fault_events.of_host(host_id, 1000)
        )
        return found


def event(host: str = "host1", kind: str = "compute.host.down", **more: object) -> dict[str, Any]:
    """As Doctor's sample monitor sends it."""
    details = {
        "hostname": host,
        "status": "down",
        "monitor": "monitor_sample",
        "monitor_event_id": "monitor_sample_event1",
    }
    at = "2026-11-20T11:00:00.123456"
    return {"id": "monitor_sample_id1", "time": at, "type": kind, "details": details | more}
