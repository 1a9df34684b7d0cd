"""Fixtures that tests of every kind share."""

from tests.stores import store

__all__ = ["store"]
