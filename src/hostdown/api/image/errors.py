"""What can be wrong with a request to the Image API; answered, as by Glance, with an HTML page."""

import html

from falcon import Response, code_to_http_status

from hostdown.api.errors import (
    BodyMalformed,
    BodyTooLarge,
    MethodNotAllowed,
    NoRoute,
    QueryNotUtf8,
    QueryTooLong,
)
from hostdown.api.ports import PolicyForbids
from hostdown.domain import image_errors
from hostdown.domain.errors import HostdownError


class QueryInvalid(HostdownError):
    """A list asked for in a way that makes no sense; the words are Glance's."""

    template = "{reason}"
    code = "image-query-invalid"


class SchemaMismatch(HostdownError):
    """A body that its schema refuses."""

    template = "Provided object does not match schema 'image': {reason}"
    code = "image-schema-mismatch"


class PatchInvalid(HostdownError):
    """A list of changes that cannot be read."""

    template = "{reason}"
    code = "image-patch-invalid"


class PointerRefused(HostdownError):
    """A place that no image has."""

    template = "Invalid JSON pointer for this resource: '/{path}'"
    code = "image-pointer-refused"


class AttributeRefused(HostdownError):
    """What clients read and do not write."""

    template = "Attribute '{name}' is {kind}."
    code = "image-attribute-refused"


class OwnerRefused(HostdownError):
    """An image for another project, by somebody who is no administrator."""

    template = "You are not permitted to {action} images owned by '{owner}'."
    code = "image-owner-refused"


class ContentTypeUnsupported(HostdownError):
    """A body of another kind than the path takes."""

    template = "The Content-Type is not supported; use {wanted}."
    code = "image-content-type"


class SizeUnknown(HostdownError):
    """A body in chunks, where nothing would show that it broke off."""

    template = (
        "By TLS an upload must tell its size: send Content-Length or X-OpenStack-Image-Size "
        "(openstack image create --size)."
    )
    code = "image-size-unknown"


class DownloadForbidden(HostdownError):
    """The bytes of an image whose use an operator has forbidden."""

    template = "The requested image has been deactivated. Image data download is forbidden."
    code = "image-deactivated"


STATUS: dict[type[HostdownError], int] = {
    NoRoute: 404,
    MethodNotAllowed: 405,
    QueryNotUtf8: 400,
    QueryTooLong: 414,
    BodyMalformed: 400,
    BodyTooLarge: 413,
    QueryInvalid: 400,
    SchemaMismatch: 400,
    PatchInvalid: 400,
    PointerRefused: 403,
    AttributeRefused: 403,
    OwnerRefused: 403,
    ContentTypeUnsupported: 415,
    SizeUnknown: 411,
    DownloadForbidden: 403,
    PolicyForbids: 403,
    image_errors.ImageUnknown: 404,
    image_errors.ImageIdTaken: 409,
    image_errors.TooManyImages: 413,
    image_errors.TooManyProperties: 413,
    image_errors.StatusTransitionRefused: 409,
    image_errors.DeactivationRefused: 403,
    image_errors.FormatsMissing: 400,
    image_errors.FormatFixed: 403,
    image_errors.ImageProtected: 403,
    image_errors.ImageDeletedMeanwhile: 410,
    image_errors.ImageTooLarge: 413,
    image_errors.ImageStorageFull: 413,
    image_errors.ImageStorageFailed: 503,
    image_errors.ImageLost: 404,
    image_errors.UploadBrokenOff: 400,
    image_errors.SizeMismatch: 400,
    image_errors.ImageRefused: 400,
    image_errors.PropertyMissing: 409,
    image_errors.PropertyNotRemovable: 403,
}

PAGE_TYPE = "text/html; charset=UTF-8"

NOT_AUTHORIZED = "You are not authorized to complete {rule} action."
"""What Glance says where Nova says that policy does not allow something."""

_PAGE = """<html>
 <head>
  <title>{title}</title>
 </head>
 <body>
  <h1>{title}</h1>
  {sentence}<br /><br />
 </body>
</html>"""


def answer(resp: Response, error: HostdownError) -> None:
    """Answer by an error that is in `STATUS`; any other is raised again."""
    status = STATUS.get(type(error))
    if status is None:
        raise error
    sentence = error.message
    if isinstance(error, PolicyForbids):
        sentence = NOT_AUTHORIZED.format(rule=error.facts["rule"])
    resp.status = code_to_http_status(status)
    resp.content_type = PAGE_TYPE
    page = _PAGE.format(title=resp.status, sentence=html.escape(sentence))
    resp.data = page.encode(errors="backslashreplace")
