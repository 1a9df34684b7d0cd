"""Nova's published notifications, put together, and what a notification has to have in common."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "samples/nova"
NAME, DATA = "nova_object.name", "nova_object.data"
NEVER_HERE = frozenset({"payload.request_spec.numa_topology"})
"""What a server never has here: the field is null, whatever it holds in the sample."""


def sample(name: str) -> Any:  # noqa: ANN401 - JSON
    """One, with what it refers to in its place."""
    return _whole(json.loads((HERE / f"{name}.json").read_text()), HERE)


def has_sample(name: str) -> bool:
    """Whether there is one."""
    return (HERE / f"{name}.json").exists()


def _whole(part: Any, where: Path) -> Any:  # noqa: ANN401 - JSON
    if isinstance(part, list):
        return [_whole(each, where) for each in part]
    if not isinstance(part, dict):
        return part
    own = {name: _whole(value, where) for name, value in part.items() if name != "$ref"}
    if "$ref" not in part:
        return own
    file = where / part["$ref"].rstrip("#")
    return _over(_whole(json.loads(file.read_text()), file.parent), own)


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """What is above counts, all the way down."""
    merged = dict(below)
    for name, value in above.items():
        both = isinstance(value, dict) and isinstance(below.get(name), dict)
        merged[name] = _over(below[name], value) if both else value
    return merged


def differences(ours: Any, nova: Any, place: str = "payload") -> list[str]:  # noqa: ANN401 - JSON
    """Where two payloads are not of one shape.

    Objects of Nova's have the same name, version and fields all the way down; a field of ours that
    holds an object in the sample holds one, and lists hold things of one kind, if any.
    """
    if place in NEVER_HERE and ours is None:
        return []
    if isinstance(nova, dict) and NAME in nova:
        if not isinstance(ours, dict):
            return [f"{place} is {ours!r}"]
        return _of_objects(ours, nova, place)
    if isinstance(nova, list):
        if not isinstance(ours, list | None):
            return [f"{place} is no list"]
        pairs = zip(ours or [], nova, strict=False)
        return [text for one, other in pairs for text in differences(one, other, f"{place}[]")]
    known = type(ours) is type(nova) or None in (ours, nova)
    return [] if known else [f"{place} is {ours!r}, not like {nova!r}"]


def _of_objects(ours: dict[str, Any], nova: dict[str, Any], place: str) -> list[str]:
    heads = [{k: v for k, v in each.items() if k != DATA} for each in (ours, nova)]
    heads[1].setdefault("nova_object.namespace", "nova")
    found = [] if heads[0] == heads[1] else [f"{place}: {heads[0]} and {heads[1]}"]
    if nova[NAME] == "ImageMetaPropsPayload":  # only those that an image has
        return found
    mine, theirs = ours[DATA], nova[DATA]
    if mine.keys() != theirs.keys():
        found.append(f"{place}: {sorted(mine.keys() ^ theirs.keys())}")
    both = mine.keys() & theirs.keys()
    return found + [
        text
        for name in sorted(both)
        for text in differences(mine[name], theirs[name], f"{place}.{name}")
    ]
