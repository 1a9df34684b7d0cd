"""`Evacuator` of our own cell: what it does is part of the leader's transaction."""

from datetime import datetime
from functools import partial

from hostdown.services import recovery_steps as steps
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_ports import Recovery


class OwnEvacuator:
    """Permits keep what is evacuated from running twice."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def turn(self, now: datetime) -> None:
        """Nothing was asked of anybody."""

    def evacuate(self, seen: Recovery, now: datetime) -> None:
        life, default = self._desk.life(now), self._desk.policy.ha_default
        work = partial(steps.evacuate, seen=seen, now=now, life=life, default=default)
        self._desk.write(work)

    def lets_up(self, seen: Recovery, now: datetime) -> bool:
        """Its flag is cleared with the step that says so."""
        return True
