"""How long what does not answer is waited for before an owner is told."""

from hostdown.agent.errors import DeletionWaits, NotHeard, PoolNotMeasured, StartOver
from hostdown.agent.guest_errors import HypervisorSilent, ImageLocked, NotGone
from hostdown.agent.site import Site, Standing
from hostdown.domain.assignment import Assignment, Disk, Wanted
from hostdown.domain.disk_errors import ImageAway

AGAIN = (
    HypervisorSilent,
    ImageLocked,
    NotGone,
    ImageAway,
    NotHeard,
    StartOver,
    PoolNotMeasured,
    DeletionWaits,
)
"""What is tried again and told to nobody; everything else ends an order with a failure."""

SILENT_BUILD_MAX_S = 10.0
"""How long a new server waits for a hypervisor that does not answer before it is given up.

Longer than a busy libvirt keeps anybody waiting, and than it takes to tell that it hangs."""

IMAGE_AWAY_MAX_S = 120.0
"""How long a new server waits for an image that its server does not send at the moment.

Longer than a server takes to start anew, or a Glance to be mended by who notices at once."""

RUNS = (Wanted.RUNNING, Wanted.PAUSED, Wanted.SUSPENDED)
"""Orders by which a guest is made."""


class Patience:
    """For one host in one session."""

    def __init__(self, site: Site, me: Standing) -> None:
        self._site = site
        self._me = me
        self._away: dict[str, float] = {}
        """Since when the image of an instance does not arrive."""
        self._unanswered: dict[str, float] = {}
        """Since when the look at an instance, which begins each turn, has met with silence."""

    def answered(self, uuid: str) -> None:
        """The hypervisor did."""
        self._unanswered.pop(uuid, None)

    def is_over(self, uuid: str, assignment: Assignment | None) -> bool:
        """Whether the hypervisor was silent for so long that a new server is given up."""
        now = self._site.clock.boottime()
        since = self._unanswered.setdefault(uuid, now)
        if assignment is None or now - since < SILENT_BUILD_MAX_S:
            return False
        if not self._untouched(assignment):
            return False
        del self._unanswered[uuid]
        return True

    def _untouched(self, assignment: Assignment) -> bool:
        """Whether it asks for a server that nobody, here or elsewhere, ever began to make.

        No guest is made before its claim is on the pool, nor a claim before its note (S1 to S3);
        where notes were lost, the claim still tells.
        """
        note = self._site.notes.get(assignment.uuid)
        builds = assignment.disk is Disk.CREATE and assignment.wanted in RUNS
        mine = assignment.boot == self._me.boot and assignment.order > note.order
        first = note.generation in (0, assignment.generation) and not (note.begun or note.done)
        return builds and mine and first and self._site.leases.read(assignment.uuid) is None

    def image_came(self, uuid: str) -> None:
        """Or it is not needed any more."""
        self._away.pop(uuid, None)

    def is_image_long_away(self, uuid: str, error: Exception) -> bool:
        """Whether its image has not arrived for so long that its owner is told."""
        if not isinstance(error, ImageAway):
            return False
        now = self._site.clock.boottime()
        if now - self._away.setdefault(uuid, now) < IMAGE_AWAY_MAX_S:
            return False
        del self._away[uuid]
        return True
