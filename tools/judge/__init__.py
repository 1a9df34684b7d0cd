"""`make judge`: suites that others wrote judge a running server over HTTP.

Tempest runs every test of what this program serves, and schemathesis asks what nobody would ask,
of every operation that `/openapi.json` tells. Both live in an environment of their own.
"""
