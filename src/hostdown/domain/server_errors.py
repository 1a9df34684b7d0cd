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
