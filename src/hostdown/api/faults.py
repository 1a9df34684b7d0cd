"""From errors to HTTP, in one dict (contract 1.6).

A class that is not listed takes the status of its nearest listed base, in the end 500. A test
proves that every class of `api.errors` and `api.compute.errors` is listed.
"""

import orjson
from falcon import Response, code_to_http_status

from hostdown.api import errors as api
from hostdown.api.compute import errors as compute
from hostdown.api.compute import list_errors
from hostdown.api.described import Schema, record
from hostdown.api.ports import PolicyForbids, Unauthenticated
from hostdown.domain import (
    action_errors,
    create_errors,
    evacuation_errors,
    flavor_errors,
    hypervisor_errors,
    image_errors,
    migration_errors,
    paging_errors,
    quota_errors,
    resize_errors,
    server_errors,
)
from hostdown.domain import aggregate_errors as aggregate
from hostdown.domain import errors as domain
from hostdown.domain import identity_errors as identity
from hostdown.domain.errors import HostdownError

JSON = "application/json"
FAULT_JSON = "application/json; charset=UTF-8"
HTML = "text/html; charset=UTF-8"

STATUS: dict[type[Exception], int] = {
    Exception: 500,
    # the request
    api.NoRoute: 404,
    api.MethodNotAllowed: 405,
    api.NotFoundAtVersion: 404,
    api.VersionMalformed: 400,
    api.VersionOutOfRange: 406,
    api.MediaTypeUnsupported: 415,
    api.BodyTooLarge: 413,
    api.QueryTooLong: 414,
    api.BodyMalformed: 400,
    api.ActionUnknown: 400,
    api.QueryNotUtf8: 400,
    api.ProjectMismatch: 400,
    api.Invalid: 400,
    Unauthenticated: 401,
    PolicyForbids: 403,
    # evacuation
    evacuation_errors.DestinationUnknown: 404,
    evacuation_errors.DestinationIsSource: 400,
    evacuation_errors.SourceInUse: 400,
    evacuation_errors.ForcedNowhere: 400,
    evacuation_errors.PasswordOnExistingDisk: 400,
    evacuation_errors.HostNotCleared: 400,
    evacuation_errors.HostNotSettled: 400,
    # migration and resize
    resize_errors.MigrationTargetUnknown: 400,
    resize_errors.MigrationToSource: 400,
    resize_errors.FlavorUnchanged: 400,
    resize_errors.DiskCannotShrink: 400,
    # compute services
    domain.HostNotMapped: 404,
    domain.BinaryNotOnHost: 404,
    domain.ServiceNotFound: 404,
    domain.ServiceToDeleteNotFound: 404,
    domain.ServiceHostsServers: 409,
    domain.ServiceHasMigrations: 409,
    domain.ServiceHasLeftovers: 409,
    domain.OnlyComputeCanBeUpdated: 400,
    compute.UnknownAction: 404,
    compute.DisabledReasonMissing: 400,
    compute.ForcedDownMissing: 400,
    compute.UuidInvalid: 400,
    compute.IdNotInteger: 400,
    compute.EnabledWithReason: 400,
    compute.NoUpdates: 400,
    # lists
    paging_errors.MarkerNotFound: 400,
    paging_errors.MarkerMissing: 400,
    list_errors.FilterFieldInvalid: 400,
    list_errors.StatusInvalid: 400,
    list_errors.WordUnrecognized: 400,
    list_errors.SortDirectionUnknown: 400,
    list_errors.SortDirectionsTooMany: 400,
    list_errors.ChangesReversed: 400,
    list_errors.TimeMalformed: 400,
    list_errors.PeriodReversed: 400,
    list_errors.DeletedForAdmins: 403,
    list_errors.SortForAdmins: 403,
    # servers
    server_errors.ServerNotFound: 404,
    server_errors.ServerGroupNotFound: 404,
    server_errors.GroupTakesNoRules: 400,
    server_errors.KeypairNotFound: 404,
    quota_errors.TooManyServerGroups: 403,
    quota_errors.TooManyServersInGroup: 403,
    quota_errors.ServersOverQuota: 403,
    quota_errors.TooManyFiles: 403,
    quota_errors.FilePathTooLong: 403,
    quota_errors.FileTooLarge: 403,
    quota_errors.QuotasAreFixed: 501,
    server_errors.MetadataItemNotFound: 404,
    server_errors.MetadataTooMany: 403,
    server_errors.MetadataTooLarge: 403,
    server_errors.ServerHasNoNetwork: 404,
    compute.MetadataKeyMismatch: 400,
    server_errors.ActionNotFound: 404,
    migration_errors.MigrationNotFound: 404,
    migration_errors.MigrationNotLive: 404,
    migration_errors.MigrationNotInProgress: 404,
    migration_errors.MigrationOfOther: 404,
    migration_errors.ForcedMigrationOfOther: 400,
    migration_errors.MigrationInWrongState: 400,
    migration_errors.HostUnavailable: 400,
    migration_errors.LiveMigrationToSource: 400,
    migration_errors.DiskIsShared: 400,
    migration_errors.DiskIsLocal: 400,
    migration_errors.NoHostForIt: 400,
    server_errors.PinnedElsewhere: 409,
    server_errors.ZoneIsNotCurrent: 409,
    # flavors
    flavor_errors.FlavorNotFound: 404,
    flavor_errors.FlavorIsPublic: 404,
    flavor_errors.ExtraSpecNotFound: 404,
    flavor_errors.FlavorNameTaken: 409,
    flavor_errors.FlavorIdTaken: 409,
    flavor_errors.FlavorNeedsNoAccess: 409,
    flavor_errors.FlavorAccessExists: 409,
    flavor_errors.FlavorAccessNotFound: 404,
    flavor_errors.ExtraSpecInvalid: 400,
    compute.ExtraSpecMismatch: 400,
    compute.FilterInvalid: 400,
    # compute nodes
    hypervisor_errors.HypervisorNotFound: 404,
    hypervisor_errors.NoHypervisorMatches: 404,
    hypervisor_errors.ComputeHostNotFound: 404,
    hypervisor_errors.ComputeUnavailable: 400,
    hypervisor_errors.NotSupported: 501,
    compute.PatternWithPaging: 400,
    # aggregates
    aggregate.AggregateNotFound: 404,
    aggregate.AggregateNameTaken: 409,
    aggregate.AggregateNotEmpty: 400,
    aggregate.HostAlreadyInAggregate: 409,
    aggregate.HostNotInAggregate: 404,
    aggregate.HostInOtherZone: 409,
    aggregate.HostsInOtherZones: 400,
    aggregate.ServersWouldMove: 409,
    aggregate.ServersInZone: 400,
    aggregate.ZoneNameMissing: 400,
    compute.ImagesRepeated: 400,
    identity.KeystoneUnavailable: 503,
    # servers
    action_errors.ServerLocked: 409,
    action_errors.ServerNotReady: 409,
    action_errors.ServerInWrongState: 409,
    action_errors.ServerNeverRan: 409,
    action_errors.HostUnavailable: 409,
    action_errors.ServerChanging: 409,
    create_errors.ImageRefMissing: 400,
    create_errors.RequestedImageNotFound: 400,
    create_errors.FlavorUnknown: 400,
    create_errors.FlavorDiskTooSmall: 400,
    create_errors.FlavorMemoryTooSmall: 400,
    create_errors.FlavorWithoutDisk: 403,
    create_errors.ZoneUnavailable: 400,
    create_errors.RequestedHostNotFound: 400,
    create_errors.DestinationsMixed: 400,
    create_errors.NetworkNotFound: 400,
    create_errors.KeyNameInvalid: 400,
    create_errors.CountsReversed: 400,
    create_errors.CountInvalid: 400,
    create_errors.DevicesUnsupported: 400,
    create_errors.SecurityGroupNotFound: 400,
    create_errors.GroupUnknown: 400,
    image_errors.ImageNotActive: 400,
    image_errors.ImageUnusable: 400,
    image_errors.GlanceUnavailable: 503,
    # databases
    domain.DirectoryUnavailable: 503,
    domain.CellUnavailable: 500,
    domain.StorageFull: 503,
}

