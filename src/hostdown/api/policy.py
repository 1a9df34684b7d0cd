"""Who may do what, by oslo.policy with Nova's rules (contract 1.6, appendix B).

oslo.policy takes up to 100 µs to evaluate a rule, so answers are remembered. That is sound because
an answer depends on nothing but the rule, the caller's fields given here and the target; rules that
ask others, over HTTP, are not remembered.
"""

import logging
from collections.abc import Mapping

from oslo_config import cfg
from oslo_policy import policy as oslo
from oslo_policy._checks import BaseCheck, RuleCheck

from hostdown.api.policy_files import PolicyRefused, PolicySettings, leaves, overrides, signature
from hostdown.api.policy_rules import BASE, Rule, api_rules
from hostdown.api.ports import PolicyForbids
from hostdown.domain.model import Caller

LOG = logging.getLogger(__name__)

REMEMBERED_MAX = 10_000
"""Answers in memory; beyond it all are forgotten."""

_PROJECT_ONLY = ["project"]


class _Rules:
    """The rules of one moment and the answers they gave."""

    def __init__(self, settings: PolicySettings) -> None:
        self._enforcer = _enforcer(settings)
        self._names = frozenset(self._enforcer.rules)
        checks = [leaf for rule in self._enforcer.rules.values() for leaf in leaves(rule)]
        self._is_pure = all(type(leaf).__module__ == BaseCheck.__module__ for leaf in checks)
        self._answers: dict[tuple[object, ...], bool] = {}

    def allow(self, rule: str, caller: Caller, target: Mapping[str, object]) -> bool:
        """Whether the caller may; an unknown rule is a mistake of ours, LookupError."""
        roles = caller.roles
        key = (rule, caller.user_id, caller.project_id, roles, caller.system_scope, *target.items())
        answer = self._answers.get(key)
        if answer is None:
            answer = self._evaluate(rule, caller, target)
            if self._is_pure:
                if len(self._answers) >= REMEMBERED_MAX:
                    self._answers = {}
                self._answers[key] = answer
        return answer

    def _evaluate(self, rule: str, caller: Caller, target: Mapping[str, object]) -> bool:
        if rule not in self._names:
            raise LookupError(rule)
        facts = dict(target) or {"project_id": caller.project_id, "user_id": caller.user_id}
        credentials: dict[str, object] = {
            "user_id": caller.user_id,
            "user_domain_id": "default",
            "project_id": caller.project_id,
            "project_domain_id": "default",
            "roles": list(caller.roles),
            "system_scope": caller.system_scope,
        }
        enforce = self._enforcer.enforce
        credentials["is_admin"] = bool(enforce("context_is_admin", facts, dict(credentials)))
        return bool(enforce(rule, facts, credentials))


class NovaPolicy:
    """Implements `api.ports.Policy`. Raises PolicyRefused at start; later keeps the last rules."""

    def __init__(self, settings: PolicySettings) -> None:
        self._settings = settings
        self._signature = signature(settings)
        self._rules = _Rules(settings)

    def check(self, rule: str, caller: Caller, target: Mapping[str, object]) -> None:
        """Raises PolicyForbids. An empty target stands for what the caller itself owns."""
        if not self._rules.allow(rule, caller, target):
            raise PolicyForbids(rule=rule)

    def refresh(self) -> None:
        """Read the files again if they have changed; a periodic job calls this."""
        try:
            now_there = signature(self._settings)
            if now_there == self._signature:
                return
            self._signature = now_there
            self._rules = _Rules(self._settings)
        except OSError as error:
            LOG.error("The policy files cannot be read, the rules stay as they were: %s", error)
        except PolicyRefused as error:
            LOG.error("%s The rules stay as they were.", error)
        else:
            LOG.info("The policy files have changed; the new rules are in force")


def _enforcer(settings: PolicySettings) -> oslo.Enforcer:
    written = overrides(settings)
    conf = cfg.ConfigOpts()
    conf([], project="hostdown", default_config_files=[], default_config_dirs=[])
    enforcer = oslo.Enforcer(conf, use_conf=False)
    rules = dict(written)
    for rule in (*BASE, *api_rules()):
        default = oslo.RuleDefault(
            rule.name, rule.default, scope_types=None if rule in BASE else _PROJECT_ONLY
        )
        enforcer.register_default(default)
        rules.setdefault(rule.name, _inherited(rule, written) or default.check)
    _warn_of_unknown(written, frozenset(rules) - frozenset(written))
    enforcer.set_rules(rules)
    try:
        enforcer.check_rules(raise_on_violation=True)
    except oslo.InvalidDefinitionError as error:
        reason = f"a rule refers to one that is not there, or to itself ({error})"
        raise PolicyRefused(path=settings.policy_file, reason=reason) from error
    return enforcer


def _inherited(rule: Rule, written: Mapping[str, BaseCheck]) -> BaseCheck | None:
    """The check written for the name that this rule replaces, if it says anything new.

    Writing out the old default says nothing: new defaults are always enforced, as in Nova.
    """
    check = written.get(rule.replaces or "")
    if check is None or str(check) in (rule.old_default, f"rule:{rule.name}"):
        return None
    return check


def _warn_of_unknown(written: Mapping[str, BaseCheck], defaults: frozenset[str]) -> None:
    known = {rule.name for rule in (*BASE, *api_rules())} | defaults | {"default"}
    known |= {rule.replaces for rule in api_rules() if rule.replaces}
    parts = [leaf for check in written.values() for leaf in leaves(check)]
    used = {leaf.match for leaf in parts if isinstance(leaf, RuleCheck)}
    unknown = sorted(set(written) - known - used)
    if unknown:
        LOG.warning("The policy files set rules that do not exist here: %s", ", ".join(unknown))
