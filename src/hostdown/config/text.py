"""The option table as a sample file."""

import textwrap
from collections.abc import Iterator

from hostdown.config.options import OPTIONS, Option

_HEAD = """\
# Configuration of hostdown. Every option is shown with its default.
# A nova.conf can be read as well: the names it shares with this file count, its others are ignored.
"""


def sample() -> str:
    """A configuration file with every option, commented out."""
    parts = [_HEAD]
    for section, options in _by_section():
        parts.append(f"\n[{section}]\n")
        parts += [_sample_option(option) for option in options]
    return "".join(parts)


def _sample_option(option: Option) -> str:
    lines = textwrap.wrap(option.help, 96)
    if option.default_text is not None:
        lines.append(f"Default: {option.default_text}")
    comment = "".join(f"# {line}\n" for line in lines)
    shown = "" if option.default_text is not None else option.shown_default
    return f"\n{comment}#{option.name} = {shown}".rstrip() + "\n"


def _by_section() -> Iterator[tuple[str, list[Option]]]:
    for section in dict.fromkeys(option.section for option in OPTIONS):
        yield section, [option for option in OPTIONS if option.section == section]
