"""Of section [libvirt]: how guests are sent to other hosts while they run (NEVER-TWICE M1)."""

from oslo_config import types

from hostdown.config.option import Option, count, number, text

SECTION = "libvirt"

LIVE_MIGRATION: tuple[Option, ...] = (
    Option(
        SECTION,
        "live_migration_uri",
        text(),
        "qemu+tls://%s/system",
        "How this host's agent reaches the libvirt of a host that it sends a guest to; %s stands "
        "for that host's address. qemu+tcp:// asks nobody who they are: for closed networks only.",
    ),
    Option(
        SECTION,
        "live_migration_with_native_tls",
        types.Boolean(),
        True,
        "Whether QEMU encrypts the memory that it sends, by the certificates that both hosts have "
        "for it. Without it everybody between them can read and change a guest's memory.",
    ),
    Option(
        SECTION,
        "live_migration_bandwidth",
        count(0, 1_000_000),
        0,
        "MiB a second that one guest may take on its way; 0: as much as there is.",
    ),
    Option(
        SECTION,
        "live_migration_completion_timeout",
        number(1, 86_400),
        800.0,
        "Seconds that a guest may be on its way for each GiB of its memory, and at least for two; "
        "then it stays where it is.",
    ),
)
