"""The files of a virtual host: who it is, its libvirt's configuration, its agent's, its boot's.

libvirt's settings are those with which several of it run on one machine without systemd, each in a
namespace of its own: nothing of the host's daemons is shared but the pool, the locks in it and what
QEMU was found to be able to do.
"""

import json
import os
import secrets
import shutil
import sys
import uuid
from pathlib import Path

from hostdown.agent.watch_fire import FIRE_FILE
from hostdown.lab.boot import Boot, Service
from hostdown.lab.plan import GUESTS_BRIDGE, LIBVIRT_URI, POOL, WATCHDOG, HostPlan, Plan
from hostdown.lab.programs import PATH

AGENT_FINAL = (10, 11, 12)
"""Exit codes after which an agent must not be started again (docs/reference/cli.md)."""

ANSWERS = "libvirt-answers"
"""The service of a boot whose end says that the host is up."""

_LIBVIRT = {
    "libvirtd.conf": """\
listen_tls = 0
listen_tcp = 1
auth_tcp = "none"
host_uuid = "{uuid}"
""",
    "qemu.conf": """\
stdio_handler = "file"
security_driver = "none"
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = []
namespaces = []
lock_manager = "lockd"
migration_host = "{address}"
migration_address = "0.0.0.0"
""",
    "qemu-lockd.conf": """\
auto_disk_leases = 1
file_lockspace_dir = "{locks}"
""",
    "virtlockd.conf": "",
}

_AGENT = """\
[DEFAULT]
host = {name}
state_path = {directory}
report_interval = {interval:g}
[agent]
server_url = {url}
enrolment_secret_file = {secret}
"""

DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "net/tun", "fuse")
"""What a host has in /dev. KVM is not among them unless it is asked for: where it opens and does
not work, or where processors differ, libvirt asks QEMU anew at each start what it can do."""

_BY_HYPERVISOR = {
    "libvirt": (
        f"instances_path = {POOL}\n[libvirt]\nuri = {LIBVIRT_URI}\nbridge = {GUESTS_BRIDGE}\n"
        "live_migration_uri = qemu+tcp://%s/system\nlive_migration_with_native_tls = false\n"
    ),
    "fake": f"instances_path = {POOL}\n",
}
"""What ends an agent's configuration, by the hypervisor that it uses."""


def directory_of(plan: Plan, host: HostPlan) -> Path:
    """Where the files of a host are; they outlive its boots, as a disk does."""
    return plan.directory / "hosts" / host.name


def console_of(plan: Plan, host: HostPlan) -> Path:
    """What its daemons say."""
    return directory_of(plan, host) / "console.log"


def prepare_shared(plan: Plan) -> None:
    """What all hosts have: who is who, nobody else to ask for it, and the pool of instances.

    A name server that hosts cannot reach would cost each look-up of libvirt and QEMU 10 s.
    """
    known = ["127.0.0.1 localhost", f"{plan.gateway} controller"]
    known += [f"{host.address} {host.name}" for host in plan.hosts]
    (plan.directory / "etc-hosts").write_text("\n".join(known) + "\n")
    (plan.directory / "resolv.conf").write_text("# Hosts of a lab reach no name server.\n")
    pool = plan.directory / "pool"
    pool.mkdir(exist_ok=True)
    (plan.directory / "locks").mkdir(exist_ok=True)
    (plan.directory / "cache" / "qemu").mkdir(parents=True, exist_ok=True)
    marker = pool / "hostdown-pool"
    if not marker.exists():
        marker.write_text(json.dumps({"id": str(uuid.uuid4()), "version": 1}) + "\n")


