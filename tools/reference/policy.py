"""docs/reference/policy.md, from api/policy_rules.py."""

from tools.reference import markdown
from tools.reference.markdown import code, table

from hostdown.api.policy_rules import BASE, TABLE

INTRODUCTION = """\
Who may do what: rules with Nova's names and defaults, and a few of hostdown's own. A file named by
`[oslo_policy] policy_file`, YAML or JSON, overrides what it names. `@` is anybody with a token, `!`
is nobody. Rules for what hostdown does not serve yet have no effect yet.
"""


def page() -> str:
    """The page."""
    rules = [
        (
            "<br>".join(code(rows.prefix + name) for name in rows.names.split(" ")),
            code(rows.default),
            code(rows.replaces or ""),
        )
        for rows in TABLE
    ]
    return markdown.page(
        "Policy",
        INTRODUCTION,
        "## Rules to refer to\n\n"
        + table(("rule", "default"), [(code(r.name), code(r.default)) for r in BASE]),
        "## What may be asked for\n\n"
        + table(("rule", "default", "older name, whose override counts too"), rules),
    )
