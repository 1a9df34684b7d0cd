"""What a proxy in front says of the request that it was sent, for the links in answers."""

import re
from typing import Any

_SCHEMES = frozenset({"http", "https"})
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")


def believe(environ: dict[str, Any]) -> None:
    """Take scheme and host from X-Forwarded-Proto and -Host, as the outermost proxy set them.

    Anything that is neither is left out of account. Whoever reaches the server past its proxy can
    say what it likes here, so this is for `[oslo_middleware] enable_proxy_headers_parsing` alone.
    """
    scheme = _first(environ, "HTTP_X_FORWARDED_PROTO").lower()
    if scheme in _SCHEMES:
        environ["wsgi.url_scheme"] = scheme
    host = _first(environ, "HTTP_X_FORWARDED_HOST")
    if _HOST.fullmatch(host):
        environ["HTTP_HOST"] = host


def _first(environ: dict[str, Any], name: str) -> str:
    return str(environ.get(name, "")).partition(",")[0].strip()
