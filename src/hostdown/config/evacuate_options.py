"""Section [evacuate]: how servers of dead hosts are moved (NEVER-TWICE P6, DESIGN §9)."""

from hostdown.config.option import Option, count, one_of

SECTION = "evacuate"

EVACUATE: tuple[Option, ...] = (
    Option(
        SECTION,
        "silent_source",
        one_of("word", "proof"),
        "word",
        "What an administrator's request is for a host that is down only because it is silent: the "
        "word that it is dead, or a request that waits for a proof or a force-down.",
    ),
    Option(
        SECTION,
        "word_covers",
        one_of("all", "locks"),
        "all",
        "For which servers that word stands in for a proof: for all of them, or only for those "
        "on pools whose locks keep a second writer out. The others then wait for a proof.",
    ),
    Option(
        SECTION,
        "local_disks",
        one_of("recreate", "refuse"),
        "recreate",
        "What is done with a server whose disk is on a pool that its next host has not: the disk "
        "is made anew from its image, and what was on it is lost; or no such host is taken.",
    ),
    Option(
        SECTION,
        "at_once",
        count(1, 1000),
        32,
        "Servers that are on their way at a time.",
    ),
    Option(
        SECTION,
        "per_destination",
        count(1, 1000),
        4,
        "The same to one host.",
    ),
)
