"""docs/reference/policy.md, from api/policy_rules.py and the route tables."""

from tools.reference import markdown
from tools.reference.markdown import code, table

from hostdown.api.policy_review import DANGERS
from hostdown.api.policy_rules import BASE, api_rules
from hostdown.api.policy_uses import uses

INTRODUCTION = """\
Who may do what: rules with Nova's names and defaults, and a few of hostdown's own.
[Change who may do what](../howto/policy.md) tells how to override them. `@` is anybody with a
token, `!` is nobody. A rule that no operation asks yet has no effect yet. Every rule of the second
table refuses tokens of the system or of a domain, whatever their roles.
"""

HARM = """\
## What harms others

`hostdown policy check` warns where these are open to whoever holds an ordinary role, or none, and
where a rule reaches into other projects that by default does not.

"""


def page() -> str:
    """The page."""
    used = uses()
    rules = [
        (
            code(rule.name),
            code(rule.default),
            "<br>".join(map(code, used.get(rule.name, []))),
            code(rule.replaces or ""),
        )
        for rule in api_rules()
    ]
    base = [
        (code(rule.name), code(rule.default), "<br>".join(map(code, used.get(rule.name, []))))
        for rule in BASE
    ]
    return markdown.page(
        "Policy",
        INTRODUCTION,
        "## Rules to refer to\n\n" + table(("rule", "default", "asked by"), base),
        "## What may be asked for\n\n"
        + table(("rule", "default", "asked by", "older name, whose override counts too"), rules),
        HARM + table(("rule", "whoever passes it may"), harm()),
    )


def harm() -> list[tuple[str, str]]:
    """What `policy check` warns of."""
    return [(code(rule), what) for rule, what in DANGERS.items()]
