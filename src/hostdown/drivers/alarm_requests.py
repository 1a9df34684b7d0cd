"""How an alarm's action is called: as by Aodh."""

from hostdown.domain.deliveries import Delivery
from hostdown.drivers.http_sender import Request


def alarm_request(delivery: Delivery) -> Request:
    """The request id is the same however often it is sent, so that whoever gets it can tell."""
    headers = ("Content-Type: application/json", f"x-openstack-request-id: req-{delivery.id}")
    return Request(delivery.target, headers, delivery.body)
