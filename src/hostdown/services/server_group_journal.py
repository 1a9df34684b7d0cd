"""What a change of a server group leaves in the journal and tells (contract 7.3)."""

from datetime import datetime

from hostdown.domain.model import Caller, Change
from hostdown.domain.server_groups import ServerGroup
from hostdown.services.aggregate_ports import Told
from hostdown.services.directory_ports import DirectoryRows


def created(rows: DirectoryRows, made: ServerGroup, caller: Caller, now: datetime) -> None:
    """A new group."""
    _record(rows, Change(now, caller, "server_group.create", {}, _facts(made)), made)


def deleted(rows: DirectoryRows, seen: ServerGroup, caller: Caller, now: datetime) -> None:
    """A group that is no more; it is told as it was."""
    _record(rows, Change(now, caller, "server_group.delete", _facts(seen), {}), seen)


def joined(rows: DirectoryRows, after: ServerGroup, caller: Caller, now: datetime) -> None:
    """One member more, the last."""
    facts = {"member": after.members[-1]}
    _record(rows, Change(now, caller, "server_group.add_member", {}, facts), after)


def _facts(group: ServerGroup) -> dict[str, object]:
    return {
        "name": group.name,
        "policy": group.policy.value,
        "rules": dict(group.rules),
        "members": list(group.members),
    }


def _record(rows: DirectoryRows, change: Change, subject: ServerGroup) -> None:
    payload = {  # the data of a ServerGroupPayload 1.1, whose rules are texts
        "uuid": subject.uuid,
        "name": subject.name,
        "project_id": subject.project_id,
        "user_id": subject.user_id,
        "policies": [subject.policy.value],
        "policy": subject.policy.value,
        "rules": {name: str(value) for name, value in subject.rules.items()},
        "members": list(subject.members),
        "hosts": None,
    }
    rows.journal.record(change, subject.uuid, [Told(change.event_type, payload)])
