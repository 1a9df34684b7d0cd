"""Section [recovery]: what is done about a host that fails (DESIGN §9)."""

from oslo_config import types

from hostdown.config.option import Option, number, one_of

SECTION = "recovery"

RECOVERY: tuple[Option, ...] = (
    Option(
        SECTION,
        "enabled",
        types.Boolean(),
        False,
        "Whether hosts that fall silent are fenced, forced down, and their servers brought back "
        "elsewhere, with nobody watching. It takes a [fencing] file.",
    ),
    Option(
        SECTION,
        "hold_off",
        number(0, 60),
        3.0,
        "Seconds for which an unreachable host may come back before it is fenced.",
    ),
    Option(
        SECTION,
        "ha_default",
        types.Boolean(),
        True,
        "Whether a server without the metadata HA_Enabled is brought back.",
    ),
    Option(
        SECTION,
        "events",
        one_of("evidence", "word"),
        "evidence",
        "What compute.host.down from a monitoring system means. evidence: nothing for a host that "
        "is heard, less hold-off for one that is silent. word: the host is forced down at once, "
        "alive or not, in the name of the sender, as OPNFV Doctor's Inspector does; whoever may "
        "send events must be trusted with that.",
    ),
)
