"""The side of a server that hosts speak to."""

from datetime import timedelta

from hostdown.api.agent.app import AgentApi, AgentParts
from hostdown.api.ports import Authenticator, Policy
from hostdown.compose.recovery import resume
from hostdown.compose.start import enrolment_secret
from hostdown.config import Settings
from hostdown.domain.liveness import LivenessPolicy
from hostdown.domain.server_status import Precedence
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.fence_ports import FencePaths
from hostdown.services.hosts import Deployment
from hostdown.services.image_ports import ImageLibrary
from hostdown.services.observers import Offers
from hostdown.services.ports import Tolerances
from hostdown.services.recovery_plan import Planning
from hostdown.services.reports import ReportIntake
from hostdown.storage import Storage

SKEW_MAX = timedelta(seconds=5)
"""How far ahead of ours another server's clock may be before its reports are not believed."""


def liveness(settings: Settings) -> LivenessPolicy:
    """How long a report is life."""
    return LivenessPolicy(settings.service_down_time, SKEW_MAX)


def agent_api(
    settings: Settings,
    storage: Storage,
    intake: ReportIntake,
    images: ImageLibrary,
    authenticator: Authenticator,
    policy: Policy,
    planning: Planning,
    fences: FencePaths,
    offers: Offers,
) -> AgentApi:
    """What serves /agent."""
    deployment = Deployment(
        storage.cells,
        storage.directory,
        Tolerances(settings.report_interval, settings.service_down_time),
        settings.cell_name,
        settings.enable_new_services,
        enrolment_secret(settings, storage.directory),
        planning.surveyor.zones,
    )
    parts = AgentParts(
        deployment,
        intake,
        SystemClock(),
        liveness(settings),
        authenticator,
        policy,
        images,
        planning,
        offers,
        resume(settings),
        fences,
        Precedence(settings.api.host_status_precedence),
    )
    return AgentApi(parts)
