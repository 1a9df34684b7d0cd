"""The documents that schemathesis gets: ours, with what exists on the bed as likely values.

A uuid made up by chance names nothing; so parameters in paths, and hosts in bodies, are mostly what
a list of the bed names, and otherwise whatever their schema allows. A quarter of what there is may
be deleted, the rest is for the other operations.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

Document = dict[str, Any]
Ask = Callable[[str], Any]
"""GET a path; returns the answer's JSON."""

KNOWN_MAX = 8
VERSION_HEADER = "OpenStack-API-Version"


def narrowed(document: Document, wanted: Callable[[str], bool]) -> Document:
    """Only the paths that are wanted; the version is for the caller to send with each request.

    Regular expressions become texts: schemathesis takes any text at random for one that is wrong.
    """
    paths = {path: deepcopy(item) for path, item in document["paths"].items() if wanted(path)}
    for _, _, operation in operations(paths):
        kept = [each for each in operation["parameters"] if each["name"] != VERSION_HEADER]
        operation["parameters"] = kept
        for each in kept:
            items = each["schema"].get("items", {})
            if items.get("format") == "regex":
                del items["format"]
    return document | {"paths": paths}


def with_known(document: Document, ask: Ask, spared: Iterable[str]) -> Document:
    """Make what the bed has likely; ids in `spared` are not touched."""
    found = deepcopy(document)
    spared = frozenset(spared)
    hosts = sorted({str(row["host"]) for row in ask("/v2.1/os-services")["services"]})
    for path, method, operation in operations(found["paths"]):
        collection = re.sub(r"/\{.*", "", path)
        for parameter in operation["parameters"]:
            if parameter["in"] == "path" and "get" in found["paths"].get(collection, {}):
                known = [each for each in _named(ask(collection)) if each not in spared]
                doomed = known[::4]
                mine = doomed if method == "delete" else [e for e in known if e not in doomed]
                parameter["schema"] = _likely(parameter["schema"], mine)
        _name_hosts(operation.get("requestBody"), hosts)
    return found


def operations(paths: Mapping[str, Any]) -> list[tuple[str, str, Document]]:
    """Path, method and operation of each."""
    return [(path, *pair) for path, item in paths.items() for pair in item.items()]


def _named(answer: Mapping[str, Any]) -> list[object]:
    """What was made last comes first: a server's own services are its oldest."""
    rows = next((value for value in answer.values() if isinstance(value, list)), [])
    return [row.get("id", row.get("host_name")) for row in reversed(rows)]


def _likely(schema: Document, known: list[object]) -> Document:
    """Each of them is as likely as the schema."""
    if "enum" in schema:
        return schema
    return {"anyOf": [*({"const": each} for each in known[:KNOWN_MAX]), schema]}


def _name_hosts(node: object, hosts: list[object] | list[str]) -> None:
    """In a body's schema, at any depth."""
    if isinstance(node, list):
        for each in node:
            _name_hosts(each, hosts)
    elif isinstance(node, dict):
        properties = node.get("properties", {})
        if isinstance(properties.get("host"), dict):
            properties["host"] = _likely(properties["host"], list(hosts))
        for each in node.values():
            _name_hosts(each, hosts)
