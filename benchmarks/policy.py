"""What a policy check costs, in this process; nothing is remembered from one check to the next."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

from hostdown.api.policy import NovaPolicy
from hostdown.api.policy_files import PolicySettings
from hostdown.api.ports import PolicyForbids
from hostdown.domain.model import Caller
from hostdown.domain.roles import with_implied

CHECKS = 20_000
PROJECTS = 10_000

HOT = {
    "list services": "os_compute_api:os-services:list",
    "force-down": "os_compute_api:os-services:update",
    "hypervisors detail": "os_compute_api:os-hypervisors:list-detail",
    "host_status of a server": "os_compute_api:servers:show:host_status",
    "a server": "os_compute_api:servers:show",
}
"""Rules asked by requests that come all the time."""

Check = tuple[str, str, float]


def checks() -> Iterator[Check]:
    """Rule, who asks, and µs of processor time for a check, over ever other projects' servers."""
    policy = NovaPolicy(PolicySettings(Path("/nonexistent/policy.yaml")))
    targets = [{"project_id": f"{n:032x}", "user_id": "owner"} for n in range(PROJECTS)]
    for what, rule in HOT.items():
        for role in ("admin", "member"):
            caller = Caller("ann", "ann", targets[0]["project_id"], with_implied([role]), "req-1")
            began = time.process_time()
            for target in itertools.islice(itertools.cycle(targets), CHECKS):
                try:
                    policy.check(rule, caller, target)
                except PolicyForbids:
                    continue
            yield what, role, (time.process_time() - began) / CHECKS * 1e6
