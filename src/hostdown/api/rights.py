"""What policy allows to a caller; `api.policy` judges, and the handlers of all APIs ask."""

from collections.abc import Mapping
from types import MappingProxyType

from hostdown.api.ports import Policy, PolicyForbids
from hostdown.domain.model import Caller

IS_ADMIN = "context_is_admin"
"""The rule that says who is an administrator."""

OWN: Mapping[str, object] = MappingProxyType({})
"""What a rule is asked about if it is what the caller itself owns."""


def may(policy: Policy, rule: str, caller: Caller, target: Mapping[str, object] = OWN) -> bool:
    """Whether a rule allows it, for where the answer is no refusal but changes what is done."""
    try:
        policy.check(rule, caller, target)
    except PolicyForbids:
        return False
    return True
