"""What keeps orders waiting, told to who looks at a server's history."""

from typing import NamedTuple

from hostdown.agent.notes import Note
from hostdown.agent.site import Site, Teller
from hostdown.domain.assignment import Assignment, Outcome, PowerState
from hostdown.domain.assignment_forms import TEXT_LENGTH_MAX
from hostdown.domain.errors import HostdownError

DELAY_TOLD_AFTER_S = 5.0
"""How long something has to last before it is told: what ends by itself by then is nobody's worry.

Longer than a host that lives takes to kill a guest that is another's by now."""


class _Delay(NamedTuple):
    generation: int
    order: int
    text: str
    since: float
    told: bool = False


class Delays:
    """Of one host in one session. Nothing depends on its words: they may be lost."""

    def __init__(self, site: Site, teller: Teller) -> None:
        self._site = site
        self._teller = teller
        self._met: dict[str, _Delay] = {}

    def met(self, asked: Assignment, note: Note, error: HostdownError) -> None:
        """What is asked waits because of this, now."""
        text, now = str(error)[:TEXT_LENGTH_MAX], self._site.clock.boottime()
        new = _Delay(asked.generation, asked.order, text, now)
        seen = self._met.get(note.uuid)
        if seen is None or seen[:3] != new[:3]:
            self._met[note.uuid] = new
        elif not seen.told and now - seen.since >= DELAY_TOLD_AFTER_S:
            self._met[note.uuid] = seen._replace(told=True)
            facts = (note.uuid, note.generation, note.order, PowerState.NOSTATE, note.claimed)
            self._teller.mention(Outcome(*facts, waits=text))

    def over(self, uuid: str) -> None:
        """Its order waits no more."""
        self._met.pop(uuid, None)
