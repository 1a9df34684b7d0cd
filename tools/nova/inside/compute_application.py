"""What gunicorn serves as Nova's API. Nova reads the command line, so gunicorn's is hidden."""

import sys

sys.argv = ["nova-api"]

from nova.wsgi.osapi_compute import application  # noqa: E402 - the line above must come first

__all__ = ["application"]
