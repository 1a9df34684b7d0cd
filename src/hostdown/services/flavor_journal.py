"""What a change of a flavor leaves in the journal and tells (contract 7.4).

A notification shows the flavor as it is after the change, a deleted one as it was.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from hostdown.domain.model import Caller, Change, Flavor
from hostdown.services.aggregate_ports import Told
from hostdown.services.directory_ports import DirectoryRows

Facts = Mapping[str, object]


def created(rows: DirectoryRows, made: Flavor, caller: Caller, now: datetime) -> None:
    """A new flavor, which no project was let in to yet."""
    _record(rows, Change(now, caller, "flavor.create", {}, _facts(made)), made, ())


def changed(
    rows: DirectoryRows, seen: Flavor, after: Flavor, caller: Caller, now: datetime
) -> None:
    """Another description, or other extra specs."""
    old, new = _facts(seen), _facts(after)
    names = [name for name in old if old[name] != new[name]]
    before, since = ({name: facts[name] for name in names} for facts in (old, new))
    change = Change(now, caller, "flavor.update", before, since)
    _record(rows, change, after, rows.flavor_projects.of(after))


def let_in(
    rows: DirectoryRows, flavor: Flavor, project_id: str, caller: Caller, now: datetime
) -> None:
    """One project more."""
    change = Change(now, caller, "flavor.update", {}, {"project": project_id})
    _record(rows, change, flavor, rows.flavor_projects.of(flavor))


def shut_out(
    rows: DirectoryRows, flavor: Flavor, project_id: str, caller: Caller, now: datetime
) -> None:
    """One project less."""
    change = Change(now, caller, "flavor.update", {"project": project_id}, {})
    _record(rows, change, flavor, rows.flavor_projects.of(flavor))


def deleted(
    rows: DirectoryRows, seen: Flavor, projects: Sequence[str], caller: Caller, now: datetime
) -> None:
    """A flavor that is no more."""
    _record(rows, Change(now, caller, "flavor.delete", _facts(seen), {}), seen, projects)


def _facts(flavor: Flavor) -> dict[str, object]:
    return {**flavor._asdict(), "extra_specs": dict(flavor.extra_specs)}


def _payload(flavor: Flavor, projects: Sequence[str]) -> Facts:
    """The data of a FlavorPayload 1.4."""
    return {
        "flavorid": flavor.flavorid,
        "name": flavor.name,
        "root_gb": flavor.root_gb,
        "vcpus": flavor.vcpus,
        "ephemeral_gb": flavor.ephemeral_gb,
        "memory_mb": flavor.memory_mb,
        "disabled": flavor.disabled,
        "rxtx_factor": flavor.rxtx_factor,
        "extra_specs": dict(flavor.extra_specs),
        "projects": list(projects),
        "swap": flavor.swap_mb,
        "is_public": flavor.is_public,
        "vcpu_weight": 0,
        "description": flavor.description,
    }


def _record(rows: DirectoryRows, change: Change, subject: Flavor, projects: Sequence[str]) -> None:
    told = [Told(change.event_type, _payload(subject, projects))]
    rows.journal.record(change, subject.flavorid, told)
