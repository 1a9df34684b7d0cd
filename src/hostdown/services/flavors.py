"""Flavors: look up, list, create, change, delete, and who may use them (contract 6.6).

A deployment has tens of them, so filters, order and pages are made here of all of them and mean the
same on every database; a pattern could not be asked of a database without its own, slower engine.

Every change takes the lock of all flavors first and then reads what it decides by. A change that
changes nothing writes nothing and tells nobody. A server keeps a copy of its flavor, so that
neither a change nor a deletion reaches it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.flavor_errors import (
    ExtraSpecNotFound,
    FlavorAccessExists,
    FlavorAccessNotFound,
    FlavorIdTaken,
    FlavorIsPublic,
    FlavorNameTaken,
    FlavorNeedsNoAccess,
    FlavorNotFound,
)
from hostdown.domain.model import Caller, Flavor
from hostdown.services import flavor_journal as journal
from hostdown.services import paging
from hostdown.services.directory_ports import Directory, DirectoryRows


class Viewer(NamedTuple):
    """Who looks: private flavors are seen by projects that were let in, and by whoever sees all."""

    project_id: str | None
    sees_all: bool


class Wanted(NamedTuple):
    """Which flavors, in which order, from where on. `is_public=None`: both kinds.

    `sort_key` is a field of Flavor, and its number decides between equals.
    """

    limit: int
    marker: str | None = None
    is_public: bool | None = True
    disabled: bool | None = None
    memory_mb_min: int | None = None
    root_gb_min: int | None = None
    name: Callable[[str], bool] | None = None
    sort_key: str = "flavorid"
    descending: bool = False

    def includes(self, flavor: Flavor, is_open: bool) -> bool:
        """Is it one of those? `is_open`: public, or as good as that for whoever looks."""
        return (
            self._is_of_the_kind(flavor, is_open)
            and self.disabled in (None, flavor.disabled)
            and (self.memory_mb_min is None or flavor.memory_mb >= self.memory_mb_min)
            and (self.root_gb_min is None or flavor.root_gb >= self.root_gb_min)
            and (self.name is None or self.name(flavor.name))
        )

    def _is_of_the_kind(self, flavor: Flavor, is_open: bool) -> bool:
        if self.is_public is None:
            return True
        return is_open if self.is_public else not flavor.is_public


# ------------------------------------------------------------------------------------------ looks


def list_flavors(directory: Directory, wanted: Wanted, viewer: Viewer) -> list[Flavor]:
    """One page; the marker need not be among those wanted.

    Flavors that the viewer's project was let in to count as public. Raises MarkerNotFound.
    """

    def place(flavor: Flavor) -> tuple[object, ...]:
        value = getattr(flavor, wanted.sort_key)
        return value is not None, value, flavor.id

    everything, opened = directory.read(lambda rows: (rows.flavors.all(), _opened(rows, viewer)))
    is_open = {each.id: each.is_public or each.id in opened for each in everything}
    visible = [each for each in everything if viewer.sees_all or is_open[each.id]]
    visible.sort(key=place, reverse=wanted.descending)
    rest = paging.behind(visible, lambda each: each.flavorid, wanted.marker)
    found = [each for each in rest if wanted.includes(each, is_open[each.id])]
    return found[: wanted.limit]


def find(directory: Directory, flavorid: str, viewer: Viewer) -> Flavor:
    """The flavor with this id; raises FlavorNotFound, also for one that the viewer may not see."""
    return directory.read(lambda rows: _seen(rows, flavorid, viewer))


def projects(directory: Directory, flavorid: str, viewer: Viewer) -> list[str]:
    """Who was let in to a private flavor; raises FlavorNotFound, FlavorIsPublic."""

    def work(rows: DirectoryRows) -> list[str]:
        flavor = _seen(rows, flavorid, viewer)
        if flavor.is_public:
            raise FlavorIsPublic
        return rows.flavor_projects.of(flavor)

    return directory.read(work)


def _opened(rows: DirectoryRows, viewer: Viewer) -> set[int]:
    return set() if viewer.project_id is None else rows.flavor_projects.open_to(viewer.project_id)


def _seen(rows: DirectoryRows, flavorid: str, viewer: Viewer) -> Flavor:
    found = rows.flavors.get(flavorid)
    if found is None or not (
        found.is_public or viewer.sees_all or found.id in _opened(rows, viewer)
    ):
        raise FlavorNotFound(flavor_id=flavorid)
    return found


# ---------------------------------------------------------------------------------------- changes


class Change(NamedTuple):
    """Who changes a flavor, as whom they see flavors, and when."""

    caller: Caller
    viewer: Viewer
    now: datetime


def create(directory: Directory, caller: Caller, wanted: Flavor, now: datetime) -> Flavor:
    """A new one; `wanted` has everything but a number. Raises FlavorIdTaken, FlavorNameTaken."""

    def work(rows: DirectoryRows) -> Flavor:
        rows.flavors.lock()
        if rows.flavors.get(wanted.flavorid) is not None:
            raise FlavorIdTaken(flavor_id=wanted.flavorid)
        if any(each.name == wanted.name for each in rows.flavors.all()):
            raise FlavorNameTaken(name=wanted.name)
        made = rows.flavors.add(wanted)
        journal.created(rows, made, caller, now)
        return made

    return directory.write(work)


def describe(directory: Directory, by: Change, flavorid: str, description: str | None) -> Flavor:
    """Another description; raises FlavorNotFound."""
    return _changed(directory, by, flavorid, lambda seen: seen._replace(description=description))


def set_extra_specs(
    directory: Directory, by: Change, flavorid: str, specs: Mapping[str, str]
) -> Flavor:
    """These extra specs, beside those that are there; raises FlavorNotFound."""
    return _changed(
        directory,
        by,
        flavorid,
        lambda seen: seen._replace(extra_specs={**seen.extra_specs, **specs}),
    )


def drop_extra_spec(directory: Directory, by: Change, flavorid: str, key: str) -> Flavor:
    """Without this extra spec; raises FlavorNotFound, ExtraSpecNotFound."""

    def without(seen: Flavor) -> Flavor:
        if key not in seen.extra_specs:
            raise ExtraSpecNotFound(flavor_id=flavorid, key=key)
        kept = {name: value for name, value in seen.extra_specs.items() if name != key}
        return seen._replace(extra_specs=kept)

    return _changed(directory, by, flavorid, without)


def delete(directory: Directory, by: Change, flavorid: str) -> None:
    """Delete one; raises FlavorNotFound."""

    def work(rows: DirectoryRows) -> None:
        rows.flavors.lock()
        seen = _seen(rows, flavorid, by.viewer)
        let_in_to_it = rows.flavor_projects.of(seen)
        rows.flavors.remove(seen)
        journal.deleted(rows, seen, let_in_to_it, by.caller, by.now)

    directory.write(work)


def let_in(
    directory: Directory, by: Change, flavorid: str, project_id: str, *, public_too: bool
) -> list[str]:
    """Let a project use a private flavor, or, as was possible once, a public one.

    The answer is all who may. Raises FlavorNotFound, FlavorNeedsNoAccess, FlavorAccessExists.
    """

    def work(rows: DirectoryRows) -> list[str]:
        rows.flavors.lock()
        seen = _seen(rows, flavorid, by.viewer)
        if seen.is_public and not public_too:
            raise FlavorNeedsNoAccess
        if project_id in rows.flavor_projects.of(seen):
            raise FlavorAccessExists(flavor_id=flavorid, project_id=project_id)
        rows.flavor_projects.add(seen, project_id)
        journal.let_in(rows, seen, project_id, by.caller, by.now)
        return rows.flavor_projects.of(seen)

    return directory.write(work)


def shut_out(directory: Directory, by: Change, flavorid: str, project_id: str) -> list[str]:
    """Take that away; the answer is all who still may.

    Raises FlavorNotFound, FlavorAccessNotFound.
    """

    def work(rows: DirectoryRows) -> list[str]:
        rows.flavors.lock()
        seen = _seen(rows, flavorid, by.viewer)
        if project_id not in rows.flavor_projects.of(seen):
            raise FlavorAccessNotFound(flavor_id=flavorid, project_id=project_id)
        rows.flavor_projects.remove(seen, project_id)
        journal.shut_out(rows, seen, project_id, by.caller, by.now)
        return rows.flavor_projects.of(seen)

    return directory.write(work)


def _changed(
    directory: Directory, by: Change, flavorid: str, change: Callable[[Flavor], Flavor]
) -> Flavor:
    def work(rows: DirectoryRows) -> Flavor:
        rows.flavors.lock()
        seen = _seen(rows, flavorid, by.viewer)
        after = change(seen)
        if after != seen:
            rows.flavors.replace(after)
            journal.changed(rows, seen, after, by.caller, by.now)
        return after

    return directory.write(work)
