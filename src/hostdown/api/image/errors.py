"""What can be wrong with a request to the Image API; answered, as by Glance, with an HTML page."""

import html

from falcon import Response, code_to_http_status

from hostdown.api.errors import NoRoute, QueryNotUtf8, QueryTooLong
from hostdown.domain.errors import HostdownError


class ImageNotFound(HostdownError):
    """No such image."""

    template = "No image found with ID {image_id}"
    code = "image-not-found"


class LimitInvalid(HostdownError):
    """A page of a size that is no number, or less than nothing."""

    template = "limit param must be {what}"
    code = "limit-invalid"


class MethodNotAllowed(HostdownError):
    """The path exists, with another method."""

    template = "The method is not allowed for this path."
    code = "method-not-allowed"


STATUS: dict[type[HostdownError], int] = {
    NoRoute: 404,
    ImageNotFound: 404,
    LimitInvalid: 400,
    MethodNotAllowed: 405,
    QueryNotUtf8: 400,
    QueryTooLong: 414,
}

PAGE_TYPE = "text/html; charset=UTF-8"

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
    if status == 405:
        resp.set_header("Allow", "GET, HEAD")
    resp.status = code_to_http_status(status)
    resp.content_type = PAGE_TYPE
    page = _PAGE.format(title=resp.status, sentence=html.escape(error.message))
    resp.data = page.encode(errors="backslashreplace")
