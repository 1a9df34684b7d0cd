"""What was configured, as immutable values; durations are `timedelta`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from hostdown.config.addresses import EVERY
from hostdown.config.notification_settings import NotificationOptions
from hostdown.domain.networks import Network
from hostdown.domain.quotas import Quotas


@dataclass(frozen=True)
class ServerSettings:
    """`[server]`: processes, sockets and their limits.

    `pulse_addresses`: where hosts reach it, one for each network; empty if only they know.
    """

    bind_host: str
    bind_port: int
    workers: int
    threads: int
    connections: int
    backlog: int
    keepalive_timeout: timedelta
    request_timeout: timedelta
    worker_timeout: timedelta
    drain_timeout: timedelta
    start_timeout: timedelta
    insecure: bool
    pulses: bool
    pulse_port: int | None
    pulse_addresses: tuple[str, ...]
    pulse_interval: timedelta
    tls_cert: Path | None
    tls_key: Path | None

    @property
    def scheme(self) -> str:
        """`https` if a certificate is configured."""
        return "https" if self.tls_cert else "http"


@dataclass(frozen=True)
class DatabaseOptions:
    """One database. The URL holds the password, so it is never part of a `repr`."""

    url: str = field(repr=False)

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an SQLite database; None for others and for one in memory."""
        prefix = "sqlite:///"
        rest = self.url.partition("?")[0].removeprefix(prefix)
        return Path(rest) if self.url.startswith(prefix) and rest not in ("", ":memory:") else None


@dataclass(frozen=True)
class ApiOptions:
    """`[api]`, `[compute]`, `[oslo_policy]` and `[oslo_middleware]`."""

    auth_strategy: str
    compute_link_prefix: str | None
    max_limit: int
    skip_down_cells: bool
    host_status_precedence: str
    policy_file: Path
    policy_dir: Path
    max_request_body_bytes: int
    enable_proxy_headers_parsing: bool


@dataclass(frozen=True)
class PlacementOptions:
    """Where servers go, and what becomes of those of a host that was booted."""

    cpu_allocation_ratio: float
    ram_allocation_ratio: float
    disk_allocation_ratio: float
    resume_guests: bool


@dataclass(frozen=True)
class EvacuateOptions:
    """`[evacuate]`: how servers of dead hosts are moved; `silent_source` is word or proof."""

    silent_source: str
    word_covers: str
    local_disks: str
    at_once: int
    per_destination: int


@dataclass(frozen=True)
class FencingOptions:
    """`[fencing]`. `file`: how each host is fenced; None if nothing fences any. `check_interval`:
    how often it is looked whether it would be; None for never."""

    file: Path | None
    check_interval: timedelta | None


@dataclass(frozen=True)
class AlarmOptions:
    """`[alarms]`. Quotas are UNLIMITED for as many as somebody likes."""

    allowed_networks: tuple[Network, ...]
    project_quota: int
    user_quota: int


@dataclass(frozen=True)
class MetricsOptions:
    """`[metrics]`: a port of their own. `bind_port`: None for none, 0 for any."""

    bind_host: str
    bind_port: int | None


@dataclass(frozen=True)
class RecoveryOptions:
    """`[recovery]`: whether dead hosts are recovered, and after which silence they are fenced.

    `events` is evidence or word.
    """

    enabled: bool
    hold_off: timedelta
    ha_default: bool
    events: str


@dataclass(frozen=True)
class AlertmanagerOptions:
    """`[alertmanager]`: the label that names a host, and kinds of events by names of alerts."""

    host_label: str
    alerts: Mapping[str, str]


@dataclass(frozen=True)
class CloudOptions:
    """`[cloud]`: how to reach the Nova whose hosts are recovered."""

    clouds_yaml: Path
    os_cloud: str
    timeout_s: float


@dataclass(frozen=True)
class WatchdogOptions:
    """In `[agent]`: the timer that resets this host, None for none. `timeout_s` is what it is set
    to, `self_fence_after_s` is C.
    """

    device: Path | None
    timeout_s: int
    self_fence_after_s: float
    without_pools: bool


