"""What `hostdown delivery list|dead|replay` asks.

    GET /agent/v1/deliveries              200 {"receivers": [Receiver, ...]}: who waits for what
    GET /agent/v1/dead-letters            200 {"dead_letters": [DeadLetter, ...]}, the oldest first
    POST /agent/v1/dead-letters/replay    200 {"replayed": how many};
        {"ids": [...]}, {"receiver": ...} or {"all": true}

400 `malformed`. Of what was to be delivered nothing is shown but its event's name: it may be for
nobody else's eyes.
"""

from collections.abc import Mapping

from hostdown.api.agent import wire
from hostdown.api.agent.asking import Asked
from hostdown.api.agent.shapes import NUMBER, TEXT, TEXT_OR_NULL
from hostdown.api.agent.wire import Answer
from hostdown.api.described import Schema, record
from hostdown.domain.errors import MessageMalformed
from hostdown.services import dead_letters as use_case
from hostdown.services.delivery_ports import DeadLetter, Waiting

IDS_MAX = 1000
"""Dead letters that one request names."""

_TEXTS: Schema = {"type": "array", "items": TEXT, "maxItems": IDS_MAX}
_RECEIVER: dict[str, Schema] = {
    "channel": TEXT,
    "receiver": TEXT,
    "waiting": NUMBER,
    "since": TEXT,
    "failure": TEXT_OR_NULL,
}
_DEAD: dict[str, Schema] = {
    "id": TEXT,
    "channel": TEXT,
    "receiver": TEXT,
    "lane": TEXT,
    "created_at": TEXT,
    "dead_at": TEXT,
    "failure": TEXT_OR_NULL,
    "replay_at": TEXT_OR_NULL,
}
WAITING = record({"receivers": {"type": "array", "items": record(_RECEIVER)}})
DEAD_LETTERS = record({"dead_letters": {"type": "array", "items": record(_DEAD)}})
REPLAYED = record({"replayed": NUMBER})
WHICH: Schema = {
    "type": "object",
    "properties": {"ids": _TEXTS, "receiver": TEXT, "all": {"const": True}},
    "minProperties": 1,
    "maxProperties": 1,
}


def waiting(asked: Asked) -> Answer:
    """`GET /agent/v1/deliveries`."""
    found = use_case.waiting(asked.deployment.directory)
    return wire.told(200, {"receivers": [_receiver(each) for each in found]})


def dead_letters(asked: Asked) -> Answer:
    """`GET /agent/v1/dead-letters`."""
    found = use_case.dead_letters(asked.deployment.directory)
    return wire.told(200, {"dead_letters": [_dead(each) for each in found]})


def replay(asked: Asked) -> Answer:
    """`POST /agent/v1/dead-letters/replay`."""
    which = _which(asked.fields())
    replayed = use_case.replay(asked.deployment.directory, which, asked.caller, asked.now)
    return wire.told(200, {"replayed": replayed})


def _which(body: Mapping[str, object]) -> use_case.Which:
    match dict(body):
        case {"all": True, **rest} if not rest:
            return use_case.Which()
        case {"receiver": str(receiver), **rest} if receiver and not rest:
            return use_case.Which(receiver=receiver)
        case {"ids": list(ids), **rest} if _are_ids(ids) and not rest:
            return use_case.Which(ids=tuple(ids))
    reason = f"it must hold 'ids' (1 to {IDS_MAX} of them), 'receiver', or 'all': true"
    raise MessageMalformed(reason=reason)


def _are_ids(ids: list[object]) -> bool:
    return 0 < len(ids) <= IDS_MAX and all(isinstance(each, str) for each in ids)


def _receiver(seen: Waiting) -> dict[str, object]:
    return {**seen._asdict(), "channel": seen.channel.value}


def _dead(seen: DeadLetter) -> dict[str, object]:
    of = seen.delivery
    return {
        "id": of.id,
        "channel": of.channel.value,
        "receiver": of.receiver,
        "lane": of.lane,
        "created_at": of.created_at,
        "dead_at": seen.dead_at,
        "failure": of.failure,
        "replay_at": seen.replay_at,
    }
