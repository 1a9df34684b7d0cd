"""Every option, once: `load` reads by this table, the sample and the reference are printed from it.

A section marked `shared` also exists in a `nova.conf`; there, names that are not ours are ignored.
"""

import os
import socket
from typing import NamedTuple

from oslo_config import cfg, types


class Option(NamedTuple):
    """One option. `default_text` is shown where the true default depends on the machine."""

    section: str
    name: str
    kind: types.ConfigType
    default: object
    help: str
    default_text: str | None = None
    secret: bool = False

    @property
    def shown_default(self) -> str:
        """The default as a configuration file would spell it; empty if there is none."""
        if self.default_text is not None:
            return self.default_text
        if isinstance(self.default, bool):
            return str(self.default).lower()
        return "" if self.default is None else str(self.default)

    def oslo(self) -> cfg.Opt:
        """The same for oslo.config."""
        return cfg.Opt(
            self.name, type=self.kind, default=self.default, help=self.help, secret=self.secret
        )


SHARED_SECTIONS = frozenset({"DEFAULT", "api", "oslo_policy", "oslo_middleware"})
"""Sections that Nova has as well: unknown names there belong to Nova."""


def default_state_path() -> str:
    """Where root and everybody else keeps state."""
    if os.geteuid() == 0:
        return "/var/lib/hostdown"
    return os.path.join(os.path.expanduser("~"), ".local", "state", "hostdown")


def _text() -> types.ConfigType:
    return types.String(quotes=True)


def _number(low: float, high: float) -> types.ConfigType:
    return types.Float(min=low, max=high)


def _count(low: int, high: int) -> types.ConfigType:
    return types.Integer(min=low, max=high)


def _one_of(*words: str) -> types.ConfigType:
    return types.String(choices=list(words))


_STATE = "/var/lib/hostdown for root, else ~/.local/state/hostdown"

