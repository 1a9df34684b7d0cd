"""Whether each level of a host would fence it, as far as that can be known without harm."""

from typing import NamedTuple

from hostdown.domain.errors import HostNotMapped
from hostdown.domain.fence_checks import NONE
from hostdown.domain.fence_errors import FenceFailed
from hostdown.domain.model import HostRecord
from hostdown.domain.rehearsal import MAY_SLEEP
from hostdown.services.directory_ports import Directory
from hostdown.services.fence_ports import FenceLevel, FencePaths, Seen
from hostdown.services.fencing_steps import is_foreign


class Tried(NamedTuple):
    """What a level's device says; `problem` is why it would not do, None if it would."""

    level: int
    driver: str
    seen: Seen | None
    problem: str | None


def fence_test(directory: Directory, paths: FencePaths, host: str) -> list[Tried]:
    """Ask each level's device, which takes up to its time-out each, and switch nothing.

    Raises HostNotMapped, HostWithoutFencing, FencingFileUnusable.
    """
    record = directory.read(lambda rows: rows.hosts.named(host))
    if record is None:
        raise HostNotMapped(host=host)
    return levels_tried(record, paths)


def levels_tried(record: HostRecord, paths: FencePaths) -> list[Tried]:
    """The same of a host that is known; raises HostWithoutFencing, FencingFileUnusable."""
    return [_tried(each, record) for each in paths.of(record.name)]


def _tried(level: FenceLevel, record: HostRecord) -> Tried:
    if level.path is None:
        problem = "nothing can fence it" if level.driver == NONE else None
        return Tried(level.number, level.driver, None, problem)
    try:
        seen = level.path.look()
    except FenceFailed as error:
        return Tried(level.number, level.driver, None, str(error))
    problem = is_foreign(seen, level, record) or (MAY_SLEEP if record.sleeps else None)
    return Tried(level.number, level.driver, seen, problem)
