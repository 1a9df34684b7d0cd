"""Whether anything is left on a host that its server did not tell it to have (contract 5.7).

A move is over once this is so at its source: no guest of an older word, no permit that may yet be
used, and no surrender of which the server has not heard (NEVER-TWICE W3).
"""

from collections.abc import Collection, Mapping

from hostdown.agent.notes import Note
from hostdown.agent.site import Site, Standing
from hostdown.domain.assignment import Assignment, Holder, Wanted


def is_settled(
    site: Site,
    me: Standing,
    asked: Mapping[str, Assignment],
    answered: Mapping[str, int],
    strange: Collection[str] = (),
) -> bool:
    """Whether nothing is left but what is `asked`, the server's newest list.

    `answered` are the generations whose surrender the server has heard of, by instance. `strange`
    are instances that it was told of, and has no word about: nobody waits for their end. Raises
    HypervisorSilent: then nobody knows.
    """
    kept = {uuid: each for uuid, each in asked.items() if each.wanted is not Wanted.ELSEWHERE}
    asked_back = [each for each in asked.values() if each.wanted is Wanted.ELSEWHERE]
    holders = {uuid: Holder(each.generation, me.host, each.boot) for uuid, each in kept.items()}
    return (
        all(answered.get(each.uuid) == each.generation for each in asked_back)
        and all(
            guest.holder.host != me.host
            or guest.holder == holders.get(guest.uuid)
            or guest.uuid in strange
            for guest in site.guests.inventory()
        )
        and all(
            _is_over(note, kept, answered) for note in site.notes.all() if note.uuid not in strange
        )
    )


def _is_over(note: Note, kept: Mapping[str, Assignment], answered: Mapping[str, int]) -> bool:
    mine = kept.get(note.uuid)
    if note.open or note.ends:
        return mine is not None and mine.generation == note.generation
    return mine is not None or answered.get(note.uuid) == note.generation
