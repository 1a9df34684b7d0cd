"""`services.fence_ports.FencePaths` by a file of the operator's, read anew when it changes.

A new file that cannot be used changes nothing: hosts are fenced by the one before, the log says so
once, and whoever asks is told.
"""

import logging
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from fnmatch import translate
from pathlib import Path
from typing import NamedTuple

from hostdown.domain.fence_errors import FenceFailed, FencingFileUnusable, HostWithoutFencing
from hostdown.drivers.fencing.levels import read_level
from hostdown.drivers.yaml_parts import Part, read
from hostdown.services.fence_ports import FenceLevel

FILE_BYTES_MAX = 250_000
"""Of the fencing file."""
RULES_MAX = 2000
"""Rules of the fencing file."""
LEVELS_MAX = 8
"""Levels of one host."""

_log = logging.getLogger(__name__)
_WILD = frozenset("*?[")


class Rule(NamedTuple):
    """Which hosts, and how their levels are made; `line` is where it stands."""

    patterns: Mapping[str, re.Pattern[str]]
    levels: tuple[Callable[[str], FenceLevel], ...]
    line: int

    def matches(self, host: str) -> bool:
        return any(each.match(host) for each in self.patterns.values())


class FencingFile:
    """Raises FencingFileUnusable if the first file cannot be used. Threads may share it."""

    def __init__(self, path: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.path = path
        self._environ = environ
        self._lock = threading.Lock()
        self._seen = _signature(path)
        self._rules = read_rules(path, environ)
        self._outdated: str | None = None

    def of(self, host: str) -> Sequence[FenceLevel]:
        for rule in self._current():
            if rule.matches(host):
                return [make(host) for make in rule.levels]
        raise HostWithoutFencing(path=self.path, host=host)

    def lacking(self) -> list[str]:
        """What is missing here to ask the devices, a sentence each; none of them is asked.

        What hangs on the names of hosts that only a pattern names is left out.
        """
        return [
            f"{self.path}, line {rule.line}, {each}"
            for rule in self._current()
            for each in _lacking(rule)
        ]

    def outdated(self) -> str | None:
        self._current()
        return self._outdated

    def _current(self) -> Sequence[Rule]:
        with self._lock:
            seen = _signature(self.path)
            if seen != self._seen:
                self._seen = seen
                try:
                    self._rules = read_rules(self.path, self._environ)
                except FencingFileUnusable as error:
                    self._outdated = f"{error} Hosts are fenced by what it said before."
                    _log.error("%s", self._outdated)
                else:
                    self._outdated = None
                    _log.info("%s is read anew: %d rules.", self.path, len(self._rules))
            return self._rules


def read_rules(path: Path, environ: Mapping[str, str]) -> Sequence[Rule]:
    """All of the file; raises FencingFileUnusable for the first thing that is wrong."""
    whole = read(path, FILE_BYTES_MAX, FencingFileUnusable, "hosts")
    rules: list[Rule] = []
    for part in whole.parts("hosts", "rule", RULES_MAX):
        rule = _rule(part, environ)
        _check_reached(part, rule, rules)
        rules.append(rule)
    whole.end()
    return rules


def _rule(part: Part, environ: Mapping[str, str]) -> Rule:
    patterns = part.texts("match")
    if not patterns:
        part.refuse("rule needs 'match', a host's name or a pattern like \"rack1-*\"")
    parts = part.parts("levels", "level", LEVELS_MAX)
    makers = tuple(read_level(each, number, environ) for number, each in enumerate(parts, 1))
    drivers = [each.text("driver") for each in parts]
    if "none" in drivers and len(drivers) > 1:
        what = "'driver: none' says that nothing fences the host: it is the only level"
        part.refuse(what, "levels")
    if drivers.count("watchdog") > 1:
        part.refuse("'driver: watchdog' is there twice", "levels")
    part.end()
    if len(set(patterns)) < len(patterns):
        part.refuse("'match' has the same twice", "match")
    return Rule({each: re.compile(translate(each)) for each in patterns}, makers, part.line)


def _lacking(rule: Rule) -> list[str]:
    names = [each for each in rule.patterns if _WILD.isdisjoint(each)]
    found = [sentence for name in names for sentence in _lacking_for(rule, name)]
    if len(names) < len(rule.patterns):
        # What is said of two hosts alike hangs on no host's name.
        one, other = (_lacking_for(rule, name) for name in ("a", "b"))
        found += [sentence for sentence in one if sentence in other]
    return list(dict.fromkeys(found))


def _lacking_for(rule: Rule, host: str) -> list[str]:
    found = []
    for number, make in enumerate(rule.levels, 1):
        try:
            path = make(host).path
            if path is not None:
                path.ready()
        except (FenceFailed, FencingFileUnusable) as error:
            found.append(f"level {number}: {error}")
    return found


def _check_reached(part: Part, rule: Rule, before: Sequence[Rule]) -> None:
    """The first match wins, so a name or pattern that is there before never counts."""
    for pattern in rule.patterns:
        is_name = _WILD.isdisjoint(pattern)
        for other in before:
            if pattern in other.patterns or (is_name and other.matches(pattern)):
                part.refuse(f"'{pattern}' never counts, for the rule in line {other.line} comes "
                            "before and matches it", "match")  # fmt: skip


def _signature(path: Path) -> tuple[int, int, int, int] | None:
    """Differs when the file was changed; None where it is not seen."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino, facts.st_mode
