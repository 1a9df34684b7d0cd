"""Options of `[keystone_authtoken]`, by the names that Nova's have."""

from oslo_config import types

from hostdown.config.option import Option, count, one_of, text

SECTION = "keystone_authtoken"

_DEFAULT_DOMAIN = "the domain whose id is default"

KEYSTONE: tuple[Option, ...] = (
    Option(
        SECTION,
        "auth_url",
        text(),
        None,
        "URL of Keystone, where this server has tokens checked; needed for auth_strategy = "
        "keystone, as are username, password and project_name.",
    ),
    Option(SECTION, "auth_type", one_of("password"), "password", "How this server logs in."),
    Option(
        SECTION,
        "username",
        text(),
        None,
        "The user as which this server asks about tokens. It needs the role service.",
    ),
    Option(SECTION, "password", text(), None, "That user's password.", secret=True),
    Option(
        SECTION,
        "password_file",
        text(),
        None,
        "File holding that password. The environment variable "
        "HOSTDOWN_KEYSTONE_AUTHTOKEN_PASSWORD comes first, then this, then password.",
    ),
    Option(SECTION, "project_name", text(), None, "The project for which it logs in: service."),
    Option(SECTION, "user_domain_name", text(), None, "That user's domain, by name."),
    Option(SECTION, "user_domain_id", text(), None, "The same by id.", _DEFAULT_DOMAIN),
    Option(SECTION, "project_domain_name", text(), None, "That project's domain, by name."),
    Option(SECTION, "project_domain_id", text(), None, "The same by id.", _DEFAULT_DOMAIN),
    Option(
        SECTION,
        "www_authenticate_uri",
        text(),
        None,
        "URL of Keystone for clients: an answer 401 names it.",
        "auth_url",
    ),
    Option(
        SECTION,
        "interface",
        one_of("internal", "public", "admin"),
        "internal",
        "Which of Keystone's endpoints in its catalog is asked about tokens.",
    ),
    Option(SECTION, "region_name", text(), None, "The region of that endpoint.", "any"),
    Option(
        SECTION,
        "cafile",
        text(),
        None,
        "PEM file of the authorities that may have signed Keystone's certificate.",
        "the system's authorities",
    ),
    Option(SECTION, "certfile", text(), None, "PEM file of a client certificate for Keystone."),
    Option(SECTION, "keyfile", text(), None, "PEM file of its key."),
    Option(
        SECTION,
        "insecure",
        types.Boolean(),
        False,
        "Believe whoever answers at auth_url, whatever its certificate says.",
    ),
    Option(
        SECTION,
        "http_connect_timeout",
        count(1, 60),
        5,
        "Seconds that Keystone has to answer; then a request with a token not seen lately is "
        "answered with 503.",
    ),
    Option(
        SECTION,
        "token_cache_time",
        count(-1, 3600),
        300,
        "Seconds for which a worker remembers a good token, so that what is revoked in Keystone is "
        "good here for no longer than that; -1 asks Keystone at every request.",
    ),
    Option(
        SECTION,
        "service_token_roles",
        text(),
        "service",
        "Roles, separated by commas, of which the user of an X-Service-Token must have one.",
    ),
    Option(
        SECTION,
        "service_token_roles_required",
        types.Boolean(),
        True,
        "Refuse an X-Service-Token without such a role. If false it is only not believed about "
        "tokens that have expired.",
    ),
    Option(
        SECTION,
        "service_type",
        text(),
        "compute",
        "The type of this service in access rules of application credentials.",
    ),
)
