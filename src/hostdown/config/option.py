"""What an option is, and the kinds of values there are."""

import math
from collections.abc import Collection
from typing import NamedTuple, TypeVar

from oslo_config import cfg, types

N = TypeVar("N", int, float)


class Option(NamedTuple):
    """One option. `default_text` is shown where the true default depends on the machine."""

    section: str
    name: str
    kind: types.ConfigType
    default: object
    help: str
    default_text: str | None = None
    secret: bool = False

    @property
    def shown_default(self) -> str:
        """The default as a configuration file would spell it; empty if there is none."""
        if self.default_text is not None:
            return self.default_text
        if isinstance(self.default, bool):
            return str(self.default).lower()
        return "" if self.default is None else str(self.default)

    def oslo(self) -> cfg.Opt:
        """The same for oslo.config."""
        return cfg.Opt(
            self.name, type=self.kind, default=self.default, help=self.help, secret=self.secret
        )


class _Number(types.Float):
    """Bounds alone let "nan" pass, for it is not below anything."""

    def __call__(self, value: object) -> float | None:
        number = _read(float, value)
        if math.isnan(number):
            raise ValueError(f"'{value}' is not a number")
        return super().__call__(number)


class _Count(types.Integer):
    def __call__(self, value: object) -> int | None:
        number = super().__call__(_read(int, value))
        return None if number is None else int(number)


def _read(kind: type[N], value: object) -> N:
    try:
        return kind(str(value).strip())
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise ValueError(f"'{value}' is not {what}") from None


class _Text(types.String):
    def __init__(self, taken: Collection[str]) -> None:
        super().__init__(quotes=True)
        self._taken = taken

    def __call__(self, value: object) -> str:
        found = str(super().__call__(value))
        if found in self._taken:
            raise ValueError(f"'{found}' is taken; choose another")
        return found


def text(taken: Collection[str] = ()) -> types.ConfigType:
    """Any text but those that are `taken`; quotes around it are taken off."""
    return _Text(taken)


def number(low: float, high: float) -> types.ConfigType:
    """A number within bounds."""
    return _Number(min=low, max=high)


def count(low: int, high: int) -> types.ConfigType:
    """A whole number within bounds."""
    return _Count(min=low, max=high)


def pairs(*words: str) -> types.ConfigType:
    """Names, each with one of some words: `a:x,b:y`."""
    return types.Dict(one_of(*words))


def one_of(*words: str) -> types.ConfigType:
    """One of some words."""
    return types.String(choices=list(words))
