"""Use cases: one function, one transaction.

Law: everything outside is reached through the Protocols of `ports.py`; no SQL, no HTTP, no clock
but a `Clock`. A use case never sees a microversion, and raises only `domain.errors`.
"""
