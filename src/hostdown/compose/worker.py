"""The parts of an API worker."""

from datetime import timedelta

import hostdown
from hostdown.api.agent.app import AgentApi, AgentParts
from hostdown.api.app import create_app
from hostdown.api.authenticators import (
    EmbeddedAuthenticator,
    KeystoneAuthenticator,
    Noauth2Authenticator,
)
from hostdown.api.identity.app import IdentityApi, IdentityParts
from hostdown.api.image.app import ImageApi, ImageParts
from hostdown.api.parts import ApiParts, ApiSettings
from hostdown.api.policy import NovaPolicy
from hostdown.api.ports import Authenticator, SubApplication
from hostdown.compose.parts import Job, Worker
from hostdown.compose.start import database_settings, enrolment_secret, policy_settings
from hostdown.config import KeystoneOptions, Settings
from hostdown.domain.liveness import LivenessPolicy
from hostdown.domain.zones import ZonePolicy
from hostdown.drivers.bcrypt_passwords import BcryptPasswords
from hostdown.drivers.system_clock import SystemClock
from hostdown.services import outbox, own_services
from hostdown.services.hosts import Deployment
from hostdown.services.keystone_checks import KeystoneChecks, Limits
from hostdown.services.login import Logins
from hostdown.services.looks import Looks
from hostdown.services.ports import Tolerances
from hostdown.services.reports import ReportIntake
from hostdown.services.token_checks import TokenChecks
from hostdown.services.zone_map import ZoneMap
from hostdown.storage import Storage, open_storage

SKEW_MAX = timedelta(seconds=5)
"""How far ahead of ours another server's clock may be before its reports are not believed."""

FLUSH_EVERY_S = 0.25
"""How long reports of hosts are collected before they are written."""
REFRESH_EVERY_S = 0.5
"""A deletion, re-enrolment or revocation reaches every worker within twice this."""
POLICY_EVERY_S = 2.0
"""How soon a worker sees that a policy file has changed."""
OUTBOX_EVERY_S = 600.0
"""How often the outbox is looked after."""


def api_worker(settings: Settings, index: int) -> Worker:
    """The parts of API worker number `index`; raises HostdownError if it cannot start."""
    storage = open_storage(database_settings(settings))
    checks = TokenChecks(storage.directory)
    policy = NovaPolicy(policy_settings(settings))
    intake = ReportIntake(storage.directory, storage.cells)
    parts = _api_parts(settings, storage, checks, policy, intake)
    jobs = _jobs(settings, storage, checks, policy, intake, first=index == 0)
    return Worker(create_app(parts), jobs, storage.close)


def _api_parts(
    settings: Settings,
    storage: Storage,
    checks: TokenChecks,
    policy: NovaPolicy,
    intake: ReportIntake,
) -> ApiParts:
    clock = SystemClock()
    liveness = LivenessPolicy(settings.service_down_time, SKEW_MAX)
    authenticator = _authenticator(settings, checks, clock)
    deployment = Deployment(
        storage.cells,
        storage.directory,
        Tolerances(settings.report_interval, settings.service_down_time),
        settings.cell_name,
        settings.enable_new_services,
        enrolment_secret(settings, storage.directory),
    )
    agents = AgentApi(AgentParts(deployment, intake, clock, liveness, authenticator, policy))
    looks = Looks(BcryptPasswords())
    logins = Logins(storage.directory, checks, looks, settings.identity.token_lifetime)
    prefix = settings.api.compute_link_prefix
    region = settings.identity.region
    identity = IdentityApi(
        IdentityParts(storage.directory, clock, checks, looks, logins, region, prefix)
    )
    applications: list[SubApplication] = [agents, ImageApi(ImageParts(authenticator, prefix))]
    if settings.api.auth_strategy == "embedded":
        applications.append(identity)
    return ApiParts(
        cells=storage.cells,
        directory=storage.directory,
        clock=clock,
        authenticator=authenticator,
        policy=policy,
        liveness=liveness,
        zones=ZoneMap(
            storage.directory,
            ZonePolicy(
                settings.internal_service_availability_zone, settings.default_availability_zone
            ),
        ),
        settings=_api_settings(settings),
        version=hostdown.__version__,
        applications=tuple(applications),
        refused_reports=intake.refusals.totals,
        reports_behind=lambda: intake.behind,
    )


def _api_settings(settings: Settings) -> ApiSettings:
    api = settings.api
    return ApiSettings(
        api.compute_link_prefix,
        api.max_limit,
        api.max_request_body_bytes,
        api.enable_proxy_headers_parsing,
        settings.quotas,
    )


def _authenticator(settings: Settings, checks: TokenChecks, clock: SystemClock) -> Authenticator:
    if settings.keystone is not None:
        return _keystone(settings.keystone, settings.server.threads, clock)
    auth_url = settings.identity_url
    if settings.api.auth_strategy == "noauth2":
        return Noauth2Authenticator(auth_url)
    return EmbeddedAuthenticator(checks, clock, auth_url)


def _keystone(options: KeystoneOptions, threads: int, clock: SystemClock) -> KeystoneAuthenticator:
    """Half of the threads may wait for Keystone, so that a silent one stops nobody who is known."""
    from hostdown.drivers.keystone_validator import KeystoneValidator  # an extra, and large

    limits = Limits(
        options.remembered_for.total_seconds(),
        options.answer_within.total_seconds(),
        max(1, threads // 2),
    )
    checks = KeystoneChecks(KeystoneValidator(options.middleware), limits)
    return KeystoneAuthenticator(checks, clock, options.www_authenticate_uri)


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
        tidy = Job(
            "bound the outboxes",
            OUTBOX_EVERY_S,
            lambda: outbox.look_after(storage.directory, storage.cells, clock.now()),
        )
        jobs += [alive, tidy]
    return tuple(jobs)
