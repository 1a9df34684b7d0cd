"""How long the stages of a recovery took, by its timeline."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from hostdown.domain.recovery import Stage


class Took(StrEnum):
    """What took its time; `metric_table.STAGE_SECONDS` says from when until when."""

    DETECTED = "detected"
    FENCED = "fenced"
    FORCED_DOWN = "forced-down"
    FIRST_SERVER_BACK = "first-server-back"
    ALL_SERVERS_BACK = "all-servers-back"
    DISTRIBUTED = "distributed"
    RECEIVED = "received"


REACHED: Mapping[Stage, tuple[Took, Stage | None]] = {
    Stage.FENCED: (Took.FENCED, None),
    Stage.EVACUATING: (Took.FORCED_DOWN, Stage.FENCED),
}
"""What has ended when a recovery comes to a stage for the first time, and at which stage it began;
None: with the verdict."""


def took(
    stage: Stage, first: Mapping[Stage, datetime], verdict: datetime
) -> tuple[Took, timedelta] | None:
    """How long it took to come to this stage; `first`: when it came to each.

    None where nothing is counted, or where it did not come to the stage before: an operator's word
    needs no fence.
    """
    what, before = REACHED.get(stage, (None, None))
    begun = verdict if before is None else first.get(before)
    return None if what is None or begun is None else (what, first[stage] - begun)
