"""`Evacuator` of our own cell: what it does is part of the leader's transaction."""

from datetime import datetime
from functools import partial

from hostdown.domain.liveness import LivenessPolicy, window
from hostdown.services import recovery_steps as steps
from hostdown.services.cell_ports import Cell
from hostdown.services.leadership import Leadership, led
from hostdown.services.recovery_ports import Recovery


class OwnEvacuator:
    """Permits keep what is evacuated from running twice."""

    def __init__(
        self, cell: Cell, leadership: Leadership, liveness: LivenessPolicy, ha_default: bool
    ) -> None:
        self._cell = cell
        self._leadership = leadership
        self._liveness = liveness
        self._default = ha_default

    def turn(self, now: datetime) -> None:
        """Nothing was asked of anybody."""

    def evacuate(self, seen: Recovery, now: datetime) -> None:
        life = window(now, self._liveness)
        work = partial(steps.evacuate, seen=seen, now=now, life=life, default=self._default)
        led(self._cell, self._leadership, work)

    def lets_up(self, seen: Recovery, now: datetime) -> bool:
        """Its flag is cleared with the step that says so."""
        return True
