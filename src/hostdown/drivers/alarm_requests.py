"""How an alarm's action is called: as by Aodh."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hostdown.domain.deliveries import Delivery
from hostdown.domain.errors import DirectoryUnavailable
from hostdown.drivers.http_sender import NoRequest, Request

LATE = timedelta(seconds=5)
"""What is not delivered by then is delivered only if its alarm wants it still."""


class AlarmRequests:
    """An owner ends calls that fail by deleting the alarm, disabling it, or pointing it elsewhere:
    they would be tried for a day, and hold up what follows. Nobody is asked of what is called at
    once."""

    def __init__(self, is_wanted: Callable[[Delivery], bool], now: Callable[[], datetime]) -> None:
        self._is_wanted = is_wanted
        self._now = now

    def __call__(self, delivery: Delivery) -> Request:
        """The request id is the same however often it is sent, so that whoever gets it can tell.

        Raises NoRequest.
        """
        try:
            if self._now() - delivery.created_at > LATE and not self._is_wanted(delivery):
                raise NoRequest("Its alarm is gone or disabled, or calls another address.", False)
        except DirectoryUnavailable as error:
            raise NoRequest(str(error), True) from error
        headers = ("Content-Type: application/json", f"x-openstack-request-id: req-{delivery.id}")
        return Request(delivery.target, headers, delivery.body)
