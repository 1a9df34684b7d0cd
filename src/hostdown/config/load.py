"""Reads configuration files into `Settings`, and says everything that is wrong with them at once.

A `nova.conf` may be given: the names it shares with us count, its others are ignored. Nova's
`[database] connection` is not one of ours, so a `nova.conf` never leads us to Nova's database.
"""

import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from oslo_config import cfg

from hostdown.config.build import build
from hostdown.config.notification_options import RABBIT
from hostdown.config.options import OPTIONS, OUR_SECTIONS, Option
from hostdown.config.settings import Settings

DEFAULT_FILE = Path("/etc/hostdown/hostdown.conf")
"""Read when no file is named, if it exists."""


class Problem(NamedTuple):
    """One thing that is wrong; `where` names file, section and option as far as they are known."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class ConfigInvalid(Exception):
    """The configuration cannot be used; `problems` lists all that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Loaded(NamedTuple):
    """Usable settings, what to warn of, the files read, and how many names of Nova were ignored."""

    settings: Settings
    warnings: tuple[Problem, ...]
    files: tuple[Path, ...]
    ignored: tuple[str, ...]


def load(files: Sequence[str | Path] = (), environ: Mapping[str, str] = os.environ) -> Loaded:
    """Read `files` in order, later ones win; raises ConfigInvalid."""
    paths = tuple(Path(file) for file in files)
    if not paths and DEFAULT_FILE.exists():
        paths = (DEFAULT_FILE,)
    sections = _parse(paths)
    problems, ignored = _unknown(sections)
    values, bad = _values(paths, sections)
    problems += bad
    values |= _passed_on(sections)
    if problems:
        raise ConfigInvalid(problems)
    # Never where the program happens to be started: others may write there.
    base = (paths or (DEFAULT_FILE,))[0].resolve().parent
    settings, found, warnings = build(values, base, environ)
    where = ", ".join(str(path) for path in paths) or "no configuration file, defaults"
    if found:
        raise ConfigInvalid([Problem(f"{where}, {option}", what) for option, what in found])
    noted = [Problem(f"{where}, {option}", what) for option, what in warnings]
    return Loaded(settings, (*_misspelt(sections), *noted), paths, tuple(ignored))


Sections = list[tuple[Path, dict[str, dict[str, list[str]]]]]


def _parse(paths: Sequence[Path]) -> Sections:
    parsed: Sections = []
    for path in paths:
        sections: dict[str, dict[str, list[str]]] = {}
        try:
            cfg.ConfigParser(str(path), sections).parse()
        except (OSError, UnicodeDecodeError, cfg.ParseError) as error:
            reason = getattr(error, "strerror", None) or " ".join(str(error).split())
            raise ConfigInvalid([Problem(str(path), f"cannot be read: {reason}.")]) from error
        parsed.append((path, sections))
    return parsed


def _passed_on(parsed: Sections) -> dict[tuple[str, str], object]:
    """Options whose names and values are another's business; later files win."""
    return {
        (RABBIT, name): values[-1]
        for _, sections in parsed
        for name, values in sections.get(RABBIT, {}).items()
    }


def _unknown(parsed: Sections) -> tuple[list[Problem], list[str]]:
    known = {(option.section, option.name) for option in OPTIONS}
    problems: list[Problem] = []
    ignored: list[str] = []
    for path, sections in parsed:
        for section, names in sections.items():
            for name in names:
                if section == RABBIT or (section, name.replace("-", "_")) in known:
                    continue
                if section in OUR_SECTIONS:
                    choices = sorted(n for s, n in known if s == section)
                    what = f"there is no such option; remove it or use one of {', '.join(choices)}."
                    problems.append(Problem(f"{path}, [{section}] {name}", what))
                else:
                    ignored.append(f"[{section}] {name}")
    return problems, ignored


def _misspelt(parsed: Sections) -> list[Problem]:
    """Sections that are neither Nova's as we know them nor ours, but nearly ours."""
    known = {option.section for option in OPTIONS}
    return [
        Problem(f"{path}, [{section}]", f"is ignored; did you mean [{meant}]?")
        for path, sections in parsed
        for section in sections
        if section not in known
        for meant in get_close_matches(section, OUR_SECTIONS, 1, cutoff=0.8)
    ]


def _values(
    paths: Sequence[Path], sections: Sections
) -> tuple[dict[tuple[str, str], object], list[Problem]]:
    conf = cfg.ConfigOpts()
    for option in OPTIONS:
        conf.register_opt(
            option.oslo(), group=None if option.section == "DEFAULT" else option.section
        )
    conf(
        args=[],
        project="hostdown",
        default_config_files=[str(path) for path in paths],
        default_config_dirs=[],
        use_env=False,
    )
    values: dict[tuple[str, str], object] = {}
    problems: list[Problem] = []
    for option in OPTIONS:
        try:
            values[option.section, option.name] = _value(conf, option)
        except (ValueError, cfg.Error) as error:
            problems.append(_wrong(sections, option, error))
    return values, problems


def _value(conf: cfg.ConfigOpts, option: Option) -> object:
    group = conf if option.section == "DEFAULT" else conf[option.section]
    return group[option.name]


def _wrong(sections: Sections, option: Option, error: Exception) -> Problem:
    """A secret's value is not repeated."""
    files = [path for path, found in sections if option.name in found.get(option.section, {})]
    file = f"{files[-1]}, " if files else ""
    raw = "".join(
        next((f[option.section][option.name] for p, f in sections if p in files[-1:]), ())
    )
    if option.secret:
        reason = "the value is not allowed"
    elif "$" in raw:
        reason = f"'{raw}' refers to an option that is not known here; write its value instead"
    else:
        reason = str(error).rpartition(" is not valid: ")[2].rstrip(".")
    return Problem(f"{file}[{option.section}] {option.name}", f"{reason}. {option.help}")
