"""What the cloud is asked for a recovery; each is done by a thread of its own.

A leader that was stopped may have been replaced meanwhile: then it changes nothing (`may_send`).
"""

from collections.abc import Callable
from typing import NamedTuple

from hostdown.domain.cloud_errors import CloudFailed
from hostdown.services.cloud_choice import Said
from hostdown.services.cloud_ports import Cloud, CloudService


class Looked(NamedTuple):
    """What there is, or why nobody knows. `forced`: the host was forced down just now."""

    service: CloudService | None = None
    said: Said | None = None
    forced: bool = False
    error: CloudFailed | None = None


def look(cloud: Cloud, host: str, force: bool, may_send: Callable[[], bool]) -> Looked:
    """A host that is to be forced down is, before anything else of it is looked at."""
    try:
        service = next((each for each in cloud.services() if each.host == host), None)
        forced = force and (service is None or not service.forced_down)
        if forced:
            _check(may_send)
            cloud.force_down(host)
        return Looked(service, Said(cloud.servers_on(host), cloud.evacuations_from(host)), forced)
    except CloudFailed as error:
        return Looked(error=error)


def ask(cloud: Cloud, server: str, may_send: Callable[[], bool]) -> CloudFailed | None:
    """For an evacuation; why it was not accepted, None if it was."""
    return _done(lambda: cloud.evacuate(server), may_send)


def let_up(cloud: Cloud, host: str, may_send: Callable[[], bool]) -> CloudFailed | None:
    """Why the host stays down, None if it does not."""
    return _done(lambda: cloud.clear_force_down(host), may_send)


def _done(work: Callable[[], None], may_send: Callable[[], bool]) -> CloudFailed | None:
    try:
        _check(may_send)
        work()
    except CloudFailed as error:
        return error
    return None


def _check(may_send: Callable[[], bool]) -> None:
    """Raises CloudFailed."""
    if not may_send():
        raise CloudFailed("This server may not lead any more.", retry=True)
