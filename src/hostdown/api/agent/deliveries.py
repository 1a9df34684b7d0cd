"""What `hostdown delivery list|dead|replay|drop` asks.

    GET /agent/v1/deliveries              200 {"receivers": [Receiver, ...]}: who waits for what
    GET /agent/v1/dead-letters            200 {"dead_letters": [DeadLetter, ...], "total": how many
        there are, also beyond the limit}, the newest first; ?channel=..&receiver=..&limit=..
    POST /agent/v1/dead-letters/replay    200 {"replayed": how many};
    POST /agent/v1/dead-letters/drop      200 {"dropped": how many};
        {"ids": [...]}, {"channel": ..., "receiver": ...}, one or both, or {"all": true}

400 `malformed`. Of what was to be delivered nothing is shown but its event's name and, of an alarm,
its id: it may be for nobody else's eyes.
"""

from collections.abc import Mapping, Sequence
from typing import cast
from urllib.parse import parse_qs

from hostdown.api.agent import wire
from hostdown.api.agent.asking import Asked
from hostdown.api.agent.messages import text
from hostdown.api.agent.shapes import NUMBER, TEXT, TEXT_OR_NULL
from hostdown.api.agent.wire import Answer
from hostdown.api.described import Schema, record
from hostdown.domain.deliveries import Channel
from hostdown.domain.errors import MessageMalformed
from hostdown.services import dead_letters as use_case
from hostdown.services.delivery_ports import DeadLetter, Waiting, Which

IDS_MAX = 1000
"""Dead letters that one request names."""

_CHANNEL: Schema = {"enum": [each.value for each in Channel]}
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
    "event_type": TEXT_OR_NULL,
    "alarm_id": TEXT_OR_NULL,
    "lane": TEXT,
    "created_at": TEXT,
    "dead_at": TEXT,
    "failure": TEXT_OR_NULL,
    "replay_at": TEXT_OR_NULL,
}
WAITING = record({"receivers": {"type": "array", "items": record(_RECEIVER)}})
DEAD_LETTERS = record({"dead_letters": {"type": "array", "items": record(_DEAD)}, "total": NUMBER})
REPLAYED = record({"replayed": NUMBER})
DROPPED = record({"dropped": NUMBER})
WHICH: Schema = {
    "oneOf": [
        record({"ids": _TEXTS}),
        record({"all": {"const": True}}),
        {**record({"channel": _CHANNEL, "receiver": TEXT}, ()), "minProperties": 1},
    ]
}
_LIMIT: Schema = {
    "type": "integer",
    "minimum": 1,
    "maximum": use_case.SHOWN_MAX,
    "default": use_case.SHOWN,
}
QUERY: tuple[Schema, ...] = tuple(
    {"name": name, "in": "query", "schema": schema}
    for name, schema in (("channel", _CHANNEL), ("receiver", TEXT), ("limit", _LIMIT))
)


def waiting(asked: Asked) -> Answer:
    """`GET /agent/v1/deliveries`."""
    found = use_case.waiting(asked.deployment.directory)
    return wire.told(200, {"receivers": [_receiver(each) for each in found]})


def dead_letters(asked: Asked) -> Answer:
    """`GET /agent/v1/dead-letters`."""
    given = parse_qs(cast(str, asked.environ.get("QUERY_STRING", "")), keep_blank_values=True)
    query = {name: values[-1] for name, values in given.items()}
    limit = _limit(query.get("limit", str(use_case.SHOWN)))
    found = use_case.dead_letters(asked.deployment.directory, _found_by(query), limit)
    shown = [_dead(each) for each in found.shown]
    return wire.told(200, {"dead_letters": shown, "total": found.total})


def replay(asked: Asked) -> Answer:
    """`POST /agent/v1/dead-letters/replay`."""
    which = _which(asked.fields())
    replayed = use_case.replay(asked.deployment.directory, which, asked.caller, asked.now)
    return wire.told(200, {"replayed": replayed})


def drop(asked: Asked) -> Answer:
    """`POST /agent/v1/dead-letters/drop`."""
    which = _which(asked.fields())
    dropped = use_case.drop(asked.deployment.directory, which, asked.caller, asked.now)
    return wire.told(200, {"dropped": dropped})


def _which(body: Mapping[str, object]) -> Sequence[Which]:
    match dict(body):
        case {"all": True, **rest} if not rest:
            return [Which()]
        case {"ids": list(ids), **rest} if _are_ids(ids) and not rest:
            return [Which(id=each) for each in dict.fromkeys(ids)]
        case by if by and by.keys() <= {"channel", "receiver"}:
            return [_found_by(by)]
    ids_are = f"'ids' (1 to {IDS_MAX} of them)"
    raise MessageMalformed(
        reason=f"it must hold {ids_are}, 'channel' and 'receiver' or one of these, or 'all': true"
    )


def _are_ids(ids: list[object]) -> bool:
    return 0 < len(ids) <= IDS_MAX and all(
        isinstance(each, str) and "\0" not in each for each in ids
    )


def _found_by(fields: Mapping[str, object]) -> Which:
    channel = _channel(fields["channel"]) if "channel" in fields else None
    receiver = text(fields, "receiver") if "receiver" in fields else None
    return Which(channel=channel, receiver=receiver)


def _channel(given: object) -> Channel:
    found = next((each for each in Channel if each == given), None)
    if found is None:
        raise MessageMalformed(reason=f"'channel' is one of {', '.join(sorted(Channel))}")
    return found


def _limit(given: str) -> int:
    if given.isascii() and given.isdecimal() and 1 <= int(given[:9]) <= use_case.SHOWN_MAX:
        return int(given)
    raise MessageMalformed(reason=f"'limit' is a number from 1 to {use_case.SHOWN_MAX:,}")


def _receiver(seen: Waiting) -> dict[str, object]:
    return {**seen._asdict(), "channel": seen.channel.value}


def _dead(seen: DeadLetter) -> dict[str, object]:
    of = seen.delivery
    return {
        "id": of.id,
        "channel": of.channel.value,
        "receiver": of.receiver,
        **use_case.content(of)._asdict(),
        "lane": of.lane,
        "created_at": of.created_at,
        "dead_at": seen.dead_at,
        "failure": of.failure,
        "replay_at": seen.replay_at,
    }
