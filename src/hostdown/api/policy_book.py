"""The rules of one moment: what is in force, and what it answers.

oslo.policy parses and judges each simple check. `and`, `or`, `not` and `rule:` are put together
here, once: the library finds out anew at each question how to call each part, 15 µs every time,
which is a hundred times what the checks themselves take. Nothing has to be remembered so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from oslo_config import cfg
from oslo_policy import policy as oslo
from oslo_policy._checks import AndCheck, BaseCheck, NotCheck, OrCheck, RuleCheck

from hostdown.api.policy_files import Line, PolicyRefused, leaves, parsed
from hostdown.api.policy_rules import BASE, Rule, api_rules
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.model import Caller

Facts = dict[str, object]
Answer = Callable[[Facts, Facts], bool]
"""What a check says of a target and of credentials."""

REFERENCES_MAX = 20
"""Rules in a row of which each refers to the next."""


class InForce(NamedTuple):
    """One rule as it is. `line` is what set it; `default` is None for an operator's own rule."""

    name: str
    text: str
    check: BaseCheck
    default: str | None
    line: Line | None


@dataclass(frozen=True)
class Asked:
    """Who asks about what, in the words of oslo.policy."""

    target: Facts
    credentials: Facts


class Book:
    """The rules of one moment, by name. Raises PolicyRefused for lines that cannot work."""

    def __init__(self, written: Mapping[str, Line]) -> None:
        self.rules = dict(_in_force(written))
        _check_references(self.rules)
        conf = cfg.ConfigOpts()
        conf([], project="hostdown", default_config_files=[], default_config_dirs=[])
        self._enforcer = oslo.Enforcer(conf, use_conf=False)
        self._answers: dict[str, Answer] = {}
        for name in self.rules:
            self._answer(name)
        self._scoped = frozenset(rule.name for rule in api_rules())

    def allows(self, rule: str, caller: Caller, target: Mapping[str, object]) -> bool:
        """Whether the caller may; an unknown rule is a mistake of ours, LookupError."""
        answer = self._answers[rule]
        if not self.is_in_scope(rule, caller):
            return False
        asked = self.asked(caller, target)
        return answer(asked.target, asked.credentials)

    def is_in_scope(self, rule: str, caller: Caller) -> bool:
        """Nova's rules are for tokens of a project, and for unscoped ones, which have no roles.

        Roles without a project are those of the system, which says so, or of a domain.
        """
        if rule not in self._scoped:
            return True
        return not caller.system_scope and (caller.project_id is not None or not caller.roles)

    def asked(self, caller: Caller, target: Mapping[str, object]) -> Asked:
        """The facts that checks see; an empty target stands for what the caller itself owns."""
        facts = dict(target) or {"project_id": caller.project_id, "user_id": caller.user_id}
        credentials: Facts = {
            "user_id": caller.user_id,
            "user_domain_id": caller.user_domain_id,
            "project_id": caller.project_id,
            "project_domain_id": caller.project_domain_id,
            "roles": list(caller.roles),
            "system_scope": caller.system_scope,
        }
        credentials["is_admin"] = self._answers[IS_ADMIN](facts, credentials)
        return Asked(facts, credentials)

    def holds(self, check: BaseCheck, asked: Asked) -> bool:
        """What one check, or one part of it, says."""
        return self._compiled(check, "")(asked.target, asked.credentials)

    def _answer(self, name: str) -> Answer:
        if name not in self._answers:
            self._answers[name] = self._compiled(self.rules[name].check, name)
        return self._answers[name]

    def _compiled(self, check: BaseCheck, name: str) -> Answer:
        match check:
            case RuleCheck():
                return self._answer(check.match)
            case NotCheck():
                inner = self._compiled(check.rule, name)
                return lambda target, credentials: not inner(target, credentials)
            case AndCheck():
                every = [self._compiled(part, name) for part in check.rules]
                return lambda target, credentials: all(a(target, credentials) for a in every)
            case OrCheck():
                some = [self._compiled(part, name) for part in check.rules]
                return lambda target, credentials: any(a(target, credentials) for a in some)
            case _:
                enforcer = self._enforcer
                return lambda target, credentials: bool(check(target, credentials, enforcer, name))


def _in_force(written: Mapping[str, Line]) -> Iterator[tuple[str, InForce]]:
    known = set()
    for rule in (*BASE, *api_rules()):
        known.add(rule.name)
        line = written.get(rule.name) or _inherited(rule, written)
        text, check = (rule.default, None) if line is None else (line.text, line.check)
        check = check or parsed(rule.name, rule.default)
        yield rule.name, InForce(rule.name, text, check, rule.default, line)
    for name, line in written.items():
        if name not in known:
            yield name, InForce(name, line.text, line.check, None, line)


def _inherited(rule: Rule, written: Mapping[str, Line]) -> Line | None:
    """The line written for the name that this rule replaces, if it says anything new.

    Writing out the old default says nothing: new defaults are always enforced, as in Nova.
    """
    line = written.get(rule.replaces or "")
    if line is None or str(line.check) in (rule.old_default, f"rule:{rule.name}"):
        return None
    return line


def _check_references(rules: Mapping[str, InForce]) -> None:
    """Raises PolicyRefused for a rule that refers to one that is not there, or to itself."""
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in done:
            return
        rule = rules[name]
        for other in references(rule.check):
            if other not in rules:
                raise _refused(rule, rules, f"refers to {other!r}, which is not there")
            if other in (*above, name):
                raise _refused(rule, rules, f"refers to {other!r}, and that refers back to it")
            if len(above) >= REFERENCES_MAX:
                raise _refused(rule, rules, f"is the end of more than {REFERENCES_MAX} references")
            visit(other, (*above, name))
        done.add(name)

    for name in rules:
        visit(name, ())


def references(check: BaseCheck) -> list[str]:
    """The names that a check refers to by `rule:`."""
    return [leaf.match for leaf in leaves(check) if isinstance(leaf, RuleCheck)]


def unknown_rules(rules: Iterable[InForce]) -> list[str]:
    """Names that files set and nothing asks for or refers to: slips of the pen, mostly."""
    rules = list(rules)
    used = {name for rule in rules for name in references(rule.check)}
    used |= {rule.replaces for rule in api_rules() if rule.replaces} | {"default"}
    return sorted(rule.name for rule in rules if rule.default is None and rule.name not in used)


def _refused(rule: InForce, rules: Mapping[str, InForce], what: str) -> PolicyRefused:
    """Only what a file says can be wrong: a default is so where a file changed what it needs."""
    line = rule.line or next(each.line for each in rules.values() if each.line)
    return PolicyRefused(path=line.path, reason=f"the check of {rule.name!r} {what}")
