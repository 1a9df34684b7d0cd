"""What can go wrong with aggregates and zones; sentences of contract 6.3."""

from hostdown.domain.errors import HostdownError


class AggregateNotFound(HostdownError):
    """No aggregate has this id."""

    template = "Aggregate {aggregate_id} could not be found."
    code = "aggregate-not-found"


class AggregateNameTaken(HostdownError):
    """Another aggregate has this name."""

    template = "Aggregate {name} already exists."
    code = "aggregate-name-taken"


class AggregateNotEmpty(HostdownError):
    """An aggregate with hosts is not deleted."""

    template = (
        "Cannot remove host from aggregate {aggregate_id}. Reason: Host aggregate is not empty."
    )
    code = "aggregate-not-empty"


class HostAlreadyInAggregate(HostdownError):
    """The host to add is there."""

    template = "Aggregate {aggregate_id} already has host {host}."
    code = "host-already-in-aggregate"


class HostNotInAggregate(HostdownError):
    """The host to remove is not there, or the aggregate is not."""

    template = "Cannot remove host {host} in aggregate {aggregate_id}"
    code = "host-not-in-aggregate"


class HostInOtherZone(HostdownError):
    """A host may be in many aggregates, but in one zone."""

    template = (
        "Cannot add host to aggregate {aggregate_id}. Reason: One or more hosts already in "
        "availability zone(s) {zones}."
    )
    code = "host-in-other-zone"


class HostsInOtherZones(HostdownError):
    """A zone that an aggregate cannot take while its hosts are in another aggregate's zone.

    `doing` is `update aggregate` or `update metadata of aggregate`.
    """

    template = (
        "Cannot {doing} {aggregate_id}. Reason: One or more hosts already in availability zone(s) "
        "{zones}."
    )
    code = "hosts-in-other-zones"


class ServersWouldMove(HostdownError):
    """Servers do not change their zone; so their host does not (contract 6.3).

    `doing` is `add host to` or `remove host from`, `done` is `added to` or `removed from`.
    """

    template = (
        "Cannot {doing} aggregate {aggregate_id}. Reason: The host cannot be {done} the aggregate "
        "as the availability zone of the host would change from '{before}' to '{after}' but the "
        "host already has {count} instance(s). Changing the AZ of an existing instance is not "
        "supported by this action. Move the instances away from this host then try again. If you "
        "need to move the instances between AZs then you can use shelve_offload and unshelve to "
        "achieve this."
    )
    code = "servers-would-move"


class ServersInZone(HostdownError):
    """The same, where an aggregate's own zone is to change; `doing` as of HostsInOtherZones."""

    template = (
        "Cannot {doing} {aggregate_id}. Reason: One or more hosts contain instances in this zone."
    )
    code = "servers-in-zone"


class ZoneNameMissing(HostdownError):
    """A zone has a name, and an aggregate that makes one goes on making one."""

    template = (
        "Cannot {doing} {aggregate_id}. Reason: Aggregate {name} does not support empty named "
        "availability zone."
    )
    code = "zone-name-missing"
