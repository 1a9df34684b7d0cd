"""How lists of images are asked for: filters, order, pages."""

import csv
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from hostdown.api.image.errors import QueryInvalid
from hostdown.domain.image import Image, ImageStatus, Visibility
from hostdown.services.images import Listing

LIMIT_DEFAULT = 25
"""Images on a page if the client does not say, as Glance's `limit_param_default`."""
FILTERS_MAX = 64
"""Conditions on one list."""

Query = Mapping[str, list[str]]
Test = Callable[[Image], bool]

SORT_KEYS = {
    "name": "name",
    "status": "status",
    "container_format": "container_format",
    "disk_format": "disk_format",
    "size": "size",
    "id": "id",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
_PAGING = ("limit", "marker", "sort", "sort_key", "sort_dir", "member_status")
_FIELDS: dict[str, str] = {
    "id": "id",
    "name": "name",
    "status": "status",
    "owner": "owner",
    "container_format": "container_format",
    "disk_format": "disk_format",
    "checksum": "checksum",
    "os_hash_value": "sha512",
}
_IN = ("id", "name", "status", "container_format", "disk_format")
_NUMBERS = {"min_disk": "min_disk_gb", "min_ram": "min_ram_mb"}
_TIMES = ("created_at", "updated_at")
_FLAGS = {"protected": "protected", "os_hidden": "hidden"}
_COMPARE: dict[str, Callable[[datetime, datetime], bool]] = {
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


class Asked(NamedTuple):
    """A list as it was asked for, and the query of its first page."""

    listing: Listing
    first: str

    def path(self, marker: str | None = None) -> str:
        """The path of its first page, or of the one that begins behind `marker`."""
        more = urlencode({"marker": marker}) if marker else ""
        query = "&".join(filter(None, (self.first, more)))
        return f"/v2/images?{query}" if query else "/v2/images"


def asked(query: Query, limit_max: int) -> Asked:
    """Raises QueryInvalid."""
    limit = _number("limit", query["limit"][-1]) if query.get("limit") else LIMIT_DEFAULT
    filters = _filters(query)
    visibility = query.get("visibility", [""])[-1]
    listing = Listing(
        limit=min(limit, limit_max),
        marker=query.get("marker", [None])[-1],
        includes=lambda image: all(test(image) for test in filters),
        order=_order(query),
        community=visibility in ("all", Visibility.COMMUNITY),
    )
    first = {name: values for name, values in sorted(query.items()) if name != "marker"}
    return Asked(listing, urlencode(first, doseq=True))


def _filters(query: Query) -> list[Test]:
    tests: list[Test] = []
    for name, values in query.items():
        if name in _PAGING:
            continue
        for value in values if name == "tag" else values[-1:]:
            tests.append(_filter(name, value))
    if "os_hidden" not in query:
        tests.append(lambda image: not image.hidden)
    if len(tests) > FILTERS_MAX:
        raise QueryInvalid(reason=f"There are more than {FILTERS_MAX} filters.")
    return tests


def _filter(name: str, value: str) -> Test:
    made = _MAKERS.get(name)
    if made is not None:
        return made(name, value)
    return lambda image: image.properties.get(name) == value


def _tag(_name: str, value: str) -> Test:
    return lambda image: value in image.tags


def _count(name: str, value: str) -> Test:
    number, field = _number(name, value), _NUMBERS[name]
    return lambda image: bool(getattr(image, field) == number)


def _size(name: str, value: str) -> Test:
    bound, is_low = _number(name, value), name == "size_min"

    def holds(image: Image) -> bool:
        if image.size is None:
            return False
        return image.size >= bound if is_low else image.size <= bound

    return holds


def _text(name: str, value: str) -> Test:
    field = _FIELDS[name]
    operator, colon, rest = value.partition(":")
    wanted = [value]
    if colon and operator in ("in", *_COMPARE):
        if operator == "in" and name in _IN:
            wanted = _listed(rest)
        elif operator == "eq":
            wanted = [rest]
        else:
            raise QueryInvalid(reason=f"Unable to filter by {name} using operator {operator}.")
    if name == "status":
        _check_known(name, wanted, [*ImageStatus, "killed", "pending_delete", "importing"])
    return lambda image: getattr(image, field) in wanted


def _listed(text: str) -> list[str]:
    """Values divided by commas; quotes keep those that have some together."""
    try:
        (values,) = csv.reader([text], strict=True)
    except (csv.Error, ValueError):
        raise QueryInvalid(
            reason=f"Invalid filter value {text}. The quote is not closed."
        ) from None
    return values


def _flag(name: str, value: str) -> Test:
    if value.lower() not in ("true", "false"):
        reason = f"Invalid value '{value}' for '{name}' filter. Valid values are 'true' or 'false'."
        raise QueryInvalid(reason=reason)
    field, wanted = _FLAGS[name], value.lower() == "true"
    return lambda image: getattr(image, field) is wanted


def _time(name: str, value: str) -> Test:
    operator, colon, rest = value.partition(":")
    if not colon or operator not in _COMPARE:
        operator, rest = "eq", value
    try:
        wanted = datetime.fromisoformat(rest)
    except ValueError:
        raise QueryInvalid(reason=f"Invalid time value: {rest}") from None
    if wanted.tzinfo is not None:
        wanted = wanted.astimezone(UTC).replace(tzinfo=None)
    compare = _COMPARE[operator]
    return lambda image: compare(getattr(image, name).replace(microsecond=0), wanted)


def _visibility(_name: str, value: str) -> Test:
    if value == "all":
        return lambda _: True
    _check_known("visibility", [value], [*Visibility])
    return lambda image: image.visibility == value


def _check_known(name: str, values: list[str], known: list[str]) -> None:
    for value in values:
        if value not in known:
            raise QueryInvalid(reason=f"Invalid {name} value: {value}")


def _number(name: str, text: str) -> int:
    if not re.fullmatch("-?[0-9]{1,18}", text):
        raise QueryInvalid(reason=f"{name} param must be an integer")
    if text.startswith("-"):
        raise QueryInvalid(reason=f"{name} param must be positive")
    return int(text)


def _order(query: Query) -> tuple[tuple[str, bool], ...]:
    """Fields of Image, and whether each descends; the newest first if the client does not say."""
    if "sort" not in query:
        return _older_order(query)
    if "sort_key" in query or "sort_dir" in query:
        raise QueryInvalid(reason="Old and new sorting syntax cannot be combined")
    pairs = [part.strip().partition(":") for part in query["sort"][-1].split(",")]
    _check_few(len(pairs))
    return tuple(_ordered(key, direction or "desc") for key, _, direction in pairs)


def _older_order(query: Query) -> tuple[tuple[str, bool], ...]:
    keys = query.get("sort_key", ["created_at"])
    directions = query.get("sort_dir", ["desc"])
    _check_few(len(keys))
    if len(directions) == 1:
        directions = directions * len(keys)
    if len(directions) != len(keys):
        raise QueryInvalid(reason="Number of sort dirs does not match the number of sort keys")
    return tuple(_ordered(*pair) for pair in zip(keys, directions, strict=True))


def _check_few(keys: int) -> None:
    if keys > len(SORT_KEYS):
        raise QueryInvalid(reason=f"There are more than {len(SORT_KEYS)} sort keys.")


def _ordered(key: str, direction: str) -> tuple[str, bool]:
    if key not in SORT_KEYS:
        available = ", ".join(SORT_KEYS)
        reason = f"Invalid sort key: {key}. It must be one of the following: {available}."
        raise QueryInvalid(reason=reason)
    if direction not in ("asc", "desc"):
        raise QueryInvalid(reason=f"Invalid sort direction: {direction}")
    return SORT_KEYS[key], direction == "desc"


_MAKERS: Mapping[str, Callable[[str, str], Test]] = {
    **dict.fromkeys(_FIELDS, _text),
    **dict.fromkeys(_FLAGS, _flag),
    **dict.fromkeys(_TIMES, _time),
    **dict.fromkeys(_NUMBERS, _count),
    "tag": _tag,
    "visibility": _visibility,
    "size_min": _size,
    "size_max": _size,
}
"""What else is asked for is a property."""
