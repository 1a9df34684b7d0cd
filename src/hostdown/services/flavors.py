"""Look up and list flavors (contract 6.6).

A deployment has tens of them, so filters, order and pages are made here of all of them and mean the
same on every database; a pattern could not be asked of a database without its own, slower engine.
"""

from collections.abc import Callable
from typing import NamedTuple

from hostdown.domain.flavor_errors import FlavorNotFound
from hostdown.domain.model import Flavor
from hostdown.domain.paging_errors import MarkerNotFound
from hostdown.services.directory_ports import Directory


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

    def includes(self, flavor: Flavor) -> bool:
        """Is it one of those?"""
        return (
            self.is_public in (None, flavor.is_public)
            and self.disabled in (None, flavor.disabled)
            and (self.memory_mb_min is None or flavor.memory_mb >= self.memory_mb_min)
            and (self.root_gb_min is None or flavor.root_gb >= self.root_gb_min)
            and (self.name is None or self.name(flavor.name))
        )


def list_flavors(directory: Directory, wanted: Wanted, private: bool) -> list[Flavor]:
    """One page; the marker need not be among those wanted. `private` as in `find`.

    Raises MarkerNotFound.
    """

    def place(flavor: Flavor) -> tuple[object, ...]:
        value = getattr(flavor, wanted.sort_key)
        return value is not None, value, flavor.id

    everything = directory.read(lambda rows: rows.flavors.all())
    visible = [flavor for flavor in everything if flavor.is_public or private]
    visible.sort(key=place, reverse=wanted.descending)
    begin = 0
    if wanted.marker is not None:
        places = {flavor.flavorid: number for number, flavor in enumerate(visible)}
        if wanted.marker not in places:
            raise MarkerNotFound(marker=wanted.marker)
        begin = places[wanted.marker] + 1
    return [flavor for flavor in visible[begin:] if wanted.includes(flavor)][: wanted.limit]


def find(directory: Directory, flavorid: str, private: bool) -> Flavor:
    """The flavor with this id; `private` includes those that are not for everybody.

    Raises FlavorNotFound.
    """
    flavor = directory.read(lambda rows: rows.flavors.get(flavorid))
    if flavor is None or not (flavor.is_public or private):
        raise FlavorNotFound(flavor_id=flavorid)
    return flavor
