"""Alarming v2 under /alarming, answered as Aodh does."""

from falcon import Response

from hostdown.api.alarm import documents
from hostdown.api.alarm.calls import AlarmParts, Call
from hostdown.api.alarm.errors import answer
from hostdown.api.alarm.operations import OPERATIONS
from hostdown.api.alarm.routes import ROUTES
from hostdown.api.routing import RouteTable
from hostdown.api.tabled import Reply, TabledApi
from hostdown.domain.errors import HostdownError

__all__ = ["AlarmApi", "AlarmParts"]


class AlarmApi(TabledApi[AlarmParts, Call]):
    """Whoever is refused something reads why in Aodh's words."""

    prefix = "/alarming"
    operations = OPERATIONS
    routes = RouteTable(ROUTES)
    call = Call

    def versions(self, path: str, root: str) -> Reply | None:
        """The one there is."""
        return None if path else Reply(document=documents.versions(root))

    def refuse(self, resp: Response, error: HostdownError) -> None:
        """With a document."""
        answer(resp, error)
