"""What gunicorn serves as placement."""

from placement.wsgi.api import application

__all__ = ["application"]
