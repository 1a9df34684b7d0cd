"""What must be there before the first worker: schemas, the first admin, secrets, our own services.

It runs in a process of its own, once for each start of a server; all of it may be repeated.
"""

import logging
import secrets
import threading
from collections.abc import Callable
from datetime import timedelta

from hostdown import storage
from hostdown.api import policy
from hostdown.api.policy_files import PolicySettings
from hostdown.config import Settings
from hostdown.domain.errors import CellUnavailable, DirectoryUnavailable, HostdownError
from hostdown.drivers.bcrypt_passwords import BcryptPasswords
from hostdown.drivers.credential_files import CredentialFiles
from hostdown.drivers.secret_file import read_secret, write_secret
from hostdown.drivers.system_clock import SystemClock
from hostdown.services import own_services
from hostdown.services.directory_ports import Directory
from hostdown.services.identity import bootstrap
from hostdown.services.token_checks import TokenChecks
from hostdown.storage import DatabaseSettings, Storage, open_storage
from hostdown.storage.reason import reason

LOG = logging.getLogger(__name__)

ASK_AGAIN_S = 1.0
"""How often a server that starts asks a database that is silent."""
ENROLMENT_KEY = "enrolment"
ENROLMENT_SECRET_BYTES = 32


class DatabaseSilent(HostdownError):
    """A database did not answer for all of `[server] start_timeout`."""

    template = (
        "The {name} database did not answer within [server] start_timeout = {timeout_s:g} s "
        "({reason}); start it, or correct [{name}] connection."
    )
    code = "database-silent"


def database_settings(settings: Settings) -> DatabaseSettings:
    """Where the two databases are."""
    return DatabaseSettings(settings.directory.url, settings.cell.url, settings.cell_name)


def policy_settings(settings: Settings) -> PolicySettings:
    """Where the policy files are."""
    return PolicySettings(settings.api.policy_file, (settings.api.policy_dir,))


def get_ready(settings: Settings) -> None:
    """Load and make what is alike in all processes of a server, once, before they are forked."""
    storage.get_ready(database_settings(settings))
    policy.get_ready()


def prepare(settings: Settings) -> None:
    """Make what is missing; raises HostdownError with what to do if the server cannot start."""
    from hostdown.storage import schema  # large, and workers never need it

    settings.state_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    databases = database_settings(settings)
    _patiently(lambda: schema.ensure(databases), settings.server.start_timeout)
    opened = open_storage(databases)
    try:
        _fill(settings, opened)
    finally:
        opened.close()


def _fill(settings: Settings, opened: Storage) -> None:
    now = SystemClock().now()
    enrolment_secret(settings, opened.directory)
    if settings.api.auth_strategy == "embedded":
        keeper = CredentialFiles(
            settings.state_path,
            settings.identity_url,
            settings.identity.region,
            settings.server.tls_cert,
        )
        bootstrap(opened.directory, BcryptPasswords(), keeper, now)
        TokenChecks(opened.directory).key()  # made now, so that no log-in has to write
    own_services.ensure(opened.cells.named(settings.cell_name), settings.host, now)


def enrolment_secret(settings: Settings, directory: Directory) -> bytes:
    """The deployment's: from the file that was configured, else the directory's, made once.

    The directory's is written to a file, from which agents on this machine and operators take it.
    """
    agent = settings.agent
    if agent.secret_given:
        return read_secret(agent.enrolment_secret_file)
    made = secrets.token_hex(ENROLMENT_SECRET_BYTES).encode()
    kept = directory.write(lambda rows: rows.keys.get_or_put(ENROLMENT_KEY, made))
    write_secret(agent.enrolment_secret_file, kept)
    return kept


def _patiently(ask: Callable[[], None], limit: timedelta) -> None:
    """Ask until there is an answer: at the start of a machine, databases come up beside us."""
    monotonic = SystemClock().monotonic
    pause = threading.Event()
    deadline = monotonic() + limit.total_seconds()
    while True:
        try:
            ask()
            return
        except (DirectoryUnavailable, CellUnavailable) as error:
            name = "directory" if isinstance(error, DirectoryUnavailable) else "cell"
            left_s = deadline - monotonic()
            if left_s <= 0:
                raise DatabaseSilent(
                    name=name, timeout_s=limit.total_seconds(), reason=reason(error)
                ) from error
            LOG.warning(
                "The %s database does not answer (%s); waiting up to %.0f s",
                name,
                reason(error),
                left_s,
            )
        pause.wait(min(ASK_AGAIN_S, max(left_s, 0.0)))
