"""What agents tell of their watchdogs, and of others' slots."""

from collections.abc import Mapping
from datetime import datetime

from hostdown.api.agent import wire
from hostdown.api.agent.messages import (
    NUMBER_MAX,
    POOL_ID_LENGTH_MAX,
    flag,
    json_object,
    number,
    session_of,
    text,
    wrong,
)
from hostdown.api.agent.wire import Answer, Envelope
from hostdown.domain.model import HostRecord
from hostdown.domain.slots import Said
from hostdown.domain.watchdog import Renewal
from hostdown.services import watchdogs
from hostdown.services.hosts import Deployment
from hostdown.services.reports import ReportIntake
from hostdown.services.watchdog_ports import SlotOrder
from hostdown.services.watchdogs import ORDERS_MAX, POOLS_MAX, Answered, Told

ORDER_MAX = 2**63 - 1
"""Numbers of orders, and what a slot counts."""


class Watchdogs:
    """The agents' side of watchdogs in `/agent/v1`."""

    def __init__(self, deployment: Deployment, intake: ReportIntake) -> None:
        self._deployment = deployment
        self._intake = intake

    def tell(self, envelope: Envelope, record: HostRecord, now: datetime) -> Answer:
        """`POST /agent/v1/hosts/{id}/watchdog`; answered once it is durable."""
        fields = json_object(envelope.body)
        record = self._intake.in_session(record, session_of(fields))
        cell = self._deployment.cells.named(record.cell)
        pools = watchdogs.tell(cell, record, _told(fields), now)
        return wire.told(200, {"pools": pools}, record.secret)

    def slots(self, envelope: Envelope, record: HostRecord, now: datetime) -> Answer:
        """`POST /agent/v1/hosts/{id}/slots`; answered once it is durable."""
        fields = json_object(envelope.body)
        record = self._intake.in_session(record, session_of(fields))
        answers = fields.get("answers")
        if not isinstance(answers, list) or len(answers) > ORDERS_MAX:
            raise wrong("answers", f"must be a list of at most {ORDERS_MAX} objects")
        cell = self._deployment.cells.named(record.cell)
        watchdogs.take(cell, record, [_answered(each) for each in answers], now)
        return wire.told(200, {}, record.secret)


def order_form(order: SlotOrder) -> dict[str, object]:
    """As it stands among `slot_orders`."""
    return {
        "order": order.id,
        "do": order.do.value,
        "host": order.host_id,
        "pool": order.pool,
        "boot": order.boot,
        "recovery": str(order.recovery),
    }


def _told(fields: Mapping[str, object]) -> Told:
    pools = fields.get("pools")
    if not isinstance(pools, list) or len(pools) > POOLS_MAX:
        raise wrong("pools", f"must be a list of at most {POOLS_MAX} ids of pools")
    return Told(
        number(fields, "self_fence_after_ms", 1, NUMBER_MAX),
        number(fields, "reset_ms", 1, NUMBER_MAX),
        [text({"pools": each}, "pools", 1, POOL_ID_LENGTH_MAX) for each in pools],
        flag(fields, "armed"),
    )


def _answered(fields: object) -> Answered:
    if not isinstance(fields, dict):
        raise wrong("answers", f"must be a list of at most {ORDERS_MAX} objects")
    failure = None if fields.get("failure") is None else text(fields, "failure", 0)
    said = Said(_renewal(fields.get("renewal")), flag(fields, "marked"), failure)
    return Answered(number(fields, "order", 1, ORDER_MAX), said)


def _renewal(fields: object) -> Renewal | None:
    if fields is None:
        return None
    if not isinstance(fields, dict):
        raise wrong("renewal", "must be null or an object")
    names = text(fields, "boot_id"), text(fields, "process")
    return Renewal(*names, number(fields, "counter", 0, ORDER_MAX))