OPTIONS: tuple[Option, ...] = (
    Option(
        "DEFAULT",
        "host",
        _text(),
        socket.gethostname(),
        "The name under which this server shows itself in the list of compute services.",
        "the machine's host name",
    ),
    Option(
        "DEFAULT",
        "state_path",
        _text(),
        default_state_path(),
        "Directory of the database file, the administrator's credentials and locks.",
        _STATE,
    ),
    Option(
        "DEFAULT", "debug", types.Boolean(), False, "Log every step. Secrets are masked even so."
    ),
    Option(
        "DEFAULT",
        "report_interval",
        _number(0.05, 3600),
        10.0,
        "Seconds between two reports of a service; fractions are allowed.",
    ),
    Option(
        "DEFAULT",
        "service_down_time",
        _number(0.1, 86400),
        60.0,
        "Seconds without a report after which a service is down; fractions are allowed. If it is "
        "not longer than report_interval, 2.5 times report_interval is used and a warning logged.",
    ),
    Option(
        "DEFAULT",
        "default_availability_zone",
        _text(),
        "nova",
        "Zone of compute hosts that are in no aggregate with a zone.",
    ),
    Option(
        "DEFAULT",
        "internal_service_availability_zone",
        _text(),
        "internal",
        "Zone shown for services that are not compute hosts.",
    ),
    Option(
        "DEFAULT",
        "enable_new_services",
        types.Boolean(),
        True,
        "Whether a compute service is enabled when it reports for the first time.",
    ),
    Option(
        "api",
        "auth_strategy",
        _one_of("embedded", "noauth2"),
        "embedded",
        "embedded: users and tokens of our own, under /identity. noauth2: the token names its "
        "user, for test beds on a loopback address only.",
    ),
    Option(
        "api",
        "compute_link_prefix",
        _text(),
        None,
        "URL that replaces scheme, host and port in the links of answers, for use behind a proxy.",
    ),
    Option("api", "max_limit", _count(1, 100_000), 1000, "Most records in one page of a list."),
    Option(
        "oslo_policy",
        "policy_file",
        _text(),
        "policy.yaml",
        "File of policy rules, YAML or JSON; relative to the first configuration file's directory.",
    ),
    Option(
        "oslo_policy",
        "policy_dirs",
        _text(),
        "policy.d",
        "Directory of more policy files, which override policy_file; relative as that is.",
    ),
    Option(
        "oslo_middleware",
        "max_request_body_size",
        _count(1024, 16 * 2**20),
        114688,
        "Bytes of a request body; a larger one is answered with 413.",
    ),
    Option("server", "bind_host", _text(), "127.0.0.1", "IP address or host name to listen on."),
    Option("server", "bind_port", _count(0, 65535), 8774, "TCP port to listen on; 0 takes any."),
    Option(
        "server",
        "workers",
        _count(1, 64),
        None,
        "API worker processes.",
        "1 on SQLite, else 2 or the number of processors if that is less",
    ),
    Option(
        "server",
        "threads",
        _count(1, 128),
        16,
        "Requests that one worker works on at a time; more wait.",
    ),
    Option(
        "server",
        "connections",
        _count(16, 65536),
        4096,
        "Open connections of one worker; more wait in the backlog.",
    ),
    Option("server", "backlog", _count(16, 65535), 1024, "Connections that wait to be accepted."),
    Option(
        "server",
        "keepalive_timeout",
        _number(1, 3600),
        30.0,
        "Seconds in which a request's head must have arrived, also the life of an idle connection.",
    ),
    Option(
        "server",
        "request_timeout",
        _number(1, 3600),
        60.0,
        "Seconds after which a connection that was sent nothing is cut: bounds slow senders of "
        "bodies and slow readers of answers.",
    ),
    Option(
        "server",
        "drain_timeout",
        _number(0.1, 3600),
        10.0,
        "Seconds that requests get to end when the server stops or reloads; then they are cut.",
    ),
    Option(
        "server",
        "start_timeout",
        _number(0, 3600),
        30.0,
        "Seconds to wait at start for a database that does not answer.",
    ),
    Option(
        "server",
        "insecure",
        types.Boolean(),
        False,
        "Serve plain HTTP on an address that other machines reach. Tokens can then be read on the "
        "way.",
    ),
    Option("server", "tls_cert", _text(), None, "PEM file of the certificate and its chain."),
    Option("server", "tls_key", _text(), None, "PEM file of the certificate's private key."),
    Option(
        "directory",
        "connection",
        _text(),
        None,
        "SQLAlchemy URL of the directory database.",
        "sqlite:///<state_path>/hostdown.sqlite",
        secret=True,
    ),
    Option(
        "directory",
        "password_file",
        _text(),
        None,
        "File holding the database password, so that it need not be in the URL. The environment "
        "variable HOSTDOWN_DIRECTORY_PASSWORD comes first.",
    ),
    Option(
        "identity",
        "token_lifetime",
        _number(60, 86400),
        14400.0,
        "Seconds for which a token of the embedded identity is good.",
    ),
    Option(
        "identity", "region", _text(), "RegionOne", "Name of the region in the service catalog."
    ),
    Option("cell", "name", _text(), "cell1", "Name of the cell that this server writes to."),
    Option(
        "cell",
        "connection",
        _text(),
        None,
        "SQLAlchemy URL of the cell's database.",
        "the directory's",
        secret=True,
    ),
    Option(
        "cell",
        "password_file",
        _text(),
        None,
        "As in [directory]; the environment variable is HOSTDOWN_CELL_PASSWORD.",
    ),
    Option(
        "agent",
        "server_url",
        _text(),
        None,
        "URL of the server that agents report to.",
        "by [server] bind_host, bind_port and tls_cert of the same file",
    ),
    Option(
        "agent",
        "ca_file",
        _text(),
        None,
        "PEM file of the authority that signed the server's certificate.",
        "the system's authorities",
    ),
    Option(
        "agent",
        "enrolment_secret_file",
        _text(),
        None,
        "File with the enrolment secret. On the server it holds the secret of the deployment, on "
        "a host that or the one that 'hostdown host enroll' printed; needed for the first start.",
        "<state_path>/enrolment-secret, made by the server",
    ),
    Option(
        "agent",
        "hypervisor",
        _one_of("simulated"),
        "simulated",
        "What runs the instances of this host. simulated: nothing does, the resources are made up.",
    ),
)

OUR_SECTIONS = frozenset(o.section for o in OPTIONS) - SHARED_SECTIONS
"""Sections that only we have: an unknown name there is an error."""
