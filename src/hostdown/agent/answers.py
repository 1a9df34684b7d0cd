"""What a server answers about instances, looked at before anything is done by it."""

import re
from collections.abc import Mapping

from hostdown.agent.errors import NotHeard
from hostdown.domain.assignment import DIGEST, Assignment
from hostdown.domain.assignment_forms import assignment

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def number(answer: Mapping[str, object], name: str) -> int:
    """A field that is no less than 0. Raises NotHeard."""
    value = answer.get(name)
    if type(value) is not int or value < 0:
        raise NotHeard(f"The server's answer has no usable '{name}'.")
    return value


def moved(uuids: object) -> frozenset[str]:
    """Instances that were evacuated from here. Raises NotHeard."""
    if not isinstance(uuids, list):
        raise NotHeard("The server's answer has no usable 'moved'.")
    found = frozenset(each for each in uuids if isinstance(each, str) and _UUID.fullmatch(each))
    if len(found) < len(uuids):
        raise NotHeard("The server's answer has no usable 'moved'.")
    return found


def ended(pairs: object) -> dict[str, int]:
    """Generations that were ended, by instance. Raises NotHeard."""
    if not isinstance(pairs, list):
        raise NotHeard("The server's answer has no usable 'ended'.")
    found: dict[str, int] = {}
    for each in pairs:
        match each:
            case [str(uuid), int(generation)] if _UUID.fullmatch(uuid):
                found[uuid] = generation
            case _:
                raise NotHeard("The server's answer has no usable 'ended'.")
    return found


def read(form: object) -> Assignment:
    """One assignment. What names of files are made of is looked at once more. Raises NotHeard."""
    try:
        made = assignment(form)
    except ValueError as error:
        raise NotHeard(f"The server's assignments are not understood: {error}.") from error
    image = made.image
    whole = _UUID.fullmatch(made.uuid) and _NAME.fullmatch(made.name)
    if not whole or (image is not None and not DIGEST.fullmatch(image.digest)):
        raise NotHeard("The server's assignments are not understood: a name is not one.")
    return made
