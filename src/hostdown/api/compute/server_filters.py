"""The query of the servers list: what may stand in it, and who may ask for what (contract 3.6)."""

from collections.abc import Mapping

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param, Query
from hostdown.api.compute.list_errors import (
    ChangesReversed,
    DeletedForAdmins,
    FilterFieldInvalid,
    StatusInvalid,
    WordUnrecognized,
)
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.paging import PARAMS
from hostdown.api.compute.server_matching import Filters
from hostdown.api.compute.server_sorting import KEYS, OLD_KEYS, words
from hostdown.api.compute.types import QUERY_PATTERN, QUERY_TEXT, QUERY_TIME, WORDS, Schema, moment
from hostdown.api.compute.types import word_truth as truth
from hostdown.domain.server_status import DELETED, STATUSES

ALL_FILTERS_RULE = "os_compute_api:servers:allow_all_filters"


_TEXTS = words(
    "user_id project_id tenant_id launch_index image_ref image vm_state task_state host status "
    "uuid sort_dir all_tenants soft_deleted deleted"
)
_PATTERNS = words(
    "kernel_id ramdisk_id hostname key_name power_state node flavor reservation_id launched_at "
    "terminated_at availability_zone name display_name description display_description locked_by "
    "root_device_name config_drive access_ip_v4 access_ip_v6 auto_disk_config progress ip ip6 "
    "created_at"
)
_TAGS = words("tags tags-any not-tags not-tags-any")
REFUSED = frozenset(
    words(
        "block_device_mapping services metadata system_metadata info_cache security_groups "
        "pci_devices"
    )
)
"""Tables of Nova's database, known only to be refused."""


def _sort_keys(since: Version, until: Version, keys: list[str]) -> Param:
    return Param("sort_key", {"type": "string", "enum": keys}, since=since, until=until)


def _params(
    names: list[str], schema: Schema, since: Version = MINIMUM, until: Version = MAXIMUM
) -> tuple[Param, ...]:
    return tuple(Param(name, schema, since=since, until=until) for name in names)


LIST_QUERY = Query(
    (
        *PARAMS,
        *_params(_TEXTS, QUERY_TEXT),
        *_params(_PATTERNS, QUERY_PATTERN),
        *_params(_TAGS, QUERY_PATTERN, since=Version(2, 26)),
        *_params(sorted(REFUSED), QUERY_TEXT),
        Param("locked", QUERY_TEXT, since=Version(2, 73)),
        Param("changes-since", QUERY_TIME),
        Param("changes-before", QUERY_TIME, since=Version(2, 66)),
        _sort_keys(MINIMUM, Version(2, 72), [*KEYS, *OLD_KEYS, "locked"]),
        _sort_keys(Version(2, 73), Version(2, 74), ["locked", *KEYS, *OLD_KEYS]),
        _sort_keys(Version(2, 75), MAXIMUM, ["locked", *KEYS]),
    ),
    closed_since=Version(2, 75),
    passing="^_",
)

FOR_ALL: Mapping[str, Version] = {
    **dict.fromkeys(
        words("reservation_id name status image flavor ip changes-since all_tenants"), MINIMUM
    ),
    "ip6": Version(2, 5),
    **dict.fromkeys(_TAGS, Version(2, 26)),
    "changes-before": Version(2, 66),
    "locked": Version(2, 73),
    **dict.fromkeys(
        words(
            "availability_zone config_drive key_name created_at launched_at terminated_at "
            "power_state task_state vm_state progress user_id"
        ),
        Version(2, 83),
    ),
    "hostname": Version(2, 90),
}
"""What callers without ALL_FILTERS_RULE may filter by; the rest is dropped without a word."""

_STATUS_CHECKED_SINCE = Version(2, 38)


def checked(call: Call, all_tenants_rule: str) -> tuple[Filters, bool]:
    """The filters that count for this caller, and whether all projects are asked for.

    Raises what is wrong with a query beyond its form, in Nova's order.
    """
    filters = _effective(call)
    for name in filters:
        if name in REFUSED or name.startswith("_"):
            raise FilterFieldInvalid(name=name)
    _check_status(call)
    _check_changes(filters)
    asked = _last(filters, "all_tenants")
    all_tenants = asked == "" or _yes(asked)
    if all_tenants:
        call.require(all_tenants_rule)
    _yes(_last(filters, "locked"))
    return filters, all_tenants


def _effective(call: Call) -> dict[str, list[str]]:
    """The filters that count for this caller."""
    private = {name: values for name, values in call.sent.items() if name.startswith("_")}
    sent = {**call.query, **private}
    if call.may(ALL_FILTERS_RULE):
        return sent
    return {
        name: values
        for name, values in sent.items()
        if name in FOR_ALL and call.version >= FOR_ALL[name]
    }


def _last(filters: Filters, name: str) -> str | None:
    values = filters.get(name)
    return values[-1] if values else None


def _check_status(call: Call) -> None:
    """Statuses that nothing has make the list empty before 2.38; later at least one must be."""
    wanted = {status.upper() for status in call.query.get("status", ())}
    if wanted and not wanted & STATUSES and call.version >= _STATUS_CHECKED_SINCE:
        raise StatusInvalid
    if wanted & STATUSES == {DELETED} and not call.by_admin:
        raise DeletedForAdmins


def _check_changes(filters: Filters) -> None:
    since, before = _last(filters, "changes-since"), _last(filters, "changes-before")
    if since is not None and before is not None and moment(since) > moment(before):
        raise ChangesReversed


def _yes(word: str | None) -> bool:
    """Raises WordUnrecognized; an absent word is no."""
    if word is None:
        return False
    known = truth(word)
    if known is None:
        raise WordUnrecognized(word=word, words=", ".join(f"'{each}'" for each in sorted(WORDS)))
    return known
