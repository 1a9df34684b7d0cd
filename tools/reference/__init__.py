"""The reference pages that are printed from the program's own tables, so that they cannot lie."""

from collections.abc import Callable

from tools.reference import cli, config, http_api, limits, metrics, policy

PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli.page,
    "config.md": config.page,
    "http-api.md": http_api.page,
    "limits.md": limits.page,
    "metrics.md": metrics.page,
    "policy.md": policy.page,
}
"""File in docs/reference, and what writes its text."""
