"""Who may do what by the contract, appendix B, stated once more, by hand.

Nothing here comes from the program. A rule that is not in `WHO_MAY` does not exist.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hostdown.domain.model import Caller

MINE, OTHERS = "a" * 32, "b" * 32
"""Projects: that of the caller, and another."""
MYSELF, SOMEBODY = "ann", "bob"
"""Users, alike."""

_TABLE = """
admin     os_compute_api:os-services:          list update delete
admin     os_compute_api:os-hosts:             list show update reboot shutdown start
admin     os_compute_api:os-hypervisors:       list list-detail statistics show uptime search
admin     os_compute_api:os-hypervisors:       servers
admin     os_compute_api:os-aggregates:        index show create update delete add_host remove_host
admin     os_compute_api:os-aggregates:        set_metadata
admin     compute:aggregates:                  images
anybody   os_compute_api:os-availability-zone: list
admin     os_compute_api:os-availability-zone: detail
reader    os_compute_api:servers:              index detail show show:flavor-extra-specs
admin     os_compute_api:servers:              index:get_all_tenants detail:get_all_tenants
admin     os_compute_api:servers:              allow_all_filters show:host_status
admin     os_compute_api:servers:              show:host_status:unknown-only
admin     os_compute_api:                      os-extended-server-attributes
member    os_compute_api:servers:              create create:attach_volume create:attach_network
member    os_compute_api:servers:              create:trusted_certs
admin     os_compute_api:servers:create:       forced_host zero_disk_flavor
admin     compute:servers:create:              requested_destination
admin     network:                             attach_external_network
member    os_compute_api:servers:              update delete start stop reboot resize rebuild
member    os_compute_api:servers:              confirm_resize revert_resize create_image
member    os_compute_api:servers:              trigger_crash_dump
nobody    compute:servers:resize:              cross_cell
admin     os_compute_api:                      os-evacuate
admin     os_compute_api:os-admin-actions:     reset_state inject_network_info
manager   os_compute_api:os-migrate-server:    migrate migrate_live
admin     os_compute_api:os-migrate-server:    migrate:host migrate_live:host
member    os_compute_api:os-pause-server:      pause unpause
member    os_compute_api:os-suspend-server:    suspend resume
member    os_compute_api:os-lock-server:       lock unlock
admin     os_compute_api:os-lock-server:       unlock:unlock_override
reader    os_compute_api:os-instance-actions:  list show
admin     os_compute_api:os-instance-actions:  events events:details
manager   os_compute_api:os-migrations:        index
admin     os_compute_api:os-migrations:index:  all_projects host
manager   os_compute_api:servers:migrations:   index force_complete delete
admin     os_compute_api:servers:migrations:   show index:host
reader    os_compute_api:os-server-groups:     index show
member    os_compute_api:os-server-groups:     create delete
admin     os_compute_api:os-server-groups:     index:all_projects
admin     os_compute_api:os-flavor-manage:     create update delete
admin     os_compute_api:os-flavor-extra-specs: create update delete
reader    os_compute_api:os-flavor-extra-specs: index show
user      os_compute_api:os-keypairs:          index show create delete
anybody   os_compute_api:                      limits
admin     os_compute_api:limits:               other_project
service   os_compute_api:os-server-external-events: create
reader    os_compute_api:server-metadata:      index show
member    os_compute_api:server-metadata:      create update update_all delete
admin     os_compute_api:                      os-flavor-access
admin     os_compute_api:os-flavor-access:     add_tenant_access remove_tenant_access
reader    os_compute_api:ips:                  index show
anybody   os_compute_api:                      extensions
reader    os_compute_api:os-quota-sets:        show detail
anybody   os_compute_api:os-quota-sets:        defaults
admin     os_compute_api:os-quota-sets:        update delete
admin     os_compute_api:os-quota-class-sets:  show update
admin     os_compute_api:os-simple-tenant-usage: list
reader    os_compute_api:os-simple-tenant-usage: show
reader    get_                                 images image
member    add_                                 image
member    modify_                              image
member    delete_                              image
member    upload_                              image
member    download_                            image
member    communitize_                         image
admin     publicize_                           image
member    de                                   activate
member    re                                   activate
reader    telemetry:                           get_alarm get_alarms query_alarm get_alarm_state
reader    telemetry:                           alarm_history query_alarm_history get_quotas
reader    telemetry:                           get_metrics
member    telemetry:                           create_alarm change_alarm delete_alarm
member    telemetry:                           change_alarm_state
admin     telemetry:                           get_alarms:all_projects update_quotas delete_quotas
admin     telemetry:                           get_metrics:all_projects
admin     hostdown:hosts:                      list show enroll fence_test fence_status capacity
admin     hostdown:hosts:                      reserve failure_domain
admin     hostdown:events:                     create
admin     hostdown:deliveries:                 list replay
admin     hostdown:metrics:                    show
admin     hostdown:recoveries:                 list show plan hold release confirm_off disarm arm
"""
"""Who, what the names begin with, how they go on. The last lines are Nova's for lists that the
contract leaves out, Glance's, Aodh's, and hostdown's own."""

OLDER_NAMES = {
    "os_compute_api:os-services": ("os_compute_api:os-services:", "list update delete"),
    "os_compute_api:os-hosts": (
        "os_compute_api:os-hosts:", "list show update reboot shutdown start",
    ),
    "os_compute_api:os-hypervisors": (
        "os_compute_api:os-hypervisors:",
        "list list-detail statistics show uptime search servers",
    ),
    "os_compute_api:os-flavor-extra-specs:index": (
        "os_compute_api:servers:", "show:flavor-extra-specs",
    ),
    "os_compute_api:os-instance-actions": ("os_compute_api:os-instance-actions:", "list show"),
}  # fmt: skip
"""What rules were called before, and the rules that stand in place of each."""


def _rows() -> Iterator[tuple[str, str]]:
    for line in _TABLE.strip().splitlines():
        who, prefix, *names = line.split()
        for name in names:
            yield prefix + name, who


WHO_MAY = dict(_rows())


class Target(NamedTuple):
    """Whose thing it is that is asked about."""

    project_id: str
    user_id: str


OWN = Target(MINE, MYSELF)


def may(rule: str, caller: Caller, target: Target = OWN) -> bool:
    """Whether appendix B lets the caller do this to what belongs to `target`."""
    of_a_domain = caller.project_id is None and bool(caller.roles)
    if caller.system_scope or of_a_domain:
        return False
    is_admin = "admin" in caller.roles
    match WHO_MAY[rule]:
        case "anybody":
            return True
        case "nobody":
            return False
        case "admin":
            return is_admin
        case "user":
            return is_admin or caller.user_id == target.user_id
        case "service":
            return is_admin or "service" in caller.roles
        case role:
            return is_admin or (role in caller.roles and caller.project_id == target.project_id)
