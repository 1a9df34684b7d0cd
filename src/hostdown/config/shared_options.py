"""Options in sections that Nova has as well; the names are Nova's where it has the same thing."""

import os
import socket

from oslo_config import types

from hostdown.config.live_migration_options import LIVE_MIGRATION
from hostdown.config.option import Option, count, number, one_of, text


def default_state_path() -> str:
    """Where root and everybody else keeps state."""
    if os.geteuid() == 0:
        return "/var/lib/hostdown"
    return os.path.join(os.path.expanduser("~"), ".local", "state", "hostdown")


_STATE = "/var/lib/hostdown for root, else ~/.local/state/hostdown"

POLICY_FILE = "policy.yaml"
"""The name that need not exist: without it, the default rules apply."""

SHARED: tuple[Option, ...] = (
    Option(
        "DEFAULT",
        "host",
        text(),
        socket.gethostname(),
        "The name under which this server shows itself in the list of compute services.",
        "the machine's host name",
    ),
    Option(
        "DEFAULT",
        "state_path",
        text(),
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
        number(0.05, 3600),
        10.0,
        "Seconds between two reports of a service; fractions are allowed.",
    ),
    Option(
        "DEFAULT",
        "service_down_time",
        number(0.1, 86400),
        60.0,
        "Seconds without a report after which a service is down; fractions are allowed. If it is "
        "not longer than report_interval, 2.5 times report_interval is used and a warning logged.",
    ),
    Option(
        "DEFAULT",
        "sync_power_state_interval",
        number(-1, 86400),
        600.0,
        "Seconds after which an agent tells the states of all instances of its host again, so that "
        "one that was set by os-resetState becomes true again; 0 or less: never.",
    ),
    Option(
        "DEFAULT",
        "max_concurrent_live_migrations",
        count(0, 1000),
        4,
        "Guests that one host sends at a time while they run; the others wait. 0: as many as there "
        "are.",
    ),
    Option(
        "DEFAULT",
        "default_availability_zone",
        text(),
        "nova",
        "Zone of compute hosts that are in no aggregate with a zone.",
    ),
    Option(
        "DEFAULT",
        "internal_service_availability_zone",
        text(),
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
        one_of("embedded", "keystone", "noauth2"),
        "embedded",
        "embedded: users and tokens of our own, under /identity. keystone: those of the Keystone "
        "in [keystone_authtoken]. noauth2: the token names its user, for test beds on a loopback "
        "address only.",
    ),
    Option(
        "api",
        "compute_link_prefix",
        text(),
        None,
        "URL that replaces scheme, host and port in the links of answers, for use behind a proxy.",
    ),
    Option(
        "api",
        "max_limit",
        count(1, 100_000),
        1000,
        "Records on one page of a list, whatever a client asks for.",
    ),
    Option(
        "api",
        "list_records_by_skipping_down_cells",
        types.Boolean(),
        True,
        "Whether a list of servers leaves out those of a cell that does not answer. If not, it is "
        "500 where it cannot name them.",
    ),
    Option(
        "compute",
        "host_status_precedence",
        one_of("nova", "documented"),
        "nova",
        "host_status of a host that is both disabled and forced down. nova: DOWN. documented: "
        "MAINTENANCE, as the manual's list of the values reads.",
    ),
    Option(
        "oslo_policy",
        "policy_file",
        text(),
        POLICY_FILE,
        "File of policy rules, YAML or JSON; relative to the first configuration file's directory, "
        "or to /etc/hostdown if no file is read.",
    ),
    Option(
        "oslo_policy",
        "policy_dirs",
        text(),
        "policy.d",
        "Directory of more policy files, which override policy_file; relative as that is.",
    ),
    Option(
        "oslo_middleware",
        "max_request_body_size",
        count(1024, 16 * 2**20),
        114688,
        "Bytes of a request body; a larger one is answered with 413.",
    ),
    Option(
        "oslo_middleware",
        "enable_proxy_headers_parsing",
        types.Boolean(),
        False,
        "Take scheme and host of links in answers from X-Forwarded-Proto and X-Forwarded-Host. "
        "Only where all requests come through a proxy that sets both.",
    ),
    Option(
        "libvirt",
        "uri",
        text(),
        "qemu:///system",
        "The libvirt that runs the instances of this host, for [agent] hypervisor = libvirt: "
        "qemu:///system, qemu+unix:///system?socket=FILE, qemu+tcp://ADDRESS/system, "
        "qemu:///embed?root=DIRECTORY within the agent, or test:///default, which runs nothing.",
    ),
    Option(
        "libvirt",
        "bridge",
        text(),
        None,
        "Network bridge of this host that instances with networks = auto are put on; without one "
        "they are refused here.",
    ),
    Option(
        "libvirt",
        "virt_type",
        one_of("auto", "kvm", "qemu"),
        "auto",
        "How QEMU runs instances. kvm: by the processor. qemu: by software, slow, for test beds. "
        "auto: kvm if a guest that tries it really runs to its end, else qemu.",
    ),
    Option(
        "libvirt",
        "images_type",
        one_of("raw", "qcow2"),
        "raw",
        "What the disk of a new instance is. raw: a copy of its image. qcow2: made at once, as a "
        "layer over the image in instances_path, which then has to stay there.",
    ),
    *LIVE_MIGRATION,
)
