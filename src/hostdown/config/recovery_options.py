"""Section [recovery]: what is done about a host that fails (DESIGN §9)."""

from oslo_config import types

from hostdown.config.option import Option, number

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
)
