"""The parts that have to do with tenants' alarms."""

from collections.abc import Callable
from functools import partial

from hostdown.api.alarm.app import AlarmApi, AlarmParts
from hostdown.api.ports import Authenticator, Policy
from hostdown.config import Settings
from hostdown.domain.deliveries import Channel
from hostdown.domain.networks import Address, may_reach
from hostdown.drivers.alarm_requests import AlarmRequests
from hostdown.drivers.http_sender import AT_ONCE_MAX, HttpSender
from hostdown.drivers.own_networks import OwnNetworks
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.alarm_route import is_wanted, whose
from hostdown.services.alarms import Limits
from hostdown.services.deliverer import Deliverer
from hostdown.services.directory_ports import Directory
from hostdown.services.metric_ports import Counts
from hostdown.services.shares import SharedSender
from hostdown.storage import Storage


def alarm_api(
    settings: Settings, storage: Storage, authenticator: Authenticator, policy: Policy
) -> AlarmApi:
    """What serves /alarming.

    Which networks this machine is in is not told to who makes an alarm: what leads there is refused
    when it is called.
    """
    options = settings.alarms
    return AlarmApi(
        AlarmParts(
            storage.directory,
            SystemClock(),
            authenticator,
            policy,
            Limits(options.project_quota, options.user_quota),
            lambda address: may_reach(address, (), options.allowed_networks),
            settings.api.compute_link_prefix,
        )
    )


def alarm_deliverer(
    settings: Settings, directory: Directory, leads: Callable[[], bool], counts: Counts
) -> Deliverer:
    """What calls alarms' actions."""
    clock = SystemClock()
    own, allowed = OwnNetworks(clock.monotonic), settings.alarms.allowed_networks

    def reaches(address: Address) -> bool:
        return may_reach(address, own(), allowed)

    requests = AlarmRequests(partial(is_wanted, directory), clock.now)
    sender = HttpSender(requests, reaches, clock.monotonic)
    shared = SharedSender(sender, whose, AT_ONCE_MAX)
    return Deliverer(directory, Channel.ALARM, shared, leads, clock, counts)
