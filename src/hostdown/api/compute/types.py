"""JSON Schema types that several resources share (contract 1.8)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from hostdown.domain.patterns import PATTERN_CHARS_MAX

Schema = Mapping[str, Any]

TRUE_WORDS: Final = (True, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes")
FALSE_WORDS: Final = (False, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no")

BOOLEAN: Schema = {"type": ["boolean", "string"], "enum": [*TRUE_WORDS, *FALSE_WORDS]}

HOST: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^[a-zA-Z0-9-._]*$",
}

# PostgreSQL cannot store U+0000 and no name or sentence needs it.
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^\x00]*$"}

NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "format": "name"}

ZONE_NAME: Schema = {**NAME, "format": "zone-name"}

# A null takes the key away. Keys must not end in a newline, which `$` would let through.
METADATA_OR_NULL: Schema = {
    "type": "object",
    "propertyNames": {"pattern": "^[^\n]*$"},
    "patternProperties": {
        "^[a-zA-Z0-9-_:. ]{1,255}$": {
            "type": ["string", "null"],
            "maxLength": 255,
            "pattern": "^[^\x00]*$",
        }
    },
    "additionalProperties": False,
}

QUERY_TEXT: Schema = {"type": "string", "pattern": "^[^\x00]*$"}

LIMIT: Schema = {"type": "string", "minLength": 1, "pattern": "^[0-9]*$"}

QUERY_PATTERN: Schema = {
    "type": "string",
    "maxLength": PATTERN_CHARS_MAX,
    "format": "regex",
    "pattern": "^[^\x00]*$",
}

QUERY_TIME: Schema = {"type": "string", "format": "date-time"}

# What goes out.

STRING: Schema = {"type": "string"}
STRING_OR_NULL: Schema = {"type": ["string", "null"]}
INTEGER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
UUID: Schema = {"type": "string", "format": "uuid"}
TIME_OR_NULL: Schema = {
    "type": ["string", "null"],
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$",
}
SECOND: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
LINKS: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("rel", "href", "type")},
        "required": ["rel", "href"],
        "additionalProperties": False,
    },
}


def closed(
    properties: Mapping[str, Schema], required: Sequence[str] = (), **further: object
) -> Schema:
    """The schema of an object that has these properties and no others.

    `further` are keywords that are looked at last.
    """
    needed = {"required": list(required)} if required else {}
    return {
        "type": "object",
        "properties": dict(properties),
        **needed,
        "additionalProperties": False,
        **further,
    }


def is_uuid(text: str) -> bool:
    """Is it one, in either case, with dashes or without?"""
    return re.fullmatch("[0-9a-fA-F]{32}", text.replace("-", "")) is not None


def truth(word: object) -> bool:
    """What a valid BOOLEAN means."""
    return word in TRUE_WORDS


WORDS: Final = {
    **dict.fromkeys(("1", "on", "t", "true", "y", "yes"), True),
    **dict.fromkeys(("0", "f", "false", "n", "no", "off"), False),
}
"""What oslo.utils reads as a boolean: some parameters take these words, in any case."""


def word_truth(word: str) -> bool | None:
    """What one of WORDS means; None for any other."""
    return WORDS.get(word.strip().lower())


def moment(text: str) -> datetime:
    """A time in ISO 8601 as naive UTC; without an offset it is UTC already. Raises ValueError."""
    try:
        parsed = datetime.fromisoformat(text)
        return parsed if parsed.tzinfo is None else parsed.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise ValueError(text) from error


def shown(at: datetime | None) -> datetime | str | None:
    """A time as answers show it, always with six digits of a second.

    The JSON library writes a datetime so, but drops a fraction that is zero.
    """
    return at if at is None or at.microsecond else at.isoformat(timespec="microseconds")


def second(at: datetime) -> str:
    """A time as records of servers show when they were made and changed."""
    return f"{at.isoformat(timespec='seconds')}Z"
