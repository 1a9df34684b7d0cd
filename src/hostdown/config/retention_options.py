"""Section [retention]: for how long what is over is kept."""

from hostdown.config.option import Option, count

RETENTION: tuple[Option, ...] = (
    Option(
        "retention",
        "days",
        count(0, 36500),
        90,
        "Days after which what is over is forgotten: deleted servers and services, what was asked "
        "of servers, migrations, recoveries, and the journals of changes. What somebody may still "
        "run, or has still to clear up, stays. 0: everything is kept for ever.",
    ),
)
