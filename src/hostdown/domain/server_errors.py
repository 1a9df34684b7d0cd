"""What can be wrong with a request for servers, and for what people keep for them (contract §3)."""

from hostdown.domain.errors import HostdownError


class ServerNotFound(HostdownError):
    """No such server, or none that the caller may know of."""

    template = "Instance {server_id} could not be found."
    code = "server-not-found"


class ServerGroupNotFound(HostdownError):
    """No such group, or none that the caller may know of."""

    template = "Instance group {group_id} could not be found."
    code = "server-group-not-found"


class GroupTakesNoRules(HostdownError):
    """Rules for a group whose policy has none."""

    template = "Only anti-affinity policy supports rules."
    code = "group-takes-no-rules"


class KeypairNotFound(HostdownError):
    """The user has no key pair of this name."""

    template = "Keypair {name} not found for user {user_id}"
    code = "keypair-not-found"


class MetadataItemNotFound(HostdownError):
    """The server has no metadata under this key (contract 3.10)."""

    template = "Metadata item was not found"
    code = "metadata-item-not-found"


class MetadataTooMany(HostdownError):
    """More keys than a server may have."""

    template = "Maximum number of metadata items exceeds {limit}"
    code = "metadata-too-many"


class MetadataTooLarge(HostdownError):
    """More bytes than a server's metadata may have, whatever their number."""

    template = "The metadata of a server take up {limit} bytes at most; delete some."
    code = "metadata-too-large"


class ServerHasNoNetwork(HostdownError):
    """A network of this name is none of the server's."""

    template = "Instance is not a member of specified network"
    code = "server-has-no-network"


class PinnedElsewhere(HostdownError):
    """A server that is pinned to a zone cannot be pinned to another one (contract 3.8)."""

    template = (
        "Cannot change pinned availability zone directly. Unpin first by setting "
        "pinned_availability_zone to null."
    )
    code = "pinned-elsewhere"


class ZoneIsNotCurrent(HostdownError):
    """A server can only be pinned to where it is (contract 3.8)."""

    template = (
        "Server can only be pinned to its current availability zone '{current}', but "
        "'{requested}' was requested."
    )
    code = "zone-is-not-current"


class ActionNotFound(HostdownError):
    """No request of this id was made of the server (contract 4.6)."""

    template = "Action {request_id} not found"
    code = "action-not-found"
