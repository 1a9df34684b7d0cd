"""The query of the servers list: what may stand in it, and who may ask for what (contract 3.6)."""

from collections.abc import Mapping
from itertools import zip_longest

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param, Query
from hostdown.api.compute.list_errors import (
    ChangesReversed,
    DeletedForAdmins,
    FilterFieldInvalid,
    SortDirectionsTooMany,
    SortDirectionUnknown,
    SortForAdmins,
    StatusInvalid,
    WordUnrecognized,
)
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.paging import PARAMS
from hostdown.api.compute.types import QUERY_PATTERN, QUERY_TEXT, QUERY_TIME, WORDS, Schema, moment
from hostdown.api.compute.types import word_truth as truth

ALL_FILTERS_RULE = "os_compute_api:servers:allow_all_filters"


def _words(text: str) -> list[str]:
    """Names divided by blanks."""
    return text.split()


_TEXTS = _words(
    "user_id project_id tenant_id launch_index image_ref image vm_state task_state host status "
    "uuid sort_dir all_tenants soft_deleted deleted"
)
_PATTERNS = _words(
    "kernel_id ramdisk_id hostname key_name power_state node flavor reservation_id launched_at "
    "terminated_at availability_zone name display_name description display_description locked_by "
    "root_device_name config_drive access_ip_v4 access_ip_v6 auto_disk_config progress ip ip6 "
    "created_at"
)
_TAGS = _words("tags tags-any not-tags not-tags-any")
REFUSED = frozenset(
    _words(
        "block_device_mapping services metadata system_metadata info_cache security_groups "
        "pci_devices"
    )
)
"""Tables of Nova's database, known only to be refused."""

_SORT_KEYS = _words(
    "access_ip_v4 access_ip_v6 auto_disk_config availability_zone config_drive created_at "
    "display_description display_name host hostname image_ref instance_type_id kernel_id key_name "
    "launch_index launched_at locked_by node power_state progress project_id ramdisk_id "
    "root_device_name task_state terminated_at updated_at user_id uuid vm_state"
)
_OLD_SORT_KEYS = _words(
    "architecture cell_name cleaned default_ephemeral_device default_swap_device deleted "
    "deleted_at disable_terminate ephemeral_gb ephemeral_key_uuid id key_data launched_on "
    "memory_mb os_type reservation_id root_gb shutdown_terminate user_data vcpus vm_mode"
)
"""Accepted by old versions, and without any effect."""

ADMIN_SORT_KEYS = frozenset({"host", "node"})


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
        _sort_keys(MINIMUM, Version(2, 72), [*_SORT_KEYS, *_OLD_SORT_KEYS, "locked"]),
        _sort_keys(Version(2, 73), Version(2, 74), ["locked", *_SORT_KEYS, *_OLD_SORT_KEYS]),
        _sort_keys(Version(2, 75), MAXIMUM, ["locked", *_SORT_KEYS]),
    ),
    closed_since=Version(2, 75),
    passing="^_",
)

FOR_ALL: Mapping[str, Version] = {
    **dict.fromkeys(
        _words("reservation_id name status image flavor ip changes-since all_tenants"), MINIMUM
    ),
    "ip6": Version(2, 5),
    **dict.fromkeys(_TAGS, Version(2, 26)),
    "changes-before": Version(2, 66),
    "locked": Version(2, 73),
    **dict.fromkeys(
        _words(
            "availability_zone config_drive key_name created_at launched_at terminated_at "
            "power_state task_state vm_state progress user_id"
        ),
        Version(2, 83),
    ),
    "hostname": Version(2, 90),
}
"""What callers without ALL_FILTERS_RULE may filter by; the rest is dropped without a word."""

STATUSES = frozenset(
    _words(
        "active build deleted error hard_reboot migrating password paused reboot rebuild rescue "
        "resize revert_resize shelved shelved_offloaded shutoff soft_deleted suspended "
        "verify_resize"
    )
)
"""Every status that a server can have, in lower case (contract 3.5)."""

_STATUS_CHECKED_SINCE = Version(2, 38)


def check(call: Call, all_tenants_rule: str) -> None:
    """Raises what is wrong with a query beyond its form, in Nova's order."""
    filters = _effective(call)
    for name in filters:
        if name in REFUSED or name.startswith("_"):
            raise FilterFieldInvalid(name=name)
    _check_status(call)
    _check_changes(filters)
    if filters.get("all_tenants") == "" or _yes(filters.get("all_tenants")):
        call.require(all_tenants_rule)
    _yes(filters.get("locked"))
    _check_order(call)


def _effective(call: Call) -> dict[str, str]:
    """The last value of each filter that counts for this caller."""
    private = {name: values for name, values in call.sent.items() if name.startswith("_")}
    sent = {name: values[-1] for name, values in {**call.query, **private}.items()}
    if call.may(ALL_FILTERS_RULE):
        return sent
    return {
        name: value
        for name, value in sent.items()
        if name in FOR_ALL and call.version >= FOR_ALL[name]
    }


def _check_status(call: Call) -> None:
    """Statuses that nothing has make the list empty before 2.38; later at least one must be."""
    wanted = {status.lower() for status in call.query.get("status", ())}
    if wanted and not wanted & STATUSES and call.version >= _STATUS_CHECKED_SINCE:
        raise StatusInvalid
    if wanted & STATUSES == {"deleted"} and not call.by_admin:
        raise DeletedForAdmins


def _check_changes(filters: Mapping[str, str]) -> None:
    since, before = filters.get("changes-since"), filters.get("changes-before")
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


def _check_order(call: Call) -> None:
    keys = call.query.get("sort_key", ["created_at"])
    directions = call.query.get("sort_dir", [])
    if not call.by_admin:
        for key in keys:
            if key in ADMIN_SORT_KEYS:
                raise SortForAdmins(key=key)
    ignored = {*_OLD_SORT_KEYS} | ({"locked"} if call.version < Version(2, 73) else set())
    pairs = [pair for pair in zip_longest(keys, directions) if pair[0] not in ignored]
    if any(direction not in (None, "asc", "desc") for _, direction in pairs):
        raise SortDirectionUnknown
    if any(key is None for key, _ in pairs):
        raise SortDirectionsTooMany
