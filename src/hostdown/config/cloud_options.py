"""Section [cloud]: whose servers are brought back, ours or a Nova's (docs/decisions/0017)."""

from hostdown.config.option import Option, number, one_of, text

SECTION = "cloud"

CLOUD: tuple[Option, ...] = (
    Option(
        SECTION,
        "driver",
        one_of("own", "openstack"),
        "own",
        "Whose hosts are recovered. own: those whose servers this program's own Compute API has. "
        "openstack: those of a Nova beside it, which is asked to force hosts down and to evacuate "
        "their servers. Every 'hostdown serve' of one cell must say the same.",
    ),
    Option(
        SECTION,
        "clouds_yaml",
        text(),
        "/etc/openstack/clouds.yaml",
        "For openstack: the file that says how to log in there, as OpenStack's clients have it. It "
        "holds a password, so nobody but its owner and group may read it.",
    ),
    Option(
        SECTION,
        "os_cloud",
        text(),
        None,
        "For openstack: the name of the cloud in that file. Its user needs the role admin in its "
        "project.",
    ),
    Option(
        SECTION,
        "timeout",
        number(1, 60),
        10.0,
        "Seconds that one request to that cloud may take.",
    ),
)
