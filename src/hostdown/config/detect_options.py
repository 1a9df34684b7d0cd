"""Section [detect]: how long a host may be silent (DESIGN §9)."""

from hostdown.config.option import Option, count, one_of

SECTION = "detect"

DETECT: tuple[Option, ...] = (
    Option(
        SECTION,
        "preset",
        one_of("lan", "wan"),
        "lan",
        "How many pulses of a host may be missing in a row, on all its paths, before it counts as "
        "late and as unreachable: 5 and 8 where hosts are near, 10 and 30 where they are far away. "
        "Changes only with a restart.",
    ),
    Option(
        SECTION,
        "kdump_port",
        count(1, 65535),
        None,
        "UDP port on which the server listens for hosts that dump their memory: 7410 is where "
        "fence_kdump_send sends to. Packets name a host by their sender's address, and prove "
        "nothing.",
        "none: nobody listens",
    ),
)