KEYS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}
"""The top-level key of a fault's body; every other status has `computeFault`."""

PAGES: frozenset[type[Exception]] = frozenset({api.NoRoute, api.BodyTooLarge})
"""Errors answered by an HTML page, as by the layers in front of Nova's own code."""

_PAGE = """<html>
 <head>
  <title>{status}</title>
 </head>
 <body>
  <h1>{status}</h1>
  {sentence}<br /><br />



 </body>
</html>"""

_PAGE_TITLES = {404: "404 Not Found", 413: "413 Request Entity Too Large"}

UNEXPECTED = (
    "Unexpected API Error. Please contact the administrator, who finds the cause in the server's "
    "log under {request_id}."
)


def status_of(error: Exception) -> int:
    """The HTTP status of an error, by its class or the nearest base that has one."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def fault(resp: Response, status: int, message: str) -> None:
    """Write a fault body; `Retry-After`, where set before, is repeated inside as the API does."""
    inside: dict[str, object] = {"code": status, "message": message}
    retry_after = resp.get_header("Retry-After")
    if retry_after is not None and status in (413, 429):
        inside["retryAfter"] = retry_after
    resp.status = code_to_http_status(status)
    resp.content_type = FAULT_JSON
    resp.data = orjson.dumps({KEYS.get(status, "computeFault"): inside})


def page(resp: Response, error: HostdownError) -> None:
    """Answer by the HTML page of a routing error."""
    title = _PAGE_TITLES[status_of(error)]
    resp.status = title
    resp.content_type = HTML
    resp.data = _PAGE.format(status=title, sentence=error.message).encode()


def unauthorized(resp: Response, error: Unauthenticated, challenge: str) -> None:
    """Answer as the token middleware does, which has a body of its own (contract 1.5)."""
    inside = {"code": 401, "title": "Unauthorized", "message": error.message}
    resp.status = "401 Unauthorized"
    resp.content_type = JSON
    resp.set_header("WWW-Authenticate", challenge)
    resp.data = orjson.dumps({"error": inside})


def answer(resp: Response, error: HostdownError) -> None:
    """Answer by what an error of ours means; 401 has `unauthorized` instead."""
    if type(error) in PAGES:
        page(resp, error)
        return
    if isinstance(error, domain.DirectoryUnavailable | identity.KeystoneUnavailable):
        resp.set_header("Retry-After", str(error.facts["retry_after_s"]))
    fault(resp, status_of(error), error.message)


def described(status: int) -> Schema | str:
    """What stands in the body of this status, for documents: a schema or a media type."""
    text: Schema = {"type": "string"}
    if status == 413:
        return HTML
    if status == 401:
        return record({"error": record({"code": {"const": 401}, "title": text, "message": text})})
    inside = record({"code": {"const": status}, "message": text})
    return record({KEYS.get(status, "computeFault"): inside})
