"""What gunicorn serves. Keystone reads the command line when imported, so gunicorn's is hidden."""

import sys

sys.argv = ["keystone"]

from keystone.wsgi.api import application  # noqa: E402 - the line above must come first

__all__ = ["application"]
