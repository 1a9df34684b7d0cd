"""An instance, a host and an outcome to begin with; tests name what matters to them."""

from datetime import datetime
from itertools import product

from hostdown.domain.assignment import Outcome, PowerState, Wanted
from hostdown.domain.destinations import Candidate
from hostdown.domain.instance import Extras, Instance, TaskState, VmState
from hostdown.domain.liveness import State
from hostdown.domain.migration import Migration, MigrationType, Status, Step, Wish
from hostdown.domain.model import Flavor, Resources

NOW = datetime(2026, 3, 1, 12)
LONG_AGO = datetime(2025, 3, 1, 12)
FLAVOR = Flavor(1, "f1", "m1.tiny", 2, 512, 7, 0, 0, 1.0, True, False, None, {})

TASKS = (None, *TaskState)
STATES = tuple(product(VmState, TASKS))
"""Everything that an instance can be while anything, or nothing, goes on."""


def instance(**facts: object) -> Instance:
    """A server that runs and ran before, unless `facts` say otherwise."""
    plain: dict[str, object] = {
        **dict.fromkeys(Instance._fields),
        "id": 1,
        "uuid": "u",
        "project_id": "p",
        "user_id": "u",
        "name": "n",
        "hostname": "n",
        "host": "compute1",
        "vm_state": VmState.ACTIVE.value,
        "power_state": int(PowerState.RUNNING),
        "wanted": Wanted.RUNNING.value,
        "order": 5,
        "flavor": FLAVOR,
        "image_properties": {},
        "network": "none",
        "mac": "52:54:00:00:00:01",
        "metadata": {},
        "hints": {},
        "extras": Extras(),
        "created_at": LONG_AGO,
        "launched_at": LONG_AGO,
        "deleted": False,
        "revision": 1,
    }
    return Instance(**(plain | facts))  # type: ignore[arg-type] # a table of facts


def outcome(state: PowerState = PowerState.RUNNING, order: int = 5, **facts: object) -> Outcome:
    """What a host says of `instance()`."""
    plain: dict[str, object] = {"uuid": "u", "generation": 1, "claimed": True}
    return Outcome(order=order, state=state, **(plain | facts))  # type: ignore[arg-type] # as above


def migration(**facts: object) -> Migration:
    """An evacuation from `compute1` that was just asked for."""
    plain: dict[str, object] = {
        **dict.fromkeys(Migration._fields),
        "id": 1,
        "uuid": "m",
        "instance": "u",
        "type": MigrationType.EVACUATION,
        "status": Status.ACCEPTED,
        "source_host": "compute1",
        "source_node": "compute1.node",
        "user_id": "a",
        "project_id": "q",
        "request_id": "req-1",
        "created_at": LONG_AGO,
        "deleted": False,
        "wish": Wish(None, False, "admin", Wanted.RUNNING.value),
        "generation": 0,
        "source_number": 0,
        "tried": {},
        "priority": 0,
        "step": Step.PLACE,
        "revision": 1,
    }
    return Migration(**(plain | facts))  # type: ignore[arg-type] # as above


def candidate(host: str = "a", **facts: object) -> Candidate:
    """A host with 4 processors, 4,096 MiB and 40 GiB of which nothing was promised."""
    resources = Resources(4, 4096, 40, 0, 0, 0, 0, "QEMU", 1, host, "192.0.2.1", "{}", None)
    plain = Candidate(host, f"{host}.node", "nova", True, State.UP, resources, 1, 0, 0, 0)
    return plain._replace(**facts)  # type: ignore[arg-type] # as above
