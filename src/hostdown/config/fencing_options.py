"""Section [fencing]: how hosts are cut off (NEVER-TWICE, Proof)."""

from hostdown.config.option import Option, number, text

SECTION = "fencing"

FENCING: tuple[Option, ...] = (
    Option(
        SECTION,
        "file",
        text(),
        None,
        "YAML file that says how each host is fenced: /etc/hostdown/fencing.yaml, say. Only the "
        "server reads it, anew whenever it changes.",
        "none: nothing fences a host",
    ),
    Option(
        SECTION,
        "check_interval",
        number(0, 604800),
        3600.0,
        "Seconds between two checks of each host's fencing: its devices are asked for the power "
        "and the identity of their machine, and nothing is switched. What fails twice in a row is "
        "told once, in the log and as host.fencing_broken. 0: nobody looks.",
    ),
)
