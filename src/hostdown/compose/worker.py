"""The parts of an API worker."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from uuid import uuid4

import hostdown
from hostdown.api.app import create_app
from hostdown.api.events.app import BODY_BYTES_MAX as EVENTS_BYTES_MAX
from hostdown.api.identity.app import IdentityApi, IdentityParts
from hostdown.api.parts import ApiParts, ApiSettings
from hostdown.api.policy import NovaPolicy
from hostdown.api.ports import SubApplication
from hostdown.api.transfers import is_transfer
from hostdown.compose.agents import agent_api, liveness
from hostdown.compose.alarms import alarm_api
from hostdown.compose.authentication import authenticator
from hostdown.compose.events import event_apis, kdump_job
from hostdown.compose.images import Images, images, own_token
from hostdown.compose.metrics import counts_of, metrics_api, scrape, turned_away
from hostdown.compose.parts import Job, Pulses, Worker
from hostdown.compose.planning import planning
from hostdown.compose.recovery import fence_checks, fence_paths, recoverer
from hostdown.compose.start import database_settings, policy_settings
from hostdown.config import Settings
from hostdown.domain.server_status import Precedence
from hostdown.drivers.bcrypt_passwords import BcryptPasswords
from hostdown.drivers.shared_counts import SharedCounts
from hostdown.drivers.system_clock import SystemClock
from hostdown.services import own_services
from hostdown.services.fence_ports import FencePaths
from hostdown.services.half_made import HalfMade
from hostdown.services.leadership import Leadership
from hostdown.services.login import Logins
from hostdown.services.looks import Looks
from hostdown.services.mover import Mover
from hostdown.services.observers import Offers, PulseOffers, no_offer
from hostdown.services.quiet import Quiet
from hostdown.services.reports import ReportIntake
from hostdown.services.token_checks import TokenChecks
from hostdown.services.unreachable import Verdicts
from hostdown.storage import Storage, nobody, open_storage

FLUSH_EVERY_S = 0.25
"""How long reports of hosts are collected before they are written."""
REFRESH_EVERY_S = 0.5
"""A deletion, re-enrolment or revocation reaches every worker within twice this."""
OFFERS_EVERY_S = 0.2
"""How late a worker may know of a new observer; hosts are told of it with their next report."""
POLICY_EVERY_S = 2.0
"""How soon a worker sees that a policy file has changed."""
QUIET_EVERY_S = 1.0
"""How late owners are told that a host that nobody pulses for reports no more."""
SIGHT_EVERY_S = 0.025
"""How late what the observers agree on may be written."""
RECOVER_EVERY_S = 0.05
"""How late a step of a recovery may be begun."""
CHECK_EVERY_S = 0.25
"""How late a check of a host's fencing may be begun."""
MOVE_EVERY_S = 0.05
"""How late a step of a server that moves may be begun, if few do."""
CROWD_MIN = 5
"""From so many servers in one turn on, the next comes no sooner than as long after as it took: each
looks at all hosts, whoever moves, so that the more share one, the better."""
HALF_MADE_EVERY_S = 10.0
"""How often some servers are looked for that a server which was killed left half made."""


def api_worker(
    settings: Settings,
    index: int,
    pulses: Pulses | None = None,
    wake: Callable[[], None] = nobody,
    counted: SharedCounts | None = None,
) -> Worker:
    """The parts of API worker number `index`; raises HostdownError if it cannot start.

    `pulses` is None where nobody hears any; `wake` wakes whoever tells others; `counted`:
    what all processes of the server count.
    """
    storage = open_storage(database_settings(settings), wake)
    counted = counted or SharedCounts(1)
    counts = counts_of(counted)
    checks = TokenChecks(storage.directory)
    policy = NovaPolicy(policy_settings(settings))
    intake = ReportIntake(storage.directory, storage.cells, counts)
    looks = Looks(BcryptPasswords())
    logins = Logins(storage.directory, checks, looks, settings.identity.token_lifetime)
    found = images(settings, storage.directory, own_token(settings, logins))
    offers = PulseOffers(storage.directory, settings.host, settings.server.pulse_interval)
    told = no_offer if pulses is None else offers
    fences = fence_paths(settings)
    parts = _api_parts(
        settings, storage, checks, policy, intake, logins, looks, found, fences, told
    )
    shown = scrape(settings, storage, counted, pulses)
    metrics = metrics_api(settings, shown, parts.authenticator, policy, logins)
    parts = replace(parts, counts=counts, applications=(*parts.applications, metrics))
    jobs = _jobs(settings, storage, checks, policy, intake, first=index == 0)
    if pulses is not None:
        parts = replace(parts, pulses=pulses.counts, look_now=pulses.look_now)
        jobs += (Job("look for a new observer", OFFERS_EVERY_S, offers.refresh),)
    if index == 0:
        jobs += (*found.jobs(), *kdump_job(settings, storage), *_led(settings, parts, fences))
    body_bytes_max = max(settings.api.max_request_body_bytes, EVENTS_BYTES_MAX)
    away = partial(turned_away, counts)
    return Worker(create_app(parts), jobs, storage.close, body_bytes_max, is_transfer, away)


