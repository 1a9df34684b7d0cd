"""Values of options as what they are: texts, numbers, flags, files."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

Values = Mapping[tuple[str, str], object]
Findings = list[tuple[str, str]]
"""Pairs of `[section] option` and a sentence."""


class Reading:
    """Reads values of one configuration, and keeps what is wrong with them and what to warn of.

    Relative paths begin at `base`.
    """

    def __init__(self, values: Values, base: Path, environ: Mapping[str, str]) -> None:
        self._values = values
        self._base = base
        self._environ = environ
        self.problems: Findings = []
        self.warnings: Findings = []

    def _file(self, section: str, name: str) -> Path | None:
        given = self._optional(section, name)
        if given is None:
            return None
        path = self._base / given
        if not os.access(path, os.R_OK):
            self.problems.append((f"[{section}] {name}", f"{path} cannot be read."))
        return path

    def _optional(self, section: str, name: str) -> str | None:
        value = self._values[section, name]
        return None if value in (None, "") else str(value)

    def _text(self, section: str, name: str) -> str:
        value = self._optional(section, name)
        if value is None:
            self.problems.append((f"[{section}] {name}", "must not be empty."))
        return value or ""

    def _flag(self, section: str, name: str) -> bool:
        return bool(self._values[section, name])

    def _count(self, section: str, name: str) -> int:
        value = self._values[section, name]
        assert isinstance(value, int), name  # noqa: S101 - oslo.config's type made it one
        return value

    def _count_or_none(self, section: str, name: str) -> int | None:
        return None if self._values[section, name] is None else self._count(section, name)

    def _pairs(self, section: str, name: str) -> dict[str, str]:
        value = self._values[section, name]
        assert isinstance(value, dict), name  # noqa: S101 - oslo.config's type made it one
        return dict(value)

    def _number(self, section: str, name: str) -> float:
        value = self._values[section, name]
        assert isinstance(value, float | int), name  # noqa: S101 - oslo.config's type made it one
        return float(value)

    def _seconds(self, section: str, name: str) -> timedelta:
        return timedelta(seconds=self._number(section, name))

    def _days(self, section: str, name: str) -> timedelta | None:
        """None for 0."""
        return timedelta(days=self._count(section, name)) or None
