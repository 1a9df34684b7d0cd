"""The metadata of a server, and its addresses (contract 3.10, 3.1)."""

from collections.abc import Callable, Mapping

from hostdown.api.compute import ids, server_lookup
from hostdown.api.compute.call import Call
from hostdown.api.compute.errors import MetadataKeyMismatch
from hostdown.api.compute.fields import Param, Query
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Handler, Route
from hostdown.api.compute.server_create_body import METADATA
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.server_errors import MetadataItemNotFound, ServerHasNoNetwork
from hostdown.services import server_edits
from hostdown.services.server_lookup import Found

Texts = Mapping[str, str]


def _found(call: Call) -> Found:
    """The server, if the caller may do this with it."""
    found = server_lookup.found(call)
    call.authorize(server_lookup.target_of(found.instance))
    return found


def index(call: Call) -> object:
    """GET …/metadata."""
    return {"metadata": _found(call).instance.metadata}


def show(call: Call) -> object:
    """GET …/metadata/{key}."""
    metadata, key = _found(call).instance.metadata, call.names["key"]
    if key not in metadata:
        raise MetadataItemNotFound
    return {"meta": {key: metadata[key]}}


def _edit(call: Call, found: Found, after: Callable[[Texts], Texts], doing: str) -> Texts:
    return server_edits.edit_metadata(
        found.cell,
        found.instance.uuid,
        server_edits.MetadataEdit(
            after, doing, call.parts.settings.quotas.metadata_items, call.by_admin
        ),
        call.caller,
        call.parts.clock.now(),
    ).metadata


_UPDATE = "update metadata"


def merge(call: Call) -> object:
    """POST …/metadata: what is there stays."""
    found, new = _found(call), call.body["metadata"]
    return {"metadata": _edit(call, found, lambda seen: {**seen, **new}, _UPDATE)}


def replace_all(call: Call) -> object:
    """PUT …/metadata: nothing else stays."""
    found, new = _found(call), call.body["metadata"]
    return {"metadata": _edit(call, found, lambda _: new, _UPDATE)}


def put(call: Call) -> object:
    """PUT …/metadata/{key}."""
    found, new, key = _found(call), call.body["meta"], call.names["key"]
    if key not in new:
        raise MetadataKeyMismatch
    _edit(call, found, lambda seen: {**seen, **new}, _UPDATE)
    return {"meta": new}


def delete(call: Call) -> None:
    """DELETE …/metadata/{key}; that it is not there is told before any lock."""
    found, key = _found(call), call.names["key"]
    server_edits.without(found.instance.metadata, key)
    _edit(call, found, lambda seen: server_edits.without(seen, key), "delete metadata")


def addresses(call: Call) -> object:
    """GET …/ips: no address is known of any network."""
    _found(call)
    return {"addresses": {}}


def addresses_of(call: Call) -> object:
    """GET …/ips/{label}."""
    _found(call)
    raise ServerHasNoNetwork


# --------------------------------------------------------------------------------------- routes

_RULES = "os_compute_api:server-metadata"
_ALL = "/servers/{id}/metadata"
_ONE = "/servers/{id}/metadata/{key}"
_QUERY = Query((), closed_since=Version(2, 102))
_ONE_ITEM = {**METADATA, "minProperties": 1, "maxProperties": 1}

METADATA_BODY = (Param("metadata", METADATA, required=True),)
META_BODY = (Param("meta", _ONE_ITEM, required=True),)
_CHANGE = (403, 404, 409)


def _route(method: str, path: str, handler: Handler, rule: str) -> Route:
    body = META_BODY if path == _ONE else METADATA_BODY
    key = "meta" if path == _ONE else "metadata"
    return Route(
        method,
        path,
        handler,
        f"{_RULES}:{rule}",
        success=204 if method == "DELETE" else 200,
        body=body if method in ("POST", "PUT") else None,
        query=_QUERY if method == "GET" else None,
        answer=None if method == "DELETE" else Answer(key, ()),
        names=ids.BY_UUID,
        more_rules=(IS_ADMIN,),
        faults=(404,) if method == "GET" else _CHANGE,
    )


ROUTES = (
    _route("GET", _ALL, index, "index"),
    _route("POST", _ALL, merge, "create"),
    _route("PUT", _ALL, replace_all, "update_all"),
    _route("GET", _ONE, show, "show"),
    _route("PUT", _ONE, put, "update"),
    _route("DELETE", _ONE, delete, "delete"),
    Route(
        "GET",
        "/servers/{id}/ips",
        addresses,
        "os_compute_api:ips:index",
        query=_QUERY,
        answer=Answer("addresses", ()),
        names=ids.BY_UUID,
        more_rules=(IS_ADMIN,),
        faults=(404,),
    ),
    Route(
        "GET",
        "/servers/{id}/ips/{label}",
        addresses_of,
        "os_compute_api:ips:show",
        query=_QUERY,
        names=ids.BY_UUID,
        more_rules=(IS_ADMIN,),
        faults=(404,),
        note="No server has a network whose addresses are known: 404.",
    ),
)