def secret(file: Path) -> str:
    """What the file holds; if there is none, a new secret that only root can read."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(24) + "\n")
    return file.read_text().strip()


def prepare(plan: Plan, host: HostPlan) -> None:
    """Everything of a host that stays the same from boot to boot."""
    directory = directory_of(plan, host)
    for name in ("libvirt", "libvirt-state", "agent"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    facts = {"uuid": host.uuid, "address": host.address, "locks": plan.directory / "locks"}
    for name, text in _LIBVIRT.items():
        (directory / "libvirt" / name).write_text(text.format(**facts))
    (directory / "machine-id").write_text(f"{host.machine_id}\n")
    (directory / "product_uuid").write_text(f"{host.uuid}\n")
    (directory / "product_serial").write_text(f"{host.serial}\n")
    (directory / "hostname").write_text(f"{host.name}\n")
    text = _AGENT.format(
        name=host.name,
        directory=directory,
        interval=plan.report_interval_s,
        url=plan.server_url,
        secret=plan.secret_file,
    )
    ca_file = f"ca_file = {plan.ca_file}\n" if plan.ca_file is not None else ""
    watchdog = f"watchdog = {WATCHDOG}\n" if plan.watchdog else ""
    (directory / "agent.conf").write_text(
        f"{text}{ca_file}{watchdog}hypervisor = {plan.hypervisor}\n"
        f"{_BY_HYPERVISOR.get(plan.hypervisor, '')}"
    )


def prepare_boot(plan: Plan, host: HostPlan, boot_id: str) -> Path:
    """What is new with each boot; returns the directory, which is `init`'s argument."""
    directory = directory_of(plan, host)
    (directory / "boot_id").write_text(f"{boot_id}\n")
    boot = Boot(
        hostname=host.name,
        address=host.address,
        gateway=plan.gateway,
        watchdog=str(WATCHDOG),
        run_directories=("/run/hostdown", "/run/lock", str(POOL)),
        mounts=(
            (str(directory / "libvirt"), "/etc/libvirt"),
            (str(directory / "libvirt-state"), "/var/lib/libvirt"),
            (str(plan.directory / "cache"), "/var/cache/libvirt"),
            (str(plan.directory / "etc-hosts"), "/etc/hosts"),
            (str(plan.directory / "resolv.conf"), "/etc/resolv.conf"),
            (str(directory / "machine-id"), "/etc/machine-id"),
            (str(directory / "hostname"), "/etc/hostname"),
            (str(directory / "boot_id"), "/proc/sys/kernel/random/boot_id"),
            (str(directory / "product_uuid"), "/sys/class/dmi/id/product_uuid"),
            (str(directory / "product_serial"), "/sys/class/dmi/id/product_serial"),
            (str(plan.directory / "pool"), str(POOL)),
        ),
        devices=DEVICES + (("kvm",) if plan.kvm else ()),
        services=_services(plan, host),
        log=str(console_of(plan, host)),
    )
    (directory / "boot.json").write_text(json.dumps(boot._asdict()))
    return directory


def is_measured(plan: Plan, host: HostPlan) -> bool:
    """Whether its watchdog is not to be armed, or is known to reset it."""
    return not plan.watchdog or (directory_of(plan, host) / "agent" / FIRE_FILE).exists()


def _services(plan: Plan, host: HostPlan) -> tuple[Service, ...]:
    """Those of a host; the first boot of one whose watchdog is to be armed only measures that."""
    directory = directory_of(plan, host)
    config = ("--config-file", str(directory / "agent.conf"))
    program = (sys.executable, "-m", "hostdown")
    if not is_measured(plan, host):
        fire = (*program, "watchdog", "fire", "--reset-this-machine", *config)
        return (Service("watchdog-fire", fire, final=(1,)),)
    petter = Service("petter", (*program, "petter", *config))
    return (
        *((petter,) if plan.watchdog else ()),
        Service("virtlockd", (_program("virtlockd"),)),
        # It asks virtlockd in a child that it forked, where GLib's own allocator (before 2.76) may
        # wait for ever for a lock that another thread held: then no domain is listed any more.
        Service(
            "libvirtd",
            (_program("env"), "G_SLICE=always-malloc", _program("libvirtd"), "--listen"),
        ),
        Service("agent", (*program, "agent", *config), final=AGENT_FINAL),
        # It makes libvirt find out, or read in the cache, what QEMU can do: then the host is up.
        Service(ANSWERS, (_program("virsh"), "-q", "-c", LIBVIRT_URI, "version"), once=True),
    )


def _program(name: str) -> str:
    found = shutil.which(name, path=PATH)
    assert found is not None, name  # noqa: S101 - `programs.ready` saw it
    return found
