"""The option table for people: a sample file, and the page of the reference."""

import textwrap
from collections.abc import Iterator

from hostdown.config.options import OPTIONS, SHARED_SECTIONS, Option

_HEAD = """\
# Configuration of hostdown. Every option is shown with its default.
# A nova.conf can be read as well: the names it shares with this file count, its others are ignored.
"""
_PAGE = """\
# Configuration

`hostdown serve --config-file FILE` reads this; the option may be given again, later files win.
Without it `/etc/hostdown/hostdown.conf` is read if it exists. `hostdown config check` says what is
wrong with a file, `hostdown config sample` prints one with every option.

A `nova.conf` can be read as well. Sections marked *shared* exist there too: the names below count,
others are ignored. In the other sections a name that is not below is an error.
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


def reference() -> str:
    """`docs/reference/config.md`."""
    parts = [_PAGE]
    for section, options in _by_section():
        shared = " (shared)" if section in SHARED_SECTIONS else ""
        parts.append(f"\n## [{section}]{shared}\n\n| option | default | meaning |\n|---|---|---|\n")
        parts += [f"| `{o.name}` | {_cell(o)} | {o.help} |\n" for o in options]
    return "".join(parts)


def _cell(option: Option) -> str:
    if option.default_text is not None:
        return option.default_text
    return f"`{option.shown_default}`" if option.shown_default else "none"


def _by_section() -> Iterator[tuple[str, list[Option]]]:
    for section in dict.fromkeys(option.section for option in OPTIONS):
        yield section, [option for option in OPTIONS if option.section == section]
