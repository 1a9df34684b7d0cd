"""From option values to `Settings`: the rules that look at more than one option."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from hostdown.config.addresses import (
    PULSE_ADDRESSES_MAX,
    are_urls,
    pulse_addresses,
    several,
)
from hostdown.config.certificates import pair_problem
from hostdown.config.keystone import keystone_options
from hostdown.config.keystone_options import SECTION as KEYSTONE
from hostdown.config.loopback import is_loopback
from hostdown.config.notification_reading import NotificationReading
from hostdown.config.quota_options import QUOTA
from hostdown.config.reading import Findings, Values
from hostdown.config.recovery_reading import RecoveryReading
from hostdown.config.settings import (
    AgentOptions,
    ApiOptions,
    DatabaseOptions,
    IdentityOptions,
    ImageOptions,
    KeystoneOptions,
    LabOptions,
    LibvirtOptions,
    PlacementOptions,
    ServerSettings,
    Settings,
)
from hostdown.config.shared_options import POLICY_FILE
from hostdown.config.watchdog_options import watchdog_options
from hostdown.domain.quotas import Quotas


def build(
    values: Values, base: Path, environ: Mapping[str, str]
) -> tuple[Settings, Findings, Findings]:
    """The settings, what is wrong with them, and what to warn of."""
    reader = _Reader(values, base, environ)
    settings = reader.settings()
    return settings, reader.problems, reader.warnings


NO_LIMIT = 2**31
"""More than there are of anything."""


class _Reader(RecoveryReading, NotificationReading):
    def settings(self) -> Settings:
        state_path = Path(self._text("DEFAULT", "state_path")).expanduser()
        directory = self._database("directory", f"sqlite:///{state_path}/hostdown.sqlite")
        cell = self._database("cell", directory.url)
        api = self._api()
        interval, down_time = self._intervals()
        server = self._server(api, directory, cell)
        return Settings(
            host=self._text("DEFAULT", "host"),
            state_path=state_path,
            debug=self._flag("DEFAULT", "debug"),
            report_interval=interval,
            service_down_time=down_time,
            default_availability_zone=self._text("DEFAULT", "default_availability_zone"),
            internal_service_availability_zone=self._text(
                "DEFAULT", "internal_service_availability_zone"
            ),
            enable_new_services=self._flag("DEFAULT", "enable_new_services"),
            placement=self._placement(),
            detect_preset=self._text("detect", "preset"),
            kdump_port=self._count_or_none("detect", "kdump_port"),
            alertmanager=self._alertmanager(),
            evacuate=self._evacuate(),
            live_per_source=self._count("DEFAULT", "max_concurrent_live_migrations") or NO_LIMIT,
            fencing=self._fencing(),
            notifications=self._notifications(),
            alarms=self._alarms(),
            metrics=self._metrics(),
            kept_for=self._days("retention", "days"),
            recovery=self._recovery(),
            cloud=self._cloud(),
            api=api,
            server=server,
            agent=self._agent(server, state_path),
            lab=self._lab(state_path),
            libvirt=self._libvirt(),
            identity=IdentityOptions(
                self._text("identity", "region"), self._seconds("identity", "token_lifetime")
            ),
            image=self._image(state_path),
            directory=directory,
            cell_name=self._text("cell", "name"),
            cell=cell,
            quotas=Quotas(*(self._count(each.section, each.name) for each in QUOTA)),
            keystone=self._keystone() if api.auth_strategy == "keystone" else None,
        )

    def _libvirt(self) -> LibvirtOptions:
        return LibvirtOptions(
            self._text("libvirt", "uri"),
            self._optional("libvirt", "bridge"),
            self._text("libvirt", "virt_type"),
            self._text("libvirt", "images_type") == "qcow2",
            self._text("libvirt", "live_migration_uri"),
            self._flag("libvirt", "live_migration_with_native_tls"),
            self._count("libvirt", "live_migration_bandwidth"),
            self._number("libvirt", "live_migration_completion_timeout"),
        )

    def _lab(self, state_path: Path) -> LabOptions:
        given = self._optional("lab", "state_dir") or state_path / "lab"
        return LabOptions(Path(given).expanduser(), self._optional("lab", "subnet"))

    def _placement(self) -> PlacementOptions:
        return PlacementOptions(
            self._number("DEFAULT", "cpu_allocation_ratio"),
            self._number("DEFAULT", "ram_allocation_ratio"),
            self._number("DEFAULT", "disk_allocation_ratio"),
            self._flag("DEFAULT", "resume_guests_state_on_host_boot"),
        )

    def _intervals(self) -> tuple[timedelta, timedelta]:
        """Contract 2.4: a down time that cannot work is replaced, with a warning."""
        interval = self._number("DEFAULT", "report_interval")
        down_time = self._number("DEFAULT", "service_down_time")
        if down_time <= interval:
            replaced = max(float(int(interval * 2.5)), interval * 2.5 if interval < 1 else 0.0)
            what = (
                f"{down_time:g} is not longer than report_interval ({interval:g}), so a service "
                f"would be down between two reports; {replaced:g} is used instead."
            )
            self.warnings.append(("[DEFAULT] service_down_time", what))
            down_time = replaced
        return timedelta(seconds=interval), timedelta(seconds=down_time)

    def _api(self) -> ApiOptions:
        prefix = self._optional("api", "compute_link_prefix")
        if prefix is not None and urlsplit(prefix).scheme not in ("http", "https"):
            what = "must be an http:// or https:// URL."
            self.problems.append(("[api] compute_link_prefix", what))
        given = self._text("oslo_policy", "policy_file")
        policy_file = self._base / given
        if given != POLICY_FILE and not policy_file.exists():
            what = f"{policy_file} does not exist; the default rules apply until it does."
            self.warnings.append(("[oslo_policy] policy_file", what))
        return ApiOptions(
            auth_strategy=self._text("api", "auth_strategy"),
            compute_link_prefix=prefix,
            max_limit=self._count("api", "max_limit"),
            skip_down_cells=self._flag("api", "list_records_by_skipping_down_cells"),
            host_status_precedence=self._text("compute", "host_status_precedence"),
            policy_file=policy_file,
            policy_dir=self._base / self._text("oslo_policy", "policy_dirs"),
            max_request_body_bytes=self._count("oslo_middleware", "max_request_body_size"),
            enable_proxy_headers_parsing=self._flag(
                "oslo_middleware", "enable_proxy_headers_parsing"
            ),
        )

    def _server(
        self, api: ApiOptions, directory: DatabaseOptions, cell: DatabaseOptions
    ) -> ServerSettings:
        section = "server"
        on_sqlite = directory.url.startswith("sqlite") or cell.url.startswith("sqlite")
        most = 1 if on_sqlite else min(len(os.sched_getaffinity(0)), 2)
        wanted = self._values[section, "workers"]
        server = ServerSettings(
            bind_host=self._text(section, "bind_host"),
            bind_port=self._count(section, "bind_port"),
            workers=wanted if isinstance(wanted, int) else most,
            threads=self._count(section, "threads"),
            connections=self._count(section, "connections"),
            backlog=self._count(section, "backlog"),
            keepalive_timeout=self._seconds(section, "keepalive_timeout"),
            request_timeout=self._seconds(section, "request_timeout"),
            worker_timeout=self._seconds(section, "worker_timeout"),
            drain_timeout=self._seconds(section, "drain_timeout"),
            start_timeout=self._seconds(section, "start_timeout"),
            insecure=self._flag(section, "insecure"),
            pulses=self._flag(section, "pulses"),
            pulse_port=self._count_or_none(section, "pulse_port"),
            pulse_addresses=self._pulse_addresses(),
            pulse_interval=self._seconds(section, "pulse_interval"),
            tls_cert=self._file(section, "tls_cert"),
            tls_key=self._file(section, "tls_key"),
        )
        self._check_exposure(server, api)
        return server

    def _agent(self, server: ServerSettings, state_path: Path) -> AgentOptions:
        host = f"[{server.bind_host}]" if ":" in server.bind_host else server.bind_host
        own = f"{server.scheme}://{host}:{server.bind_port}"
        urls = several(self._optional("agent", "server_url") or own)
        if not are_urls(urls):
            what = "must be http:// or https:// URLs, with commas between them."
            self.problems.append(("[agent] server_url", what))
        secret = self._file("agent", "enrolment_secret_file")
        instances = self._optional("agent", "instances_path")
        again_s = self._number("DEFAULT", "sync_power_state_interval")
        return AgentOptions(
            server_urls=urls,
            ca_file=self._file("agent", "ca_file"),
            enrolment_secret_file=secret or state_path / "enrolment-secret",
            secret_given=secret is not None,
            hypervisor=self._text("agent", "hypervisor"),
            instances_path=self._base / instances if instances else state_path / "instances",
            tell_all_every=timedelta(seconds=again_s) if again_s > 0 else None,
            watchdog=watchdog_options(self._values),
        )

    def _image(self, state_path: Path) -> ImageOptions:
        path = self._optional("image", "path")
        api = self._optional("image", "api")
        if api is not None and urlsplit(api).scheme not in ("http", "https"):
            self.problems.append(("[image] api", "must be an http:// or https:// URL."))
        return ImageOptions(
            path=state_path / "images" if path is None else self._base / path,
            bytes_max=self._count("image", "max_bytes"),
            virtual_bytes_max=self._count("image", "max_virtual_bytes"),
            api=None if api is None else api.rstrip("/"),
            ca_file=self._file("image", "ca_file"),
        )

    def _pulse_addresses(self) -> tuple[str, ...]:
        given, bound = (
            self._optional("server", "pulse_addresses"),
            self._text("server", "bind_host"),
        )
        found = pulse_addresses(given, bound)
        if len(found) > PULSE_ADDRESSES_MAX:
            what = f"names {len(found)} addresses; a server has at most {PULSE_ADDRESSES_MAX}."
            self.problems.append(("[server] pulse_addresses", what))
        return found

    def _keystone(self) -> KeystoneOptions:
        values = {
            name: value for (section, name), value in self._values.items() if section == KEYSTONE
        }
        files = {name: self._file(KEYSTONE, name) for name in ("cafile", "certfile", "keyfile")}
        options, problems = keystone_options(values, files, self._password(KEYSTONE))
        self.problems += problems
        return options

    def _check_exposure(self, server: ServerSettings, api: ApiOptions) -> None:
        if (server.tls_cert is None) != (server.tls_key is None):
            missing = "tls_key" if server.tls_key is None else "tls_cert"
            self.problems.append((f"[server] {missing}", "is needed beside the other of the two."))
        elif server.tls_cert is not None and server.tls_key is not None:
            what = pair_problem(server.tls_cert, server.tls_key)
            if what is not None:
                self.problems.append(("[server] tls_cert", what))
        if is_loopback(server.bind_host):
            return
        if api.auth_strategy == "noauth2":
            what = (
                f"noauth2 believes whatever a client says, and {server.bind_host} is not a "
                "loopback address; set bind_host = 127.0.0.1 or auth_strategy = embedded."
            )
            self.problems.append(("[api] auth_strategy", what))
        if server.tls_cert is None and not server.insecure:
            what = (
                f"{server.bind_host} is reached by other machines; set [server] tls_cert and "
                "tls_key, or say insecure = true if something else encrypts the traffic."
            )
            self.problems.append(("[server] bind_host", what))

    def _database(self, section: str, default: str) -> DatabaseOptions:
        """Only a URL that was given can be wrong; the sentence never holds its password."""
        given = self._optional(section, "connection")
        password = self._password(section)
        if given is None and password is None:
            return DatabaseOptions(default)
        from hostdown.storage.settings import database_url  # slow to import, and seldom needed

        try:
            url = database_url(given or default)
        except ValueError as error:
            self.problems.append((f"[{section}] connection", f"{error}."))
            return DatabaseOptions(default)
        if password is not None:
            url = url.set(password=password)
        return DatabaseOptions(url.render_as_string(hide_password=False))

    def _password(self, section: str) -> str | None:
        given = self._environ.get(f"HOSTDOWN_{section.upper()}_PASSWORD")
        file = self._file(section, "password_file")
        if given is not None or file is None:
            return given
        try:
            return file.read_text().rstrip("\n")
        except OSError:
            return None
