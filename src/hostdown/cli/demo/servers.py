"""The demo's servers: booted with the stock client, and what their owners see of a dead host."""

from collections.abc import Callable, Sequence
from typing import Any

from hostdown.cli.demo.guest import counted, image
from hostdown.cli.demo.narrator import Narrator
from hostdown.cli.demo.places import Hosts

BOOT_TIMEOUT_S = 60
"""What the demo waits for its servers."""
_LIST = (
    "server",
    "list",
    "--long",
    "-c",
    "Name",
    "-c",
    "Status",
    "-c",
    "Host",
    "-c",
    "Host Status",
)
_VERSION = ("--os-compute-api-version", "2.96")

Client = Callable[..., None]


class Servers:
    """One on each host; `client` runs the stock client, `own` ours, and shows what it prints."""

    def __init__(self, stage: Hosts, narrator: Narrator, client: Client, own: Client) -> None:
        self._stage = stage
        self._tell = narrator
        self._client = client
        self._own = own

    def boot(self, hosts: Sequence[str]) -> None:
        """An image, a flavor, and a server on each host."""
        self._tell.step("Servers are booted with the stock client, one on each host.")
        file = self._stage.directory / "counter.raw"
        file.write_bytes(image())
        self._client(
            "image", "create", "--file", str(file), "counter", "-c", "name", "-c", "status"
        )
        self._client(
            "flavor", "create", "--ram", "16", "--disk", "0", "nano", "-c", "name", "-c", "ram"
        )
        number = str(len(hosts))
        words = ("--image", "counter", "--flavor", "nano", "--nic", "none", "-c", "status")
        self._client(*_VERSION, "server", "create", *words, "--min", number, "--max", number, "vm")
        took = self._stage.until("all are ACTIVE", self._active, BOOT_TIMEOUT_S)
        self._tell.expect(f"all are ACTIVE, {took:.1f} s after the client had ended", held=True)
        self._client(*_VERSION, *_LIST)
        self._tell.expect(
            "each host has one, and its owner reads host_status UP",
            sorted((it["host"], it["host_status"]) for it in self._servers().values())
            == [(host, "UP") for host in sorted(hosts)],
        )
        for name, it in self._servers().items():
            self._counts(name, it["id"], 0)

    def without_host(self, host: str) -> None:
        """After its silence has shown."""
        name = self._on(host)
        self._tell.expect(
            f"host_status of {name}, which was there, is UNKNOWN: it is silent, no more is known",
            self._servers()[name]["host_status"] == "UNKNOWN",
        )
        self._tell.step("Whoever knows says it: the host is down. Its servers show it at once.")
        self._client("compute", "service", "set", "--down", host, "nova-compute")
        self._tell.expect(
            f"host_status of {name} is DOWN in the very next answer",
            self._servers()[name]["host_status"] == "DOWN",
        )
        self._client(*_VERSION, *_LIST)

    def elsewhere(self, host: str) -> str:
        """Evacuated from there; the name of the one that was."""
        name, before = self.last_seen(host)
        self._tell.step("One command runs what was there on other hosts, and never twice.")
        self._own("host", "evacuate", "--wait", host)
        self.arrived(name, host, before)
        return name

    def last_seen(self, host: str) -> tuple[str, int]:
        """The name of the one that is there, and what it has counted."""
        name = self._on(host)
        disk = self._stage.disk(self._servers()[name]["id"])
        return name, 0 if disk is None else counted(disk)

    def arrived(self, name: str, host: str, before: int) -> None:
        """It runs elsewhere, and counts on from there."""
        server = self._servers()[name]
        self._tell.expect(
            f"{name} is ACTIVE on {server['host']}",
            server["host"] != host and server["status"] == "ACTIVE",
        )
        self._counts(name, server["id"], before)

    def with_host_again(self, host: str, name: str) -> None:
        """After it came back and was released; `name` was there before."""
        server = self._servers()[name]
        self._tell.expect(
            f"{name} is still on {server['host']}, and nothing of it on {host}",
            server["host"] != host,
        )
        disk = self._stage.disk(server["id"])
        self._counts(name, server["id"], 0 if disk is None else counted(disk))

    def _counts(self, name: str, uuid: str, beyond: int) -> None:
        disk = self._stage.disk(uuid)
        if disk is None:
            return
        self._stage.until(f"{name} counts", lambda: counted(disk) > beyond, BOOT_TIMEOUT_S)
        self._tell.expect(f"{name} counts on its disk: {counted(disk)}, after {beyond}", held=True)

    def _active(self) -> bool:
        return all(it["status"] == "ACTIVE" for it in self._servers().values())

    def _on(self, host: str) -> str:
        return next(name for name, it in self._servers().items() if it["host"] == host)

    def _servers(self) -> dict[str, dict[str, Any]]:
        """By name."""
        found = self._stage.get("/v2.1/servers/detail", "2.96")["servers"]
        return {
            it["name"]: it | {"host": it["OS-EXT-SRV-ATTR:host"]}
            for it in sorted(found, key=lambda each: str(each["name"]))
        }
