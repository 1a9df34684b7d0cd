"""docs/reference/config.md, from config/options.py."""

from itertools import groupby

from tools.reference import markdown
from tools.reference.markdown import code, table

from hostdown.config.options import OPTIONS, SHARED_SECTIONS, Option

INTRODUCTION = """\
A configuration file has sections and `name = value` lines. Commands that run a server or an agent
read it with `--config-file FILE`, which may be given again; later files win. `hostdown config
sample` prints a file with every option and its default, `hostdown config check` says what is wrong
with yours.

Some sections are Nova's as well: {shared}.
A `nova.conf` can be read as it is: names in these sections that the tables do not have are Nova's
business. In all other sections an unknown name is an error.
"""


def page() -> str:
    """The page."""
    shared = ", ".join(f"`[{name}]`" for name in sorted(SHARED_SECTIONS))
    ordered = sorted(OPTIONS, key=lambda o: [s.section for s in OPTIONS].index(o.section))
    parts = [INTRODUCTION.format(shared=shared)]
    for section, options in groupby(ordered, key=lambda o: o.section):
        rows = [(code(o.name), _default(o), _range(o), o.help) for o in options]
        parts.append(f"## [{section}]\n\n{table(('option', 'default', 'values', 'meaning'), rows)}")
    return markdown.page("Configuration", *parts)


def _default(option: Option) -> str:
    if option.default_text is not None:
        return option.default_text
    return code(option.shown_default) or "none"


def _range(option: Option) -> str:
    kind = option.kind
    choices = getattr(kind, "choices", None)
    if choices:
        return " or ".join(code(choice) for choice in choices)
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    if low is not None and high is not None:
        return f"{low} to {high}"
    return "true or false" if type(kind).__name__ == "Boolean" else "text"
