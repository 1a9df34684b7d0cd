"""What an API worker is made of; `compose` builds it, `app.create_app` uses it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hostdown.api.ports import Authenticator, Policy, SubApplication
from hostdown.domain.destinations import Ratios
from hostdown.domain.disk_moves import LocalDisks
from hostdown.domain.liveness import LivenessPolicy
from hostdown.domain.quotas import NOTHING_LIMITED, Quotas
from hostdown.domain.server_status import Precedence
from hostdown.services.directory_ports import Directory
from hostdown.services.image_ports import ImageLibrary
from hostdown.services.metric_ports import NOTHING_COUNTED, Counts
from hostdown.services.mover import MovePolicy
from hostdown.services.ports import Cells, Clock
from hostdown.services.surveys import Surveyor
from hostdown.services.zone_map import ZoneMap

BODY_BYTES_MAX = 114688
"""Nova's default of `[oslo_middleware] max_request_body_size` (contract §8)."""

MAX_LIMIT = 1000
"""Nova's default of `[api] max_limit` (contract §8)."""


@dataclass(frozen=True)
class ApiSettings:
    """`[api]`, `[compute]`, `[oslo_middleware]` and `[quota]`.

    `link_prefix` replaces scheme and host of links if set. `max_limit`: records on one page.
    `proxy_headers`: believe a proxy in front (`api.proxy`). `skip_down_cells`: whether lists of
    servers leave out those of silent cells (contract §9).
    """

    link_prefix: str | None = None
    max_limit: int = MAX_LIMIT
    body_bytes_max: int = BODY_BYTES_MAX
    proxy_headers: bool = False
    skip_down_cells: bool = True
    host_status_precedence: Precedence = Precedence.NOVA
    quotas: Quotas = NOTHING_LIMITED


@dataclass(frozen=True)
class ApiParts:
    """Everything the HTTP edge works with. `version` is this program's own.

    `images`: what servers are made from. `ratios`: how much more hosts promise than they have.
    `local_disks`: what evacuations do about disks that the next host does not reach.
    `moves`: how servers are moved.

    `refused_reports`: how many reports of hosts this worker refused since it started, by reason.
    `reports_behind`: whether it could not write those that it took. `pulses`: how many this server
    heard and how many it refused, by reason; None if it hears none.
    `look_now`: hosts were given other work, so their observer should hear of it at once. `counts`:
    where requests are counted.
    """

    cells: Cells
    directory: Directory
    clock: Clock
    authenticator: Authenticator
    policy: Policy
    liveness: LivenessPolicy
    zones: ZoneMap
    settings: ApiSettings
    version: str
    images: ImageLibrary
    ratios: Ratios = field(default_factory=Ratios)
    local_disks: LocalDisks = LocalDisks.RECREATE
    moves: MovePolicy = MovePolicy()  # noqa: RUF009 - nobody can change it
    applications: tuple[SubApplication, ...] = ()
    refused_reports: Callable[[], Mapping[str, int]] = dict
    reports_behind: Callable[[], bool] = bool
    pulses: Callable[[], Mapping[str, int]] | None = None
    look_now: Callable[[], None] = lambda: None
    counts: Counts = NOTHING_COUNTED

    @property
    def surveyor(self) -> Surveyor:
        """Looks at hosts and groups before servers are placed."""
        return Surveyor(self.directory, self.zones, self.liveness, self.ratios, self.local_disks)
