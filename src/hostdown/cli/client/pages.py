"""Lists that the Compute API gives in pages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from hostdown.cli.client.compute import Compute, Version
from hostdown.cli.errors import CliError

Record = dict[str, Any]


def records(
    compute: Compute,
    path: str,
    key: str,
    query: Mapping[str, object] | None = None,
    version: Version | None = None,
    most: int | None = None,
) -> list[Record]:
    """What is under `key`, of one page after the other; of all there is the first `most`."""
    found: list[Record] = []
    link, seen = path + (f"?{urlencode(query)}" if query else ""), set[str]()
    # A server whose pages go round in circles ends, too.
    while link not in seen:
        seen.add(link)
        body = compute.call("GET", link, version=version)
        page = body.get(key) if isinstance(body, dict) else None
        if not isinstance(page, list):
            raise CliError(f"the server answered, but not with a list of {key}")
        found += page
        links = body.get(f"{key}_links") or []
        if not links or (most is not None and len(found) >= most):
            break
        link = f"{path}?{urlsplit(links[0]['href']).query}"
    return found[:most]
