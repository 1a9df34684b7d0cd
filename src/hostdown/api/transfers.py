"""Which requests move files: a worker lets their bodies pass, where others are read first."""

import re

_FILES = (
    ({"GET", "PUT"}, re.compile("/+image/+v2/+images/+[^/]+/+file/*")),
    ({"GET"}, re.compile("/+agent/+v1/+hosts/+[^/]+/+images/+[^/]+/*")),
)

END_UNSEEN = "hostdown.end_unseen"
"""Set in the WSGI environment: whether nothing would prove that a chunked body came whole."""


def is_transfer(method: str, path: str) -> bool:
    """Whether a request with this method and path (without its query) does."""
    return any(method in methods and form.fullmatch(path) for methods, form in _FILES)
