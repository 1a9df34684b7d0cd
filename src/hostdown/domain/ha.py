"""Which servers run again after their host has failed, as owners and the site say (DESIGN §9).

Metadata as with Masakari: `HA_Enabled`. `HA_Recovery = consumer`: the owner has a standby, and
moves nothing (Doctor's ACT-STBY).
"""

from collections.abc import Mapping
from typing import NamedTuple

ENABLED = "HA_Enabled"
CONSUMER_KEY, CONSUMER = "HA_Recovery", "consumer"
_TRUE, _FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off"})


def is_brought_back(metadata: Mapping[str, str], default: bool) -> bool:
    """Whether a server runs again elsewhere; `default` where its owner says nothing."""
    return stays(metadata, default) is None


def stays(metadata: Mapping[str, str], default: bool) -> str | None:
    """Why a server with this metadata is not brought back; None if it is."""
    if metadata.get(CONSUMER_KEY, "").lower() == CONSUMER:
        return f"Its owner brings it back ({CONSUMER_KEY} = {CONSUMER})."
    said = metadata.get(ENABLED, "").strip().lower()
    if said in _TRUE or (default and said not in _FALSE):
        return None
    of = f"{ENABLED} = {said}" if said in _FALSE else "[recovery] ha_default = false"
    return f"Its owner does not ask for it to be brought back ({of})."


class Resume(NamedTuple):
    """Which servers that ran are started again where they were, once their host has booted.

    `everybody`: all of them (`resume_guests_state_on_host_boot`). Where hosts are recovered those
    are that would have been brought back; `ha_default` is None where they are not.
    """

    everybody: bool = False
    ha_default: bool | None = None

    def starts(self, metadata: Mapping[str, str]) -> bool:
        """Whether a server with this metadata is."""
        if self.everybody:
            return True
        return self.ha_default is not None and is_brought_back(metadata, self.ha_default)


NOBODY = Resume()
