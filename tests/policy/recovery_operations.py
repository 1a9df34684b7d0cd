"""What administrators see of recoveries and of what others are told, and may say to them."""

from datetime import datetime

from tests.api.world import World
from tests.policy.operation import Made, Operation, at, new_name

from hostdown.domain.recovery import Held, Stage
from hostdown.services.recovery_ports import Recovery

_NOW = datetime(2026, 3, 1, 12)
_PATH = "/agent/v1/recoveries"
_PLAN = "/agent/v1/hosts/{name}/recovery-plan"


def _held(path: str) -> Made:
    """A recovery that the storm gate holds."""

    def made(world: World) -> str:
        name = new_name()
        world.service(name)
        kept = world.cell.write(lambda rows: rows.recoveries.add(_recovery(name)))
        assert kept is not None
        return path.format(name=kept.id)

    return made


def _lives(path: str) -> Made:
    """A host that nothing is wrong with."""

    def made(world: World) -> str:
        name = new_name()
        world.service(name)
        return path.format(name=name)

    return made


def _recovery(name: str) -> Recovery:
    return Recovery(
        id=0, host_id=f"id of {name}", host=name, boot=1, domain="nova", stage=Stage.HELD,
        held=Held.GATE, reason="a storm", silent_at=_NOW, begun_at=_NOW, due_at=_NOW,
        attempted_at=None, gated=False, released=False, level=0, level_at=None, sent_at=None,
        cut_at=None, evacuated_at=None, proof=None, forced=False, ended_at=None, revision=0,
    )  # fmt: skip


_DISARMINGS = "/agent/v1/disarmings"
_ALL = {"scope": "all"}
_DELIVERIES, _DEAD = "/agent/v1/deliveries", "/agent/v1/dead-letters"

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", _PATH, "", "hostdown:recoveries:list", at(_PATH)),
    Operation("GET", _PLAN, "", "hostdown:recoveries:plan", _lives(_PLAN)),
    Operation(
        "GET", f"{_PATH}/{{name}}", "", "hostdown:recoveries:show", _held(f"{_PATH}/{{name}}")
    ),
    Operation(
        "GET", f"{_PATH}/{{name}}/profile", "", "hostdown:recoveries:show",
        _held(f"{_PATH}/{{name}}/profile"),
    ),
    *(
        Operation(
            "POST", f"{_PATH}/{{name}}/{word}", "", f"hostdown:recoveries:{word.replace('-', '_')}",
            _held(f"{_PATH}/{{name}}/{word}"),
        )
        for word in ("hold", "release", "confirm-off")
    ),
    Operation("GET", _DISARMINGS, "", "hostdown:recoveries:list", at(_DISARMINGS)),
    Operation(
        "POST", _DISARMINGS, "", "hostdown:recoveries:disarm", at(_DISARMINGS),
        {**_ALL, "reason": "work"}, 201,
    ),
    Operation(
        "POST", f"{_DISARMINGS}/arm", "", "hostdown:recoveries:arm", at(f"{_DISARMINGS}/arm"), _ALL,
    ),
    Operation("GET", _DELIVERIES, "", "hostdown:deliveries:list", at(_DELIVERIES)),
    Operation("GET", _DEAD, "", "hostdown:deliveries:list", at(_DEAD)),
    Operation(
        "POST", f"{_DEAD}/replay", "", "hostdown:deliveries:replay", at(f"{_DEAD}/replay"),
        {"all": True},
    ),
    Operation(
        "POST", f"{_DEAD}/drop", "", "hostdown:deliveries:replay", at(f"{_DEAD}/drop"),
        {"all": True},
    ),
)  # fmt: skip
