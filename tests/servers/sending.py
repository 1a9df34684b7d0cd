"""A scene in which servers move while they run: what is asked, and what both hosts say."""

from tests.servers.moving import MovingScene
from tests.servers.scene import WISH

from hostdown.domain.assignment import Assignment, Failure, PowerState
from hostdown.services import live_migrations
from hostdown.services.live_migrations import ABORTABLE_IN_QUEUE, Asked
from hostdown.storage import Storage

TICKET = "how it is taken in"
OFF, PAUSED = PowerState.SHUTDOWN, PowerState.PAUSED


def pool_of_three(store: Storage) -> MovingScene:
    """Three hosts of one pool, with less and less room."""
    made = MovingScene(store)
    for host, memory_mb in (("a", 8192), ("b", 4096), ("c", 2048)):
        made.host(host, memory_mb)
        made.pool(host, "p", "locks")
    return made


def ask(scene: MovingScene, uuid: str, host: str | None = None) -> None:
    asker = scene.asker(admin=True)
    live_migrations.ask(scene.cell, scene.surveyor(), uuid, Asked(host), asker)


def abort(scene: MovingScene, uuid: str) -> None:
    number = scene.migration(uuid).id
    asker = scene.asker(admin=True)
    live_migrations.abort(scene.cell, uuid, number, ABORTABLE_IN_QUEUE, asker)


def shown(scene: MovingScene, uuid: str) -> tuple[str | None, str, str | None]:
    seen = scene.get(uuid)
    return seen.host, seen.vm_state, seen.task_state


def is_at(scene: MovingScene, uuid: str, status: str) -> bool:
    assert scene.migration(uuid).status.value == status
    return True


def awaited(scene: MovingScene) -> str:
    """A server of a, for which b gets ready."""
    uuid = scene.running(WISH).uuid
    ask(scene, uuid)
    scene.move()
    return uuid


def sent(scene: MovingScene) -> str:
    """The same, which a sends."""
    uuid = awaited(scene)
    ready(scene, "b", uuid)
    return uuid


def ready(scene: MovingScene, host: str, uuid: str) -> None:
    scene.say(host, uuid, PowerState.NOSTATE, claimed=False, order=0, ticket=TICKET)


def handed_over(scene: MovingScene, uuid: str) -> None:
    """a has made b its successor."""
    to = scene.permits(uuid)[-1].holder
    scene.gone("a", uuid, generation=1, holder=to, claimed=False)


def kept(scene: MovingScene, uuid: str, state: PowerState = PowerState.RUNNING) -> None:
    """a has it, and never hands it over."""
    number = scene.permits(uuid)[-1].generation
    failure = Failure("not-sent", "It was recalled.")
    scene.say("a", uuid, state, generation=1, kept=number, failure=failure)


def given_up(scene: MovingScene, uuid: str, host: str = "b") -> None:
    scene.gone(host, uuid, claimed=False, order=0)
    scene.move()


def open_permits(scene: MovingScene, uuid: str) -> list[tuple[int, str, str]]:
    return [(each.generation, each.host, each.kind) for each in scene.open(uuid)]


def of(scene: MovingScene, host: str) -> Assignment:
    (found,) = scene.assigned(host)
    return found
