"""Options about where servers go and what becomes of them; Nova has all of these names."""

from oslo_config import types

from hostdown.config.option import Option, number

PLACEMENT: tuple[Option, ...] = (
    Option(
        "DEFAULT",
        "cpu_allocation_ratio",
        number(0.01, 1000),
        16.0,
        "vCPUs that a host's servers may be promised, for each one that it has.",
    ),
    Option(
        "DEFAULT",
        "ram_allocation_ratio",
        number(0.01, 1000),
        1.0,
        "Memory that a host's servers may be promised, for all that it has.",
    ),
    Option(
        "DEFAULT",
        "disk_allocation_ratio",
        number(0.01, 1000),
        1.0,
        "Disk that a host's servers may be promised, for all that it has.",
    ),
    Option(
        "DEFAULT",
        "resume_guests_state_on_host_boot",
        types.Boolean(),
        False,
        "Start the servers of a host that was booted, if they ran before; else they are stopped.",
    ),
)
