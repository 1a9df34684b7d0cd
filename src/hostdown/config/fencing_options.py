"""Section [fencing]: how hosts are cut off (NEVER-TWICE, Proof)."""

from hostdown.config.option import Option, text

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
)
