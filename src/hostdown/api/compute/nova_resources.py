"""First path segments that Nova serves, now or at some microversion.

A request for one of them that this program does not serve is 404 `itemNotFound`: the client reached
a Compute API, and that API does not have this. Everything else is the HTML 404.
"""

NOVA_RESOURCES = frozenset(
    {
        "extensions",
        "flavors",
        "images",
        "limits",
        "os-agents",
        "os-aggregates",
        "os-assisted-volume-snapshots",
        "os-availability-zone",
        "os-baremetal-nodes",
        "os-cells",
        "os-certificates",
        "os-cloudpipe",
        "os-console-auth-tokens",
        "os-fixed-ips",
        "os-floating-ip-dns",
        "os-floating-ip-pools",
        "os-floating-ips",
        "os-floating-ips-bulk",
        "os-fping",
        "os-hosts",
        "os-hypervisors",
        "os-instance_usage_audit_log",
        "os-keypairs",
        "os-migrations",
        "os-networks",
        "os-quota-class-sets",
        "os-quota-sets",
        "os-security-group-default-rules",
        "os-security-group-rules",
        "os-security-groups",
        "os-server-external-events",
        "os-server-groups",
        "os-services",
        "os-simple-tenant-usage",
        "os-snapshots",
        "os-tenant-networks",
        "os-volume-types",
        "os-volumes",
        "os-volumes_boot",
        "servers",
    }
)

NOVA_BELOW = {
    "servers": frozenset(
        {
            "consoles",
            "diagnostics",
            "ips",
            "os-interface",
            "os-security-groups",
            "os-server-password",
            "os-virtual-interfaces",
            "os-volume_attachments",
            "remote-consoles",
            "shares",
            "tags",
            "topology",
        }
    ),
}
"""What Nova serves below one thing of a resource that this program serves too: third segments."""
