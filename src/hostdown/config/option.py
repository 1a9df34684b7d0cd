"""What an option is, and the kinds of values there are."""

from typing import NamedTuple

from oslo_config import cfg, types


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


def text() -> types.ConfigType:
    """Any text; quotes around it are taken off."""
    return types.String(quotes=True)


def number(low: float, high: float) -> types.ConfigType:
    """A number within bounds."""
    return types.Float(min=low, max=high)


def count(low: int, high: int) -> types.ConfigType:
    """A whole number within bounds."""
    return types.Integer(min=low, max=high)


def one_of(*words: str) -> types.ConfigType:
    """One of some words."""
    return types.String(choices=list(words))
