"""What can be wrong with a request for a live migration of a server (contract 4.7)."""

from hostdown.domain.errors import HostdownError


class MigrationNotFound(HostdownError):
    """The server has no migration of this number."""

    template = "In-progress live migration {id} is not found for server {server_id}."
    code = "migration-not-found"


class MigrationNotLive(HostdownError):
    """It is of another type."""

    template = "Migration {id} for server {server_id} is not live-migration."
    code = "migration-not-live"


class MigrationNotInProgress(HostdownError):
    """It has ended, or has not begun."""

    template = "Live migration {id} for server {server_id} is not in progress."
    code = "migration-not-in-progress"
