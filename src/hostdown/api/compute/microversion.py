"""Microversions: what a request asks for, and tables whose rows live from one version to another.

A version is two ints, so 2.10 is not 2.1. Rows of a table carry both ends of their life and do not
depend on each other; `by_version` turns a table into what each version needs, once, at start.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeVar

from hostdown.api.errors import VersionMalformed, VersionOutOfRange

SERVICE_TYPE = "compute"
HEADER = "OpenStack-API-Version"
LEGACY_HEADER = "X-OpenStack-Nova-API-Version"

DIGITS_MAX = 9
"""More digits than this are out of range without being read as a number."""

_FORMAT = re.compile(r"([1-9][0-9]*)\.([1-9][0-9]*|0)")


class Version(NamedTuple):
    """A microversion of the Compute API."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


MINIMUM = Version(2, 1)
MAXIMUM = Version(2, 104)
ALL = tuple(Version(2, minor) for minor in range(MINIMUM.minor, MAXIMUM.minor + 1))


class Ranged(Protocol):
    """A row that lives from `since` to `until`, both included."""

    @property
    def since(self) -> Version: ...
    @property
    def until(self) -> Version: ...


Row = TypeVar("Row", bound=Ranged)
Built = TypeVar("Built")


def by_version(
    rows: Iterable[Row], build: Callable[[tuple[Row, ...]], Built]
) -> dict[Version, Built]:
    """What `build` makes of the rows alive at each version; made once per stretch of versions."""
    kept = tuple(rows)
    changes = {MINIMUM, *(row.since for row in kept), *(_next(row.until) for row in kept)}
    made: dict[tuple[int, ...], Built] = {}
    table: dict[Version, Built] = {}
    for version in ALL:
        if version in changes:
            alive = tuple(row for row in kept if row.since <= version <= row.until)
            stretch = tuple(id(row) for row in alive)
            if stretch not in made:
                made[stretch] = build(alive)
        table[version] = made[stretch]
    return table


def _next(version: Version) -> Version:
    return version._replace(minor=version.minor + 1)


def requested(header: str | None, legacy: str | None) -> Version:
    """The version that the two headers ask for (contract 1.3).

    Raises VersionMalformed and VersionOutOfRange.
    """
    text = _for_compute(header)
    if text is None:
        text = legacy
    if text is None:
        return MINIMUM
    if text == "latest":
        return MAXIMUM
    return parse(text)


def parse(text: str) -> Version:
    """A version number as text; raises VersionMalformed and VersionOutOfRange."""
    match = _FORMAT.fullmatch(text)
    if match is None:
        raise VersionMalformed(version=text)
    if max(map(len, match.groups())) > DIGITS_MAX:
        raise _out_of_range(text)
    version = Version(int(match[1]), int(match[2]))
    if not MINIMUM <= version <= MAXIMUM:
        raise _out_of_range(text)
    return version


def _out_of_range(text: str) -> VersionOutOfRange:
    return VersionOutOfRange(version=text, minimum=MINIMUM, maximum=MAXIMUM)


def _for_compute(header: str | None) -> str | None:
    """The last entry for our service type in a comma-separated list; None if there is none."""
    if not header:
        return None
    for entry in reversed(header.split(",")):
        service, _, text = entry.strip().partition(" ")
        if service.lower() == SERVICE_TYPE and text.strip():
            return text.strip()
    return None
