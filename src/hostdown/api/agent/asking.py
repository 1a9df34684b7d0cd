"""One request of an administrator to `/agent/v1`."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from hostdown.api.agent import wire
from hostdown.api.agent.messages import json_object
from hostdown.domain.liveness import LivenessPolicy
from hostdown.domain.model import Caller
from hostdown.domain.server_status import Precedence
from hostdown.services.fence_ports import FencePaths
from hostdown.services.hosts import Deployment
from hostdown.services.recovery_plan import Planning


class Asked(NamedTuple):
    """`name` is the host, or the number of the recovery, in its path, if there is one."""

    deployment: Deployment
    liveness: LivenessPolicy
    now: datetime
    environ: Mapping[str, object]
    name: str
    caller: Caller
    fences: FencePaths
    precedence: Precedence
    planning: Planning

    def fields(self) -> Mapping[str, object]:
        """Of its body, none without one; raises MessageMalformed, MessageTooLarge."""
        return json_object(wire.read_body(self.environ) or b"{}")
