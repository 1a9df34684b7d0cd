"""What clients say of an image: a new one as a whole, changes as a JSON Patch (RFC 6902)."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson
from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from hostdown.api.errors import BodyMalformed
from hostdown.api.image.documents import (
    NEVER_WRITTEN,
    PROPERTY,
    RESERVED,
    RESERVED_PREFIX,
    TEXT_CHARS_MAX,
    WRITABLE,
)
from hostdown.api.image.errors import (
    AttributeRefused,
    ContentTypeUnsupported,
    PatchInvalid,
    PointerRefused,
    SchemaMismatch,
)
from hostdown.services.images import Edit

JSON = "application/json"
PATCHES = (
    "application/openstack-images-v2.1-json-patch",
    "application/openstack-images-v2.0-json-patch",
)
"""The older form names the place in the member that says what to do."""

EDITS_MAX = 1000
"""Changes in one request."""
REASON_CHARS_MAX = 1000
"""Of what a schema says is wrong."""

_ACTIONS = ("add", "remove", "replace")


def new_image(body: bytes, content_type: str) -> dict[str, Any]:
    """What is said of a new image.

    Raises ContentTypeUnsupported, BodyMalformed, AttributeRefused, SchemaMismatch.
    """
    if _kind(content_type) not in ("", JSON):
        raise ContentTypeUnsupported(wanted=JSON)
    given = _parsed(body)
    if not isinstance(given, dict):
        raise BodyMalformed
    for name in given:
        _check_writable(name)
    _check(given)
    return given


def edits(body: bytes, content_type: str) -> list[Edit]:
    """Changes of an image, in their order.

    Raises ContentTypeUnsupported, BodyMalformed, PatchInvalid, PointerRefused, AttributeRefused,
    SchemaMismatch.
    """
    kind = _kind(content_type)
    if kind not in PATCHES:
        raise ContentTypeUnsupported(wanted=" or ".join(PATCHES))
    given = _parsed(body)
    if not isinstance(given, list):
        raise PatchInvalid(reason="Request body must be a JSON array of operation objects.")
    if len(given) > EDITS_MAX:
        raise PatchInvalid(reason=f"There are more than {EDITS_MAX} operations.")
    older = kind == PATCHES[1]
    return list(_edits(given, older))


def _edits(given: list[object], older: bool) -> Iterator[Edit]:
    for each in given:
        if not isinstance(each, dict):
            raise PatchInvalid(reason="Operations must be JSON objects.")
        action, pointer = _older(each) if older else _newer(each)
        name = _name(pointer)
        _check_writable(name)
        if name == "id":
            raise AttributeRefused(name=name, kind="read-only")
        if action == "remove":
            yield Edit(action, name)
            continue
        if "value" not in each:
            raise PatchInvalid(reason=f'Operation "{action}" requires a member named "value".')
        _check({name: each["value"]})
        yield Edit(action, name, each["value"])


def _newer(each: Mapping[str, object]) -> tuple[str, object]:
    action = each.get("op")
    if action not in _ACTIONS:
        available = ", ".join(_ACTIONS)
        reason = f"Invalid operation: `{action}`. It must be one of the following: {available}."
        raise PatchInvalid(reason=reason)
    if "path" not in each:
        raise PatchInvalid(reason="Unable to find 'path' in JSON Schema change")
    return str(action), each["path"]


def _older(each: Mapping[str, object]) -> tuple[str, object]:
    named = [action for action in _ACTIONS if action in each]
    if len(named) != 1:
        reason = (
            'Operation objects must contain exactly one member named "add", "remove", or "replace".'
        )
        raise PatchInvalid(reason=reason)
    return named[0], each[named[0]]


def _name(pointer: object) -> str:
    """The attribute that a JSON pointer names: images have no parts below that."""
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise PatchInvalid(reason=f'Pointer `{pointer}` does not start with "/".')
    if "//" in pointer:
        raise PatchInvalid(reason=f'Pointer `{pointer}` contains adjacent "/".')
    if pointer.endswith("/"):
        raise PatchInvalid(reason=f'Pointer `{pointer}` end with "/".')
    if re.search("~(?![01])", pointer):
        reason = f'Pointer `{pointer}` contains "~" not part of a recognized escape sequence.'
        raise PatchInvalid(reason=reason)
    if "/" in pointer[1:]:
        raise PointerRefused(path=pointer[1:])
    return pointer[1:].replace("~1", "/").replace("~0", "~")


def _check_writable(name: str) -> None:
    if name in NEVER_WRITTEN:
        raise AttributeRefused(name=name, kind="read-only")
    if name in RESERVED or name.startswith(RESERVED_PREFIX):
        raise AttributeRefused(name=name, kind="reserved")
    if len(name) > TEXT_CHARS_MAX or not name:
        reason = f"the name of a property has 1 to {TEXT_CHARS_MAX} characters"
        raise SchemaMismatch(reason=reason)


def _check(given: Mapping[str, object]) -> None:
    error = best_match(_validator().iter_errors(given))
    if error is not None:
        where = f" ({'/'.join(map(str, error.absolute_path))})" if error.absolute_path else ""
        raise SchemaMismatch(reason=f"{error.message[:REASON_CHARS_MAX]}{where}")


@cache
def _validator() -> Draft7Validator:
    return Draft7Validator(
        {"type": "object", "properties": dict(WRITABLE), "additionalProperties": PROPERTY}
    )


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BodyMalformed from error


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
