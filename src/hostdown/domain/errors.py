"""One class per thing that can go wrong.

`template` is the sentence people read, exact to Nova's text where Nova has one; `code` is stable
and meant for programs. The API maps classes to HTTP statuses in one dict (api/faults.py).
"""

from typing import ClassVar


class HostdownError(Exception):
    """Base of everything we raise on purpose; its keyword arguments fill the template."""

    template: ClassVar[str] = "Something went wrong."
    code: ClassVar[str] = "error"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.template.format(**facts))

    @property
    def message(self) -> str:
        """The sentence, filled in."""
        return str(self)


class HostNotMapped(HostdownError):
    """A host that no cell knows (contract 2.5, check 7)."""

    template = "Host '{host}' is not mapped to any cell"
    code = "host-not-mapped"


class BinaryNotOnHost(HostdownError):
    """The host is known, the service is not (contract 2.5, check 8)."""

    template = "Could not find binary {binary} on host {host}."
    code = "binary-not-on-host"


class ServiceNotFound(HostdownError):
    """No such service to change (contract 2.6, check 4)."""

    template = "Service {service_id} could not be found."
    code = "service-not-found"


class ServiceHostsServers(HostdownError):
    """A compute service is not deleted from under its host's servers (contract 2.8, check 4)."""

    template = (
        "Unable to delete compute service that is hosting instances. Migrate or delete the "
        "instances first."
    )
    code = "service-hosts-servers"


class ServiceHasMigrations(HostdownError):
    """Nor while servers are on their way from its host, or to it (contract 2.8, check 5)."""

    template = (
        "Unable to delete compute service that has in-progress migrations. Complete the migrations "
        "or delete the instances first."
    )
    code = "service-has-migrations"


class ServiceHasLeftovers(HostdownError):
    """Nor while disks of deleted servers wait for its host to remove them (NEVER-TWICE D3)."""

    template = (
        "Unable to delete the compute service of {host}: it has yet to clear up after servers that "
        "were deleted ({count}). Let it come back; or, if it is gone for good, force it down "
        "first, and other hosts clear up wherever they reach the disks."
    )
    code = "service-has-leftovers"


class ServiceToDeleteNotFound(HostdownError):
    """No such service to delete: Nova words this one differently (contract 2.8, check 3)."""

    template = "Service {service_id} not found."
    code = "service-to-delete-not-found"


class OnlyComputeCanBeUpdated(HostdownError):
    """Disable, enable and force-down are for nova-compute alone (contract 2.5, check 6)."""

    template = (
        "Updating a {binary} service is not supported. Only nova-compute services can be updated."
    )
    code = "only-compute-can-be-updated"


class DirectoryUnavailable(HostdownError):
    """The directory database does not answer; nothing can be said about anything."""

    template = "The directory database does not answer; try again in {retry_after_s} seconds."
    code = "directory-unavailable"


class CellUnavailable(HostdownError):
    """A cell's database does not answer; what is not in that cell can still be served."""

    template = "The database of cell '{cell}' does not answer; nothing was changed."
    code = "cell-unavailable"


class StorageFull(HostdownError):
    """The database could not write for want of room; the change was rolled back."""

    template = "The database has no room left, so nothing was changed; free some disk space."
    code = "storage-full"


class SchemaUnknown(HostdownError):
    """The database holds a schema this version cannot use; `advice` says what to do."""

    template = "The {schema} schema in {database} is at revision '{found}': {advice}"
    code = "schema-unknown"


class HostUnknown(HostdownError):
    """An agent names a host id that was never enrolled."""

    template = (
        "No host with id {host_id} is enrolled here; enroll it with 'hostdown host enroll NAME'."
    )
    code = "host-unknown"


class HostNameInvalid(HostdownError):
    """A name that no host can have."""

    template = (
        "A host's name has 1 to {length_max} characters, none of them a slash or one that nobody "
        "sees (control characters and the like), and no space at either end."
    )
    code = "host-name-invalid"


class HostDeleted(HostdownError):
    """An agent talks for a host whose service was deleted: it must stop and re-create nothing."""

    template = (
        "Host '{name}' was deleted from this deployment; its agent must stop. To bring it back, "
        "run 'hostdown host enroll {name}' and start the agent anew with the secret it prints."
    )
    code = "host-deleted"


