"""Every policy rule: names and defaults of Nova (contract, appendix B), Glance, Aodh, and ours.

Rows of one prefix and default stand together. The reference page is printed from these tables.
"""

from collections.abc import Iterator
from typing import NamedTuple

ADMIN = "rule:context_is_admin"
ANYBODY = "@"
NOBODY = "!"
MANAGER = "rule:project_manager_or_admin"
MEMBER = "rule:project_member_or_admin"
READER = "rule:project_reader_or_admin"
SERVICE = "rule:service_or_admin"
OWN_OR_ADMIN = "rule:context_is_admin or user_id:%(user_id)s"

_OTHERS_TOO = "('community':%(visibility)s or 'public':%(visibility)s)"
IMAGE_READER = f"{READER} or (role:reader and {_OTHERS_TOO})"
IMAGE_MEMBER = f"{MEMBER} or (role:member and {_OTHERS_TOO})"

OLD_ADMIN = "rule:admin_api"
OLD_OWNER = "rule:admin_or_owner"


class Rule(NamedTuple):
    """One rule. `replaces` is an older name whose override counts where the new one has none."""

    name: str
    default: str
    replaces: str | None = None
    old_default: str = OLD_ADMIN


BASE: tuple[Rule, ...] = (
    Rule("context_is_admin", "role:admin"),
    Rule("admin_or_owner", "is_admin:True or project_id:%(project_id)s"),
    Rule("admin_api", "is_admin:True"),
    Rule("project_manager_api", "role:manager and project_id:%(project_id)s"),
    Rule("project_member_api", "role:member and project_id:%(project_id)s"),
    Rule("project_reader_api", "role:reader and project_id:%(project_id)s"),
    Rule("project_manager_or_admin", "rule:project_manager_api or rule:context_is_admin"),
    Rule("project_member_or_admin", "rule:project_member_api or rule:context_is_admin"),
    Rule("project_reader_or_admin", "rule:project_reader_api or rule:context_is_admin"),
    Rule("service_api", "role:service"),
    Rule("service_or_admin", "rule:service_api or rule:context_is_admin"),
)
"""Rules made to be referred to; they have no scope of their own."""


class Rows(NamedTuple):
    """Rules with one prefix: `names` are what follows it, divided by blanks ("" for nothing)."""

    prefix: str
    names: str
    default: str
    replaces: str | None = None
    old_default: str = OLD_ADMIN


_OS = "os_compute_api:"
_SERVERS = "os_compute_api:servers:"
_EXTRA_SPECS = "os_compute_api:os-flavor-extra-specs:"
_ACTIONS = "os_compute_api:os-instance-actions"
_ALARMS = "telemetry:"
_HYPERVISORS = "list list-detail statistics show uptime search servers"

