"""Lists in pages: `limit`, `marker`, and the link to what follows (contract 1.11)."""

from urllib.parse import urlencode

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param
from hostdown.api.compute.types import LIMIT, QUERY_TEXT

PARAMS = (Param("limit", LIMIT), Param("marker", QUERY_TEXT))
"""For lists that were in pages from the first version on."""


def page_size(call: Call) -> int:
    """How many records the answer may have: what was asked for, at most `[api] max_limit`."""
    most = call.parts.settings.max_limit
    asked = (call.last("limit") or str(most)).lstrip("0") or "0"
    return most if len(asked) > len(str(most)) else min(int(asked), most)


def next_links(call: Call, returned: int, marker: object) -> list[dict[str, str]]:
    """The value of `<collection>_links`: empty, or one link that goes on after `marker`.

    A page that is full has a link even if nothing follows, as in Nova. Parameters that the list
    does not know are not repeated.
    """
    if not 0 < returned == page_size(call):
        return []
    query = {name: values[-1] for name, values in sorted(call.query.items())}
    query["marker"] = str(marker)
    address = call.address
    return [{"rel": "next", "href": f"{address.self_link(address.path)}?{urlencode(query)}"}]