class HostNameTaken(HostdownError):
    """Somebody else reports under this name."""

    template = (
        "The name '{name}' belongs to a host whose agent has run; if that machine is gone for good "
        "or was re-installed, run 'hostdown host enroll --replace {name}'."
    )
    code = "host-name-taken"


class HostIsLive(HostdownError):
    """A second agent claims a host that is reporting at this moment."""

    template = (
        "Host '{name}' is reporting at this moment from another agent or machine; stop that one "
        "first, or give this one a name of its own."
    )
    code = "host-is-live"


class HostMachineChanged(HostdownError):
    """An identity turns up on another machine than the one it was enrolled on (RACES 62)."""

    template = (
        "Host '{name}' was enrolled on another machine, so this looks like a copy of its state "
        "directory; enroll this machine under a name of its own, or, if it replaces the old one "
        "for good, run 'hostdown host enroll --replace {name}'."
    )
    code = "host-machine-changed"


class MachineEnrolled(HostdownError):
    """A machine that is a host wants to be a second one (NEVER-TWICE D4)."""

    template = (
        "This machine is enrolled as host '{name}' already. Give it that name again, with the "
        "state directory that it had. If host '{name}' is no more, run 'hostdown service delete "
        "{name} nova-compute' first. If it is another machine, both have the same machine id: give "
        "this one an id of its own."
    )
    code = "machine-enrolled"


class HostForked(HostdownError):
    """An older boot of a host lived on beside a newer one (NEVER-TWICE D4, RACES 62)."""

    template = (
        "Host '{name}' is held: an older boot of it was heard after a newer one had begun, so two "
        "machines have its identity. Stop the copy; then run 'hostdown host enroll --replace "
        "{name}', and start the right machine's agent with --enroll and the secret it prints. What "
        "either machine runs goes on."
    )
    code = "host-forked"


class BootOver(HostdownError):
    """An older boot of a host is heard, and may have spoken before the newer one began."""

    template = "A newer boot of host '{name}' has begun, so this one is taken to be over."
    code = "boot-over"


class SessionUnknown(HostdownError):
    """The server's newest session of a host is another one than the agent thinks."""

    template = "The newest session of host '{name}' is {newest}; begin a new one after it."
    code = "session-unknown"


class SessionEnded(HostdownError):
    """A newer agent session of the same host has begun."""

    template = (
        "Session {session} of host '{name}' ended when session {newest} began; only one agent may "
        "run for a host."
    )
    code = "session-ended"


class EnrolmentRefused(HostdownError):
    """Wrong, used or expired enrolment secret; which of them is not told."""

    template = (
        "The enrolment secret for host '{name}' is wrong, used or expired; run "
        "'hostdown host enroll {name}' for a new one."
    )
    code = "enrolment-refused"


class MessageMalformed(HostdownError):
    """A message of an agent that does not have the form it must have."""

    template = "The message was refused: {reason}."
    code = "malformed"


class MessageTooLarge(HostdownError):
    """A message of an agent beyond its limit; it was not read."""

    template = "The message was refused: it is larger than {limit} bytes."
    code = "too-large"


class ReportReplayed(HostdownError):
    """A report whose sequence was taken before, in the same session."""

    template = "Report {sequence} of session {session} was refused: it has come before."
    code = "replayed"


class SignatureRefused(HostdownError):
    """An agent's request that is not authentic."""

    template = "The request was refused: {reason}."
    code = "bad-signature"


class RequestStale(HostdownError):
    """An authentic request from another time: a replay, or a clock that is wrong."""

    template = (
        "The request was refused: its time is more than {skew_max_s} seconds off the server's; "
        "set this machine's clock right."
    )
    code = "stale-time"


class MachineUnreadable(HostdownError):
    """A source of the machine's identity that cannot be read."""

    template = "{path}: {reason}"
    code = "machine-unreadable"


class NameTaken(HostdownError):
    """A user or a project whose name another one has."""

    template = "A {kind} named '{name}' exists already; choose another name."
    code = "name-taken"


class SecretFileUnusable(HostdownError):
    """A file that holds a secret cannot be read or written."""

    template = "The secret in {path} cannot be used: {reason}."
    code = "secret-file-unusable"
