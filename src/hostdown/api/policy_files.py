"""Read what an operator wrote about policy, and refuse what would not mean what it says.

oslo.policy reads a rule it cannot understand as "nobody" and goes on; a slip of the pen would so
take away rights, or leave them, without a word. Here it is an error with a sentence.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import yaml
from oslo_policy import policy as oslo
from oslo_policy._checks import AndCheck, BaseCheck, FalseCheck, NotCheck, OrCheck

from hostdown.domain.errors import HostdownError

FILE_BYTES_MAX = 1_000_000
"""Of one policy file."""

PARSED_MAX = 1000
"""Checks that are kept; the same are asked for in each process, and whenever a file changes."""
NESTING_MAX = 10
"""Parts of a check within parts: what every request asks must fit on any stack."""


class PolicyRefused(HostdownError):
    """A policy file that cannot be used."""

    template = "The policy file {path} cannot be used: {reason}."
    code = "policy-refused"


@dataclass(frozen=True)
class PolicySettings:
    """`[oslo_policy]`: absolute paths; none of them has to exist."""

    policy_file: Path
    policy_dirs: tuple[Path, ...] = ()


Signature = tuple[tuple[str, int, int, int], ...]


def files(settings: PolicySettings) -> list[Path]:
    """The files there are, in the order in which later ones override earlier ones.

    `policy.json` is read where `policy.yaml` is set and missing, as older releases did. Raises
    PolicyRefused for a place that may not be looked at.
    """
    try:
        return _files(settings)
    except OSError as error:
        raise PolicyRefused(path=error.filename, reason=_strerror(error)) from error


def _files(settings: PolicySettings) -> list[Path]:
    main = settings.policy_file
    if not main.exists() and main.name == "policy.yaml":
        main = main.with_suffix(".json")
    found = [main] if main.exists() else []
    for folder in settings.policy_dirs:
        if folder.is_dir():
            found += sorted(each for each in folder.iterdir() if each.name[0] != ".")
    return found


def signature(settings: PolicySettings) -> Signature:
    """Differs when a file was changed, added or removed."""
    seen = []
    for path in files(settings):
        facts = path.stat()
        seen.append((str(path), facts.st_mtime_ns, facts.st_size, facts.st_ino))
    return tuple(seen)


class Line(NamedTuple):
    """What a file says of one rule: as written, and parsed."""

    path: Path
    name: str
    text: str
    check: BaseCheck


def lines(settings: PolicySettings) -> Iterator[Line | PolicyRefused]:
    """Every line of every file, and what keeps a file or a line from being understood."""
    for path in files(settings):
        try:
            contents = _contents(path)
        except PolicyRefused as refused:
            yield refused
            continue
        for name, text in contents.items():
            try:
                yield _line(path, name, text)
            except PolicyRefused as refused:
                yield refused


def overrides(settings: PolicySettings) -> dict[str, Line]:
    """The line that counts for each rule that the files set; raises PolicyRefused."""
    found: dict[str, Line] = {}
    for line in lines(settings):
        if isinstance(line, PolicyRefused):
            raise line
        found[line.name] = line
    return found


def _contents(path: Path) -> dict[str, object]:
    try:
        path.stat()
        if not path.is_file():
            raise PolicyRefused(path=path, reason="it is not a file")
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise PolicyRefused(path=path, reason=_strerror(error)) from error
    if len(raw) > FILE_BYTES_MAX:
        raise PolicyRefused(path=path, reason=f"it is longer than {FILE_BYTES_MAX} bytes")
    try:
        parsed = _parsed(path, raw)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        reason = _problem(error)
        raise PolicyRefused(path=path, reason=f"it is not {kind}: {reason}") from error
    if parsed is None:
        return {}
    if not isinstance(parsed, dict) or not all(isinstance(name, str) for name in parsed):
        raise PolicyRefused(path=path, reason='it must hold lines of the form "rule": "check"')
    return parsed


def _parsed(path: Path, raw: bytes) -> object:
    """JSON or YAML; raises PolicyRefused for a name that stands there twice."""
    if path.suffix == ".json":
        return json.loads(raw, object_pairs_hook=partial(_once, path))
    loader = yaml.SafeLoader(raw)
    try:
        root = loader.get_single_node()
        if isinstance(root, yaml.MappingNode):
            _once(path, ((str(key.value), None) for key, _ in root.value))
        return None if root is None else loader.construct_document(root)
    finally:
        loader.dispose()


def _once(path: Path, pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise PolicyRefused(path=path, reason=f"{name!r} is there twice")
        found[name] = value
    return found


def _strerror(error: OSError) -> str:
    return error.strerror or str(error)


def _problem(error: Exception) -> str:
    """In one line, and where, as far as it is known."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).split())
    problem = getattr(error, "problem", None)
    return f"{problem} in line {mark.line + 1}, column {mark.column + 1}"


def _line(path: Path, name: str, text: object) -> Line:
    """Each "nobody" in the check must have been written as such."""
    if not isinstance(text, str):
        raise PolicyRefused(path=path, reason=f"the check of {name!r} is not a text")
    try:
        check = parsed(name, text)
    except RecursionError:
        raise _too_deep(path, name) from None
    if _nesting(check) > NESTING_MAX:
        raise _too_deep(path, name)
    if any(type(leaf).__module__ != BaseCheck.__module__ for leaf in leaves(check)):
        reason = f"the check of {name!r} would ask another server at each request"
        raise PolicyRefused(path=path, reason=reason)
    written = text.replace("(", " ").replace(")", " ").split().count("!")
    understood = sum(isinstance(leaf, FalseCheck) for leaf in leaves(check))
    if understood != written:
        raise PolicyRefused(path=path, reason=f"the check of {name!r}, {text!r}, makes no sense")
    return Line(path, name, text, check)


@lru_cache(PARSED_MAX)
def parsed(name: str, text: str) -> BaseCheck:
    """The check that a text means; "nobody" for one without a meaning."""
    with _quiet_parser():
        return oslo.RuleDefault(name, text).check


def leaves(check: BaseCheck) -> Iterator[BaseCheck]:
    """The simple checks that a check is made of."""
    found = parts(check)
    if not found:
        yield check
    for part in found:
        yield from leaves(part)


def parts(check: BaseCheck) -> list[BaseCheck]:
    """What an `and`, an `or` or a `not` puts together; nothing for a simple check."""
    match check:
        case AndCheck() | OrCheck():
            return list(check.rules)
        case NotCheck():
            return [check.rule]
        case _:
            return []


def _too_deep(path: Path, name: str) -> PolicyRefused:
    what = f"has parts within parts more than {NESTING_MAX} deep"
    return PolicyRefused(path=path, reason=f"the check of {name!r} {what}")


def _nesting(check: BaseCheck) -> int:
    depth, level = 0, [check]
    while level := [part for each in level for part in parts(each)]:
        depth += 1
    return depth


@contextmanager
def _quiet_parser() -> Iterator[None]:
    """oslo.policy logs a traceback for what becomes a sentence here."""
    log = logging.getLogger("oslo_policy._parser")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(level)