def _api_parts(
    settings: Settings,
    storage: Storage,
    checks: TokenChecks,
    policy: NovaPolicy,
    intake: ReportIntake,
    logins: Logins,
    looks: Looks,
    found: Images,
    fences: FencePaths,
    offers: Offers,
) -> ApiParts:
    clock = SystemClock()
    authenticated = authenticator(settings, checks, clock)
    plans = planning(settings, storage)
    agents = agent_api(
        settings, storage, intake, found.library, authenticated, policy, plans, fences, offers
    )
    prefix = settings.api.compute_link_prefix
    region = settings.identity.region
    identity = IdentityApi(
        IdentityParts(
            storage.directory, clock, checks, looks, logins, region, prefix, settings.image.api
        )
    )
    applications: list[SubApplication] = [agents, *found.api(settings, authenticated, policy)]
    applications += event_apis(settings, storage, authenticated, policy, logins)
    applications.append(alarm_api(settings, storage, authenticated, policy))
    if settings.api.auth_strategy == "embedded":
        applications.append(identity)
    return ApiParts(
        cells=storage.cells,
        directory=storage.directory,
        clock=clock,
        authenticator=authenticated,
        policy=policy,
        liveness=liveness(settings),
        zones=plans.surveyor.zones,
        settings=_api_settings(settings),
        version=hostdown.__version__,
        images=found.library,
        ratios=plans.surveyor.ratios,
        local_disks=plans.surveyor.local_disks,
        moves=plans.moves,
        applications=tuple(applications),
        refused_reports=intake.refusals.totals,
        reports_behind=lambda: intake.behind,
    )


def _led(settings: Settings, parts: ApiParts, fences: FencePaths) -> tuple[Job, ...]:
    """What only one server does at a time."""
    cell = parts.cells.named(settings.cell_name)
    leadership = Leadership(cell, f"{settings.host} {uuid4()}", parts.clock)
    verdicts = Verdicts(cell, parts.directory, leadership, parts.clock.monotonic)
    see = Job(
        "see which hosts are unreachable", SIGHT_EVERY_S, lambda: verdicts.turn(parts.clock.now())
    )
    quiet = Quiet(cell, leadership, parts.liveness)
    look = Job("see which hosts report", QUIET_EVERY_S, lambda: quiet.turn(parts.clock.now()))
    recover = recoverer(settings, parts, cell, leadership, fences, verdicts.misses)
    bring = Job("recover hosts", RECOVER_EVERY_S, lambda: recover.turn(parts.clock.now()))
    move = _move(parts, Mover(cell, parts.surveyor, leadership, parts.moves))
    checks = fence_checks(settings, parts, cell, leadership, fences)
    if checks is None:
        return see, look, bring, move
    check = Job("check fencing", CHECK_EVERY_S, lambda: checks.turn(parts.clock.now()))
    return see, look, bring, move, check


def _move(parts: ApiParts, mover: Mover) -> Job:
    """Hosts that were given servers are told at once."""
    rests_until = parts.clock.monotonic()

    def move() -> None:
        nonlocal rests_until
        if parts.clock.monotonic() < rests_until:
            return
        begun = parts.clock.monotonic()
        number = mover.turn(parts.clock.now())
        if number:
            parts.look_now()
        if number >= CROWD_MIN:
            ended = parts.clock.monotonic()
            rests_until = ended + (ended - begun)

    return Job("move servers", MOVE_EVERY_S, move)


def _api_settings(settings: Settings) -> ApiSettings:
    api = settings.api
    return ApiSettings(
        api.compute_link_prefix,
        api.max_limit,
        api.max_request_body_bytes,
        api.enable_proxy_headers_parsing,
        api.skip_down_cells,
        Precedence(api.host_status_precedence),
        settings.quotas,
    )


def _jobs(
    settings: Settings,
    storage: Storage,
    checks: TokenChecks,
    policy: NovaPolicy,
    intake: ReportIntake,
    first: bool,
) -> tuple[Job, ...]:
    clock = SystemClock()
    cell = storage.cells.named(settings.cell_name)
    jobs = [
        Job("write reports", FLUSH_EVERY_S, lambda: intake.flush(clock.now()), at_end=True),
        Job("look for changed hosts", REFRESH_EVERY_S, intake.refresh),
        Job("look for revoked tokens", REFRESH_EVERY_S, lambda: checks.refresh(clock.now())),
        Job("look for changed policy", POLICY_EVERY_S, policy.refresh),
    ]
    if first:
        every_s = settings.report_interval.total_seconds()
        alive = Job(
            "report for this server",
            every_s,
            lambda: own_services.report(cell, settings.host, clock.now()),
        )
        half_made = HalfMade(storage.directory, storage.cells)
        mend = Job(
            "look for servers half made", HALF_MADE_EVERY_S, lambda: half_made.look(clock.now())
        )
        jobs += [alive, mend]
    return tuple(jobs)
