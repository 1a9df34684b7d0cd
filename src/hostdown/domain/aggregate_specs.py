"""What a flavor asks of the metadata of a host's aggregates (contract 6.3).

Nova's AggregateInstanceExtraSpecsFilter: each extra spec of the form
`aggregate_instance_extra_specs:KEY` has to be met by one of the values that the host's aggregates
give KEY. Nova's filter looks at extra specs without a namespace, too. They do not count here:
Nova's filter is off unless a site turns it on, and operators use such names for their own notes,
which would keep servers from every host.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import eq, ge, gt, le, lt, ne

from hostdown.domain.model import Aggregate

PREFIX = "aggregate_instance_extra_specs:"

AggregateMetadata = Mapping[str, frozenset[str]]
"""By key, the values that the aggregates of a host give it."""

Specs = tuple[tuple[str, str], ...]
"""Keys of aggregates' metadata, each with what its value has to be."""

_NUMBERS: Mapping[str, Callable[[float, float], bool]] = {
    "=": ge,
    "==": eq,
    "!=": ne,
    ">=": ge,
    "<=": le,
    ">": gt,
    "<": lt,
}
"""`=` is "at least": a Nova of long ago meant it so, and flavors say it still."""
_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "s==": eq,
    "s!=": ne,
    "s>=": ge,
    "s<=": le,
    "s>": gt,
    "s<": lt,
}


def asked_for(extra_specs: Mapping[str, str]) -> Specs:
    """What a flavor asks of aggregates, by key."""
    return tuple(
        sorted(
            (key.removeprefix(PREFIX), value)
            for key, value in extra_specs.items()
            if key.startswith(PREFIX)
        )
    )


def are_met(specs: Specs, metadata: AggregateMetadata) -> bool:
    """Whether the aggregates of a host have all that is asked for."""
    return all(
        any(matches(value, wanted) for value in metadata.get(key, ())) for key, wanted in specs
    )


def matches(value: str, wanted: str) -> bool:
    """Whether a value is what is wanted: an operator and its operand, or the text itself.

    `<or> A <or> B` is one of several, `<in> A` a part. What should be a number and is none does not
    match.
    """
    words = wanted.split()
    operator, operands = words[0] if words else "", words[1:]
    if operator == "<or>":
        return value in operands[::2]
    if operator == "<in>":
        return bool(operands) and operands[0] in value
    if operator in _TEXTS:
        return bool(operands) and _TEXTS[operator](value, operands[0])
    if operator in _NUMBERS:
        return bool(operands) and _number_matches(operator, value, operands[0])
    return value == wanted


def _number_matches(operator: str, value: str, operand: str) -> bool:
    try:
        return _NUMBERS[operator](float(value), float(operand))
    except ValueError:
        return False


def metadata_of_hosts(aggregates: Iterable[Aggregate]) -> dict[str, AggregateMetadata]:
    """By host name; a value may name several, with commas between them, as in Nova."""
    found: dict[str, dict[str, set[str]]] = {}
    for aggregate in aggregates:
        for host in aggregate.hosts:
            values = found.setdefault(host, {})
            for key, text in aggregate.metadata.items():
                values.setdefault(key, set()).update(part.strip() for part in text.split(","))
    return {
        host: {key: frozenset(several) for key, several in values.items()}
        for host, values in found.items()
    }
