"""os-hosts: status, maintenance and reports of hosts, up to microversion 2.42, which ends it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from hostdown.cli.client.compute import Compute, Version
from hostdown.cli.errors import CliError, UsageError

UNTIL: Version = (2, 42)


def update(compute: Compute, host: str, changes: Mapping[str, object]) -> dict[str, Any]:
    """What the server answered: the host, and what was asked for in its words."""
    version = compute.at_most(UNTIL)
    if version > UNTIL:
        raise UsageError("changes of hosts need microversion 2.42 or older; leave it out")
    path = f"/os-hosts/{quote(host, safe='')}"
    answer = compute.call("PUT", path, dict(changes), version=version)
    if not isinstance(answer, dict) or not isinstance(answer.get("host"), str):
        raise CliError("the server answered, but not with a host")
    return answer
