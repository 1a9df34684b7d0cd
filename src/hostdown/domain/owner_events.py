"""Events as the owner of a server may see them: what event alarms are matched with.

They have the names and traits that Ceilometer makes of Nova's unversioned notifications, so that
alarms that were written for Aodh fit; of the host they say only `host_status`, before and after,
as far as the policy lets the owner see it.
"""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from hostdown.domain.alarms import OwnerEvent, TraitValue
from hostdown.domain.deliveries import Event
from hostdown.domain.derived_ids import derived_id
from hostdown.domain.host_words import Hosted, Sees, Words, seen
from hostdown.domain.server_status import Precedence

UPDATE = "compute.instance.update"
INSTANCE = "instance."
TASK = "compute_task."
NUMBERS = ("memory_mb", "vcpus", "root_gb", "ephemeral_gb")

SeesOf = Callable[[str, str], Sees]
"""What the owner may see: of a project and a user."""


def owner_events(event: Event, sees: SeesOf, precedence: Precedence) -> Sequence[OwnerEvent]:
    """One for each server that it is about, and whose owner sees that something has changed."""
    if event.type.startswith((INSTANCE, TASK)):
        return _of_server(event, sees, precedence)
    if event.about is None:
        return []
    told, space = [], UUID(event.id)
    words_of = {who: seen(event.about, who, precedence) for who in Sees}
    for each in event.about.servers:
        words = words_of[sees(each.project_id, each.user_id)]
        if words is not None:
            own = derived_id(each.uuid, space)
            traits = {**_of(each), **_host(words)}
            told.append(OwnerEvent(own, UPDATE, each.project_id, traits, event.at))
    return told


def _of_server(event: Event, sees: SeesOf, precedence: Precedence) -> Sequence[OwnerEvent]:
    """An update as well, as from Nova, if the server's state is another one with it; and if its
    host has another word, as of any change of a host."""
    told = event.payload
    server = Hosted(*(str(told.get(name) or "") for name in _NAMES))
    traits: dict[str, TraitValue] = _of(server)
    flavor, change = told.get("flavor"), told.get("state_update")
    if isinstance(flavor, Mapping):
        traits["instance_type"] = str(flavor.get("name"))
        traits |= {name: int(flavor[name]) for name in NUMBERS if name in flavor}
    is_update = False
    if isinstance(change, Mapping):
        traits |= {
            name: str(change[name]) for name in ("old_state", "new_task_state") if change.get(name)
        }
        is_update = traits.get("old_state", server.vm_state) != server.vm_state
    if event.about is not None:
        words = seen(event.about, sees(server.project_id, server.user_id), precedence)
        if words is not None:
            traits |= _host(words)
            is_update = True
    kind = f"compute.{event.type}" if event.type.startswith(INSTANCE) else event.type
    owned = [OwnerEvent(event.id, kind, server.project_id, traits, event.at)]
    if is_update and kind != UPDATE:
        own = derived_id("update", UUID(event.id))
        owned.append(OwnerEvent(own, UPDATE, server.project_id, traits, event.at))
    return owned


_NAMES = ("uuid", "tenant_id", "user_id", "display_name", "state")


def _of(server: Hosted) -> dict[str, TraitValue]:
    return {
        "instance_id": server.uuid,
        "resource_id": server.uuid,
        "tenant_id": server.project_id,
        "project_id": server.project_id,
        "user_id": server.user_id,
        "display_name": server.name,
        "state": server.vm_state,
    }


def _host(words: Words) -> dict[str, TraitValue]:
    """No trait stands for what the owner may not see."""
    named = {"old_host_status": words.before, "host_status": words.after}
    return {name: value for name, value in named.items() if value}
