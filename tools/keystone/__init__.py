"""A real Keystone on SQLite, for tests and judges: `make keystone` sets up what it needs."""

from tools.keystone.server import ADMIN, PASSWORD, Keystone, Login, programs

__all__ = ["ADMIN", "PASSWORD", "Keystone", "Login", "programs"]
