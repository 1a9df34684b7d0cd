"""Read what an operator wrote about policy, and refuse what would not mean what it says.

oslo.policy reads a rule it cannot understand as "nobody" and goes on; a slip of the pen would so
take away rights, or leave them, without a word. Here it is an error with a sentence.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from oslo_policy import policy as oslo
from oslo_policy._checks import BaseCheck, FalseCheck

from hostdown.domain.errors import HostdownError

FILE_BYTES_MAX = 1_000_000


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

    `policy.json` is read where `policy.yaml` is set and missing, as older releases did.
    """
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


def overrides(settings: PolicySettings) -> dict[str, BaseCheck]:
    """Every rule that the files set, as parsed checks by name; raises PolicyRefused."""
    found: dict[str, BaseCheck] = {}
    for path in files(settings):
        for name, text in _contents(path).items():
            found[name] = _check(path, name, text)
    return found


def _contents(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise PolicyRefused(path=path, reason=error.strerror or str(error)) from error
    if len(raw) > FILE_BYTES_MAX:
        raise PolicyRefused(path=path, reason=f"it is longer than {FILE_BYTES_MAX} bytes")
    try:
        parsed = json.loads(raw) if path.suffix == ".json" else yaml.safe_load(raw)
    except (ValueError, yaml.YAMLError) as error:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        reason = " ".join(str(error).split())
        raise PolicyRefused(path=path, reason=f"it is not {kind}: {reason}") from error
    if parsed is None:
        return {}
    if not isinstance(parsed, dict) or not all(isinstance(name, str) for name in parsed):
        raise PolicyRefused(path=path, reason='it must hold lines of the form "rule": "check"')
    return parsed


def _check(path: Path, name: str, text: object) -> BaseCheck:
    """The parsed check of one line. Each "nobody" in it must have been written as such."""
    if not isinstance(text, str):
        raise PolicyRefused(path=path, reason=f"the check of {name!r} is not a text")
    with _quiet_parser():
        check = oslo.RuleDefault(name, text).check
    written = text.replace("(", " ").replace(")", " ").split().count("!")
    understood = sum(isinstance(leaf, FalseCheck) for leaf in leaves(check))
    if understood != written:
        raise PolicyRefused(path=path, reason=f"the check of {name!r}, {text!r}, makes no sense")
    return check


def leaves(check: BaseCheck) -> Iterator[BaseCheck]:
    """The simple checks that a check is made of."""
    parts = getattr(check, "rules", None) or getattr(check, "rule", None)
    if parts is None:
        yield check
    else:
        for part in parts if isinstance(parts, list) else [parts]:
            yield from leaves(part)


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
