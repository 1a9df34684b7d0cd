"""Options in sections of our own."""

from oslo_config import types

from hostdown.config.option import Option, count, number, one_of, text
from hostdown.domain.metric_table import DIRECTORY_NAME

OWN: tuple[Option, ...] = (
    Option("server", "bind_host", text(), "127.0.0.1", "IP address or host name to listen on."),
    Option("server", "bind_port", count(0, 65535), 8774, "TCP port to listen on; 0 takes any."),
    Option(
        "server",
        "workers",
        count(1, 64),
        None,
        "API worker processes; another number takes a restart.",
        "1 on SQLite, else 2 or the number of processors if that is less",
    ),
    Option(
        "server",
        "threads",
        count(1, 128),
        16,
        "Requests that one worker works on at a time; more wait.",
    ),
    Option(
        "server",
        "connections",
        count(16, 65536),
        4096,
        "Open connections of one worker; more wait in the backlog.",
    ),
    Option("server", "backlog", count(16, 65535), 1024, "Connections that wait to be accepted."),
    Option(
        "server",
        "keepalive_timeout",
        number(1, 3600),
        30.0,
        "Seconds in which a request's head must have arrived, also the life of an idle connection.",
    ),
    Option(
        "server",
        "request_timeout",
        number(1, 3600),
        60.0,
        "Seconds after which a connection that was sent nothing is cut: bounds slow senders of "
        "bodies and slow readers of answers.",
    ),
    Option(
        "server",
        "worker_timeout",
        number(1, 3600),
        90.0,
        "Seconds after which a worker that hangs is killed and replaced: one that does not answer "
        "itself, or of whose requests or background jobs none ends. Longer than the longest "
        "request.",
    ),
    Option(
        "server",
        "drain_timeout",
        number(0.1, 3600),
        10.0,
        "Seconds that requests get to end when the server stops or reloads; then they are cut.",
    ),
    Option(
        "server",
        "start_timeout",
        number(0, 3600),
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
    Option(
        "server",
        "pulses",
        types.Boolean(),
        True,
        "Hear the pulses of hosts, by UDP. Without them hosts ask for work every two seconds. "
        "Changes only with a restart.",
    ),
    Option(
        "server",
        "pulse_port",
        count(0, 65535),
        None,
        "UDP port for pulses; 0 takes any. Changes only with a restart.",
        "bind_port's number",
    ),
    Option(
        "server",
        "pulse_addresses",
        text(),
        None,
        "Addresses at which hosts reach this server's pulse port, up to 8, with commas between "
        "them: one for each network that leads here. Where there are several servers each needs "
        "some, because hosts send their pulses to all of them.",
        "bind_host, or if that is every address the one in the host's server_url",
    ),
    Option(
        "server",
        "pulse_interval",
        number(0.02, 60),
        0.1,
        "Seconds between two pulses of a host on each of its paths.",
    ),
    Option("server", "tls_cert", text(), None, "PEM file of the certificate and its chain."),
    Option("server", "tls_key", text(), None, "PEM file of the certificate's private key."),
    Option(
        "directory",
        "connection",
        text(),
        None,
        "SQLAlchemy URL of the directory database.",
        "sqlite:///<state_path>/hostdown.sqlite",
        secret=True,
    ),
    Option(
        "directory",
        "password_file",
        text(),
        None,
        "File holding the database password, so that it need not be in the URL. The environment "
        "variable HOSTDOWN_DIRECTORY_PASSWORD comes first.",
    ),
    Option(
        "identity",
        "token_lifetime",
        number(60, 86400),
        3600.0,
        "Seconds for which a token of the embedded identity is good.",
    ),
    Option("identity", "region", text(), "RegionOne", "Name of the region in the service catalog."),
    Option(
        "image",
        "path",
        text(),
        None,
        "Directory of the images that were uploaded. All servers of a deployment must have the "
        "same one.",
        "<state_path>/images",
    ),
    Option(
        "image",
        "max_bytes",
        count(1, 2**50),
        100 * 2**30,
        "Bytes of one image; an upload that has more is answered with 413.",
    ),
    Option(
        "image",
        "max_virtual_bytes",
        count(1, 2**50),
        2**40,
        "Bytes of the disk that an image says it is of; an upload that says more is refused.",
    ),
    Option(
        "image",
        "api",
        text(),
        None,
        "URL of a Glance (https://glance.example.org:9292) from which servers get their images, "
        "in place of our own Image API. Hosts check what they get by the SHA-512 or SHA-256 in "
        "its records.",
        "our own, at /image",
    ),
    Option(
        "image",
        "ca_file",
        text(),
        None,
        "PEM file of the authority that signed the certificate of [image] api.",
        "the system's authorities",
    ),
    Option(
        "cell",
        "name",
        text(taken=(DIRECTORY_NAME,)),
        "cell1",
        "Name of the cell that this server writes to; 'directory' is the directory's in metrics.",
    ),
    Option(
        "cell",
        "connection",
        text(),
        None,
        "SQLAlchemy URL of the cell's database.",
        "the directory's",
        secret=True,
    ),
    Option(
        "cell",
        "password_file",
        text(),
        None,
        "As in [directory]; the environment variable is HOSTDOWN_CELL_PASSWORD.",
    ),
    Option(
        "agent",
        "server_url",
        text(),
        None,
        "URL of the server that agents report to; of several, with commas between them: the next "
        "one is asked when one does not answer.",
        "by [server] bind_host, bind_port and tls_cert of the same file",
    ),
    Option(
        "agent",
        "ca_file",
        text(),
        None,
        "PEM file of the authority that signed the server's certificate.",
        "the system's authorities",
    ),
    Option(
        "agent",
        "enrolment_secret_file",
        text(),
        None,
        "File with the enrolment secret. On the server it holds the secret of the deployment, on "
        "a host that or the one that 'hostdown host enroll' printed; needed for the first start.",
        "<state_path>/enrolment-secret, made by the server",
    ),
    Option(
        "agent",
        "hypervisor",
        one_of("simulated", "fake", "libvirt", "none"),
        "simulated",
        "What runs the instances of this host. libvirt: QEMU, by [libvirt]. none: nothing of ours; "
        "a host of a Nova beside us is only watched. fake: nothing, but instances seem to run. "
        "simulated: nothing, and there are none; the resources are made up.",
    ),
    Option(
        "agent",
        "instances_path",
        text(),
        None,
        "Directory of the instances' disks, on storage of this host or shared with others.",
        "<state_path>/instances",
    ),
    Option(
        "lab",
        "state_dir",
        text(),
        None,
        "Directory of the lab: its hosts' files, its server's, its BMCs' password. Not below /run.",
        "<state_path>/lab",
    ),
    Option(
        "lab",
        "subnet",
        text(),
        None,
        "Addresses of the lab, a /24: this machine, the hosts and their BMCs.",
        "the first of 10.99.0.0/16 that no route of this machine leads into",
    ),
)