@dataclass(frozen=True)
class AgentOptions:
    """`[agent]`: where agents find their servers, and the secret that both know at enrolment.

    `secret_given` says that the file was configured and must exist; otherwise the server makes it.
    `tell_all_every`: [DEFAULT] sync_power_state_interval, None for never.
    """

    server_urls: tuple[str, ...]
    ca_file: Path | None
    enrolment_secret_file: Path
    secret_given: bool
    hypervisor: str
    instances_path: Path
    tell_all_every: timedelta | None
    watchdog: WatchdogOptions


@dataclass(frozen=True)
class LibvirtOptions:
    """`[libvirt]`: what runs instances; `virt_type` is auto, kvm or qemu.

    `overlays`: disks are layers over their images, not copies. `live_…`: how guests are sent to
    other hosts, `live_uri` with `%s` for the address, `live_s_per_gib` for the longest time.
    """

    uri: str
    bridge: str | None
    virt_type: str
    overlays: bool
    live_uri: str
    live_tls: bool
    live_bandwidth_mib_s: int
    live_s_per_gib: float


@dataclass(frozen=True)
class LabOptions:
    """`[lab]`: virtual hosts on this machine; `subnet` is None if one is to be found."""

    state_dir: Path
    subnet: str | None


@dataclass(frozen=True)
class IdentityOptions:
    """`[identity]`: the embedded identity."""

    region: str
    token_lifetime: timedelta


@dataclass(frozen=True)
class ImageOptions:
    """`[image]`. `api`: the URL of a Glance, without a slash at its end; None for our own store."""

    path: Path
    bytes_max: int
    virtual_bytes_max: int
    api: str | None
    ca_file: Path | None


@dataclass(frozen=True)
class KeystoneOptions:
    """`[keystone_authtoken]`. `middleware`: what the driver takes, by Nova's option names.

    It holds a password, so it is never part of a `repr`.
    """

    www_authenticate_uri: str
    answer_within: timedelta
    remembered_for: timedelta
    middleware: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """Everything that was configured."""

    host: str
    state_path: Path
    debug: bool
    report_interval: timedelta
    service_down_time: timedelta
    default_availability_zone: str
    internal_service_availability_zone: str
    enable_new_services: bool
    placement: PlacementOptions
    evacuate: EvacuateOptions
    live_per_source: int
    """`max_concurrent_live_migrations`."""
    detect_preset: str
    kdump_port: int | None
    alertmanager: AlertmanagerOptions
    fencing: FencingOptions
    notifications: NotificationOptions
    alarms: AlarmOptions
    metrics: MetricsOptions
    kept_for: timedelta | None
    """`[retention] days`; None for ever."""
    recovery: RecoveryOptions
    cloud: CloudOptions | None
    """None where the servers of hosts are our own."""
    api: ApiOptions
    server: ServerSettings
    agent: AgentOptions
    lab: LabOptions
    libvirt: LibvirtOptions
    identity: IdentityOptions
    image: ImageOptions
    directory: DatabaseOptions
    cell_name: str
    cell: DatabaseOptions
    quotas: Quotas
    keystone: KeystoneOptions | None
    """None unless `[api] auth_strategy` is keystone."""

    @property
    def url(self) -> str:
        """Where clients on this machine reach the server; with TLS, by the certificate's name."""
        host = self.server.bind_host
        if host in EVERY:
            host = self.host if self.server.tls_cert else "127.0.0.1"
        shown = f"[{host}]" if ":" in host else host
        return f"{self.server.scheme}://{shown}:{self.server.bind_port}"

    @property
    def identity_url(self) -> str:
        """The embedded identity, where `api.identity` is mounted."""
        return f"{self.url}/identity/v3"

    def listening_on(self, port: int) -> "Settings":
        """The same with the port that was found for `bind_port = 0`."""
        return replace(self, server=replace(self.server, bind_port=port))
