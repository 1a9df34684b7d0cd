"""Members of what clients send, each as what it has to be; the words are Aodh's library's."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson

from hostdown.domain.alarm_errors import AlarmMalformed
from hostdown.domain.alarm_matching import boolean

SHOWN_CHARS_MAX = 100
"""Of a value that is refused, in the sentence that says so."""
MISSING = "Mandatory field missing."

Given = Mapping[str, Any]


def shown(value: object) -> str:
    """As much of it as a sentence takes."""
    return str(value)[:SHOWN_CHARS_MAX]


def invalid(field: str, value: object, why: str) -> AlarmMalformed:
    """What says that a field makes no sense."""
    return AlarmMalformed(
        reason=f"Invalid input for field/attribute {field}. Value: '{shown(value)}'. {why}"
    )


def document(body: bytes) -> object:
    """Raises AlarmMalformed."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise AlarmMalformed(reason=f"The body is not JSON: {error}") from error


def members(given: object, known: Collection[str], what: str = "The body") -> Given:
    """An object that has no others than these; raises AlarmMalformed."""
    if not isinstance(given, dict):
        raise AlarmMalformed(reason=f"{what} must be an object.")
    for name in given:
        if name not in known:
            raise AlarmMalformed(reason=f"Unknown attribute: {shown(name)}")
    return given


def text(given: Given, name: str, chars_max: int, default: str | None = None) -> str:
    """`default`: if it is missing, or null; without one it may not be. Raises AlarmMalformed."""
    value = given.get(name)
    if value is None:
        if default is None:
            raise invalid(name, value, MISSING)
        return default
    return a_text(name, value, chars_max)


def a_text(name: str, value: object, chars_max: int) -> str:
    """Raises AlarmMalformed."""
    if not isinstance(value, str):
        raise invalid(name, value, f"Wrong type. Expected 'str', got '{type(value).__name__}'")
    if len(value) > chars_max:
        raise invalid(name, value, f"Value should have a maximum of {chars_max} characters")
    if "\0" in value:
        raise invalid(name, value, "Value must not have the character U+0000")
    return value


def optional_text(given: Given, name: str, chars_max: int) -> str | None:
    """None if it is missing, or null; raises AlarmMalformed."""
    return None if given.get(name) is None else text(given, name, chars_max)


def flag(given: Given, name: str, default: bool) -> bool:
    """True and false, and the words for them; raises AlarmMalformed."""
    value = given.get(name)
    if value is None:
        return default
    try:
        return value if isinstance(value, bool) else boolean(str(value))
    except ValueError:
        raise invalid(name, value, "Value is not a boolean") from None


def one_of(given: Given, name: str, words: Collection[str], default: str | None = None) -> str:
    """One of some words; `default` as in `text`. Raises AlarmMalformed."""
    value = given.get(name)
    if value is None and default is not None:
        return default
    if value is None:
        raise invalid(name, value, MISSING)
    if value not in words:
        raise invalid(name, value, f"Value should be one of: {', '.join(words)}")
    return str(value)


def several(given: Given, name: str) -> list[object]:
    """A list, empty if it is missing, or null; raises AlarmMalformed."""
    value = given.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(name, value, "Value should be a list")
    return value