TABLE: tuple[Rows, ...] = (
    Rows(f"{_OS}os-services:", "list update delete", ADMIN, f"{_OS}os-services"),
    Rows(f"{_OS}os-hosts:", "list show update reboot shutdown start", ADMIN, f"{_OS}os-hosts"),
    Rows(f"{_OS}os-hypervisors:", _HYPERVISORS, ADMIN, f"{_OS}os-hypervisors"),
    Rows(
        f"{_OS}os-aggregates:",
        "index show create update delete add_host remove_host set_metadata",
        ADMIN,
    ),
    Rows("compute:aggregates:", "images", ADMIN),
    Rows(f"{_OS}os-availability-zone:", "list", ANYBODY),
    Rows(f"{_OS}os-availability-zone:", "detail", ADMIN),
    Rows(_SERVERS, "index detail show", READER),
    Rows(
        _SERVERS,
        "index:get_all_tenants detail:get_all_tenants allow_all_filters show:host_status "
        "show:host_status:unknown-only create:forced_host create:zero_disk_flavor",
        ADMIN,
    ),
    Rows(_SERVERS, "show:flavor-extra-specs", READER, f"{_EXTRA_SPECS}index", OLD_OWNER),
    Rows(f"{_OS}os-extended-server-attributes", "", ADMIN),
    Rows(
        _SERVERS,
        "create create:attach_volume create:attach_network create:trusted_certs update delete "
        "start stop reboot resize rebuild confirm_resize revert_resize create_image "
        "trigger_crash_dump",
        MEMBER,
    ),
    Rows("compute:servers:create:", "requested_destination", ADMIN),
    Rows("network:", "attach_external_network", ADMIN),
    Rows("compute:servers:resize:", "cross_cell", NOBODY),
    Rows(f"{_OS}os-evacuate", "", ADMIN),
    Rows(f"{_OS}os-admin-actions:", "reset_state inject_network_info", ADMIN),
    Rows(f"{_OS}os-migrate-server:", "migrate migrate_live", MANAGER),
    Rows(f"{_OS}os-migrate-server:", "migrate:host migrate_live:host", ADMIN),
    Rows(f"{_OS}os-pause-server:", "pause unpause", MEMBER),
    Rows(f"{_OS}os-suspend-server:", "suspend resume", MEMBER),
    Rows(f"{_OS}os-lock-server:", "lock unlock", MEMBER),
    Rows(f"{_OS}os-lock-server:unlock:", "unlock_override", ADMIN),
    Rows(f"{_ACTIONS}:", "list show", READER, _ACTIONS, OLD_OWNER),
    Rows(f"{_ACTIONS}:", "events events:details", ADMIN),
    Rows(f"{_OS}os-migrations:", "index", MANAGER),
    Rows(f"{_OS}os-migrations:index:", "all_projects host", ADMIN),
    Rows(f"{_SERVERS}migrations:", "index force_complete delete", MANAGER),
    Rows(f"{_SERVERS}migrations:", "show index:host", ADMIN),
    Rows(f"{_OS}os-server-groups:", "index show", READER),
    Rows(f"{_OS}os-server-groups:", "create delete", MEMBER),
    Rows(f"{_OS}os-server-groups:index:", "all_projects", ADMIN),
    Rows(f"{_OS}os-flavor-manage:", "create update delete", ADMIN),
    Rows(_EXTRA_SPECS, "create update delete", ADMIN),
    Rows(_EXTRA_SPECS, "index show", READER),
    Rows(f"{_OS}os-flavor-access", "", ADMIN),
    Rows(f"{_OS}os-flavor-access:", "add_tenant_access remove_tenant_access", ADMIN),
    Rows(f"{_OS}os-keypairs:", "index show create delete", OWN_OR_ADMIN),
    Rows(f"{_OS}limits", "", ANYBODY),
    Rows(f"{_OS}limits:", "other_project", ADMIN),
    Rows(f"{_OS}os-server-external-events:", "create", SERVICE),
    Rows(f"{_OS}server-metadata:", "index show", READER),
    Rows(f"{_OS}server-metadata:", "create update update_all delete", MEMBER),
    Rows(f"{_OS}ips:", "index show", READER),
    Rows(f"{_OS}extensions", "", ANYBODY),
    Rows(f"{_OS}os-quota-sets:", "show detail", READER),
    Rows(f"{_OS}os-quota-sets:", "defaults", ANYBODY),
    Rows(f"{_OS}os-quota-sets:", "update delete", ADMIN),
    Rows(f"{_OS}os-quota-class-sets:", "show update", ADMIN),
    Rows(f"{_OS}os-simple-tenant-usage:", "list", ADMIN),
    Rows(f"{_OS}os-simple-tenant-usage:", "show", READER),
    Rows("", "get_images", READER),
    Rows("", "get_image", IMAGE_READER),
    Rows("", "download_image", IMAGE_MEMBER),
    Rows(
        "",
        "add_image modify_image delete_image upload_image communitize_image deactivate reactivate",
        MEMBER,
    ),
    Rows("", "publicize_image", ADMIN),
    Rows(
        _ALARMS,
        "get_alarm get_alarms query_alarm get_alarm_state alarm_history query_alarm_history "
        "get_quotas get_metrics",
        READER,
    ),
    Rows(_ALARMS, "create_alarm change_alarm delete_alarm change_alarm_state", MEMBER),
    Rows(
        _ALARMS,
        "get_alarms:all_projects update_quotas delete_quotas get_metrics:all_projects",
        ADMIN,
    ),
    Rows(
        "hostdown:hosts:",
        "list show enroll fence_test fence_status reserve failure_domain capacity",
        ADMIN,
    ),
    Rows("hostdown:events:", "create", ADMIN),
    Rows("hostdown:metrics:", "show", ADMIN),
    Rows("hostdown:deliveries:", "list replay", ADMIN),
    Rows("hostdown:recoveries:", "list show plan hold release confirm_off disarm arm", ADMIN),
)
"""What may be asked for; each of these refuses a token that is not of a project."""


def api_rules() -> Iterator[Rule]:
    """The rules of `TABLE` one by one."""
    for rows in TABLE:
        for name in rows.names.split() or [""]:
            yield Rule(rows.prefix + name, rows.default, rows.replaces, rows.old_default)
