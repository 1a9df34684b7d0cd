"""Which servers of a dead host the cloud is asked for next: by what it says of them itself.

Nothing that is remembered decides what moves: a server whose evacuation goes on is seen to be
rebuilt, whoever asked for it, so that the next leader asks for nothing twice.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from hostdown.domain.cloud_errors import CloudFailed
from hostdown.domain.ha import is_brought_back
from hostdown.services.cloud_ports import CloudEvacuation, CloudServer
from hostdown.services.host_evacuation import priority

EVACUABLE = frozenset({"active", "stopped", "error"})
"""What a Nova evacuates; the last of these is started where it goes."""
GOING = frozenset({"accepted", "pre-migrating"})
"""Evacuations that are neither done nor given up."""
WENT = frozenset({"done", "completed"})


class Said(NamedTuple):
    """What the cloud says of a host's servers; `moves` are those from it, of all times, the newest
    of a server first."""

    servers: Sequence[CloudServer]
    moves: Sequence[CloudEvacuation]


class Tried(NamedTuple):
    """Servers that were asked for: all, those so recently that they wait, and what the cloud said
    of such as it refused. `idle`: of which nothing was being done at the last look either; a Nova
    shows one that arrives for a moment as active where it was."""

    ever: Collection[str] = ()
    idle: Collection[str] = ()
    lately: Collection[str] = ()
    refused: Mapping[str, CloudFailed] = {}


class Choice(NamedTuple):
    """`ask`: most important first. `going`: on their way. By server, `waiting`: why it is asked for
    later, `stay`: why it is not moved."""

    ask: Sequence[CloudServer]
    going: Collection[str]
    waiting: Mapping[str, str]
    stay: Mapping[str, str]


def choice(said: Said, tried: Tried, default: bool) -> Choice:
    """Of the servers that are to be brought back (`domain.ha`)."""
    here = {each.id for each in said.servers}
    arriving = {each.server for each in said.moves if each.status in GOING} - here
    going = arriving.intersection(tried.ever)
    ask, waiting, stay = [], {}, {}
    for each in sorted(said.servers, key=lambda it: (-priority(it.metadata), it.id)):
        if not is_brought_back(each.metadata, default):
            continue
        refusal = tried.refused.get(each.id)
        is_arriving = each.id in tried.ever and each.id not in tried.idle
        if _is_rebuilt(each) or (is_arriving and refusal is None and each.task_state is None):
            going.add(each.id)
        elif each.vm_state not in EVACUABLE:
            stay[each.id] = f"It is {each.vm_state}, and what is so is not evacuated."
        elif refusal is not None and not refusal.retry:
            stay[each.id] = str(refusal)
        elif each.task_state is not None:
            waiting[each.id] = (
                f"Something else is being done to server {each.id}: {each.task_state}. If that has "
                "no end, reset its state: openstack server set --state active --auto-approve."
            )
        elif each.id in tried.lately:
            as_asked = f"Server {each.id} was asked for, and is {each.vm_state} here."
            waiting[each.id] = as_asked if refusal is None else str(refusal)
        else:
            ask.append(each)
    return Choice(ask, going, waiting, stay)


def _is_rebuilt(server: CloudServer) -> bool:
    """Its evacuation goes on, though its record is `completed` if the host booted amid it."""
    return server.task_state is not None and server.task_state.startswith("rebuild")


def moved(said: Said, servers: Collection[str]) -> dict[str, str | None]:
    """Where these went, as far as they did."""
    found: dict[str, str | None] = {}
    for each in said.moves:
        if each.server in servers and each.status in WENT:
            found.setdefault(each.server, each.destination)
    return found
