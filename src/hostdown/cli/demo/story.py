"""What happens in the demo, in order; every expectation is checked."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from hostdown.cli.demo.narrator import Narrator
from hostdown.cli.demo.places import Hosts
from hostdown.cli.demo.servers import Servers

HOSTS = ("compute1", "compute2", "compute3")
DYING = "compute3"
RECOVERY_TIMEOUT_S = 60
"""What the demo waits for a dead host's servers elsewhere."""
RETURN_TIMEOUT_S = 120
"""What it waits for the host, which has a minute to wait itself."""
CLIENT_TIMEOUT_S = 60
"""What the demo waits for a stock client."""

DOCUMENTED_CALL = (
    "curl -g -i -X PUT http://{service_host_ip}:8774/v2.1/{tenant_id}/os-services"
    '/force-down -H "Content-Type: application/json" -H "Accept: application/json'
    '" -H "X-OpenStack-Nova-API-Version: 2.11" -H "X-Auth-Token: {token}" -d '
    '\'{"binary": "nova-compute", "host": "compute1", "forced_down": FLAG}\''
)
"""The call of the documents that asked for this API (OPNFV Doctor, "OpenStack NOVA API for marking
host down"), byte for byte; FLAG is `true` or `false`, the braces are its placeholders."""


def documented_call(forced_down: bool) -> str:
    """One of the two documented calls, its placeholders still in it."""
    return DOCUMENTED_CALL.replace("FLAG", json.dumps(forced_down))


def documented_answer(forced_down: bool) -> dict[str, object]:
    """The body that the documents show."""
    return {"service": {"host": "compute1", "binary": "nova-compute", "forced_down": forced_down}}


class Story:
    """The steps; `openstack` is the stock client's program."""

    def __init__(self, stage: Hosts, narrator: Narrator, openstack: Path) -> None:
        self._stage = stage
        self._tell = narrator
        self._openstack = openstack
        self._servers = Servers(stage, narrator, self._client, self._own)

    def run(self) -> None:
        """All of it; raises CliError when it cannot go on."""
        self._the_server_starts()
        self._hosts_report()
        self._the_documented_calls()
        self._the_openstack_client()
        self._servers.boot(HOSTS)
        if self._stage.recovers:
            self._a_host_dies_unwatched()
        else:
            self._a_host_falls_silent()

    def _the_server_starts(self) -> None:
        timing = self._stage.timing
        self._tell.step(self._stage.begins)
        begun = self._stage.clock.monotonic()
        self._stage.start_server()
        took = self._stage.clock.monotonic() - begun
        self._tell.expect(f"it answers on {self._stage.url} after {took:.1f} s", held=True)
        self._tell.say(
            f"To keep this short, hosts report every {timing.report_interval_s:g} s and count as "
            f"down after {timing.service_down_time_s:g} s of silence; the defaults are 10 and 60."
        )

    def _hosts_report(self) -> None:
        self._tell.step(self._stage.hosts_begin)
        for host in HOSTS:
            self._stage.start_host(host)
        self._wait_for(HOSTS, "up", 20)
        self._tell.expect("all three enrolled themselves, reported, and are up", held=True)
        listed = self._list()
        self._tell.expect(
            "the stock OpenStack client lists three nova-compute, enabled and up",
            [(s["Status"], s["State"]) for s in listed if s["Binary"] == "nova-compute"]
            == [("enabled", "up")] * 3,
        )

    def _the_documented_calls(self) -> None:
        self._tell.step(
            "A monitor has seen compute1 fail, and says so with the call that the documents give."
        )
        self._tell.say(
            "First the host must be fenced: powered off, or cut from its storage. If it still ran, "
            "servers started elsewhere would run twice and destroy their disks. Here nothing runs "
            "on it, and so that you see the flag win, its agent goes on reporting."
        )
        self._documented(forced_down=True)
        begun = self._stage.clock.monotonic()
        state = self._stage.state("compute1")
        ms = (self._stage.clock.monotonic() - begun) * 1000
        self._tell.expect(
            f"the next look, which took {ms:.0f} ms, sees it down: no wait for silence",
            state == "down",
        )
        seen = self._last_report("compute1")
        self._stage.until(
            "compute1 reports again", lambda: self._last_report("compute1") != seen, 10
        )
        self._tell.expect(
            "its agent has reported since, and it is still down",
            self._stage.state("compute1") == "down",
        )
        self._tell.step("The host was repaired: the documents' second call takes the word back.")
        self._documented(forced_down=False)
        self._tell.expect(
            "it is up at once, because it reports", self._stage.state("compute1") == "up"
        )

    def _the_openstack_client(self) -> None:
        self._tell.step("The same with the stock OpenStack client, for compute2.")
        self._client("compute", "service", "set", "--down", "compute2", "nova-compute")
        self._tell.expect("compute2 is down", self._stage.state("compute2") == "down")
        self._client("compute", "service", "set", "--up", "compute2", "nova-compute")
        self._tell.expect("compute2 is up again", self._stage.state("compute2") == "up")
        self._tell.step("And with the words of the manual, typed to hostdown itself.")
        self._own("service-force-down", "compute2", "nova-compute")
        self._tell.expect("compute2 is down", self._stage.state("compute2") == "down")
        self._own("service-force-down", "--unset", "compute2", "nova-compute")
        self._tell.expect("compute2 is up again", self._stage.state("compute2") == "up")

    def _a_host_falls_silent(self) -> None:
        limit = self._stage.timing.service_down_time_s
        interval = self._stage.timing.report_interval_s
        self._tell.step(f"Nobody says anything about compute3: {self._stage.dies}.")
        self._stage.stop("compute3", signal.SIGKILL)
        took = self._wait_for(("compute3",), "down", limit + 10)
        self._tell.expect(
            f"silence made it down after {took:.1f} s (service_down_time is {limit:g} s)",
            limit - interval - 0.5 <= took <= limit + 1,
        )
        listed = self._list()
        self._tell.expect(
            "the list shows compute3 down, the others up",
            {s["Host"]: s["State"] for s in listed if s["Binary"] == "nova-compute"}
            == {"compute1": "up", "compute2": "up", "compute3": "down"},
        )
        self._servers.without_host("compute3")
        moved = self._servers.elsewhere("compute3")
        self._tell.step(f"compute3 was repaired: {self._stage.returns}.")
        self._tell.say("It is let up only once it has cleaned up what was moved away from it.")
        self._stage.start_host("compute3")
        self._own("host", "release", "compute3")
        took = self._wait_for(("compute3",), "up", 20)
        self._tell.expect(f"it is up {took:.1f} s after that, as the same host", held=True)
        self._servers.with_host_again("compute3", moved)

    def _a_host_dies_unwatched(self) -> None:
        name, before = self._servers.last_seen(DYING)
        self._tell.step(f"{DYING} dies: {self._stage.dies}. From here on nobody types anything.")
        self._stage.stop(DYING, signal.SIGKILL)
        took = self._wait_for_stage("done", RECOVERY_TIMEOUT_S)
        self._tell.expect(
            f"{took:.1f} s later it is noticed, fenced by its BMC over Redfish and forced down; "
            "what ran there runs elsewhere",
            held=True,
        )
        self._servers.arrived(name, DYING, before)
        self._tell.step("What was decided, and on which evidence:")
        self._own("recovery", "show", str(self._recovery()["id"]), "-c", "Host", "-c", "Timeline")
        self._tell.step(f"{DYING} was repaired: {self._stage.returns}. Nobody types anything.")
        self._tell.say(
            "It starts nothing of what was moved away, and cleans up. It is let up when no "
            "power-off can be on its way any more: a minute after one was sent."
        )
        self._stage.start_host(DYING)
        took = self._wait_for_stage("returned", RETURN_TIMEOUT_S)
        self._wait_for((DYING,), "up", 20)
        self._tell.expect(f"it is up {took:.1f} s after that, as the same host", held=True)
        self._servers.with_host_again(DYING, name)

    # --------------------------------------------------------------------------------- helpers

    def _recovery(self) -> dict[str, Any]:
        """The newest; {} before there is one."""
        found = self._stage.get("/agent/v1/recoveries")["recoveries"]
        return dict(found[0]) if found else {}

    def _wait_for_stage(self, stage: str, timeout_s: float) -> float:
        def there() -> bool:
            return self._recovery().get("stage") == stage

        return self._stage.until(f"the recovery is {stage}", there, timeout_s)

    def _wait_for(self, hosts: tuple[str, ...], state: str, timeout_s: float) -> float:
        def there() -> bool:
            services = self._stage.services()
            return all(h in services and services[h]["state"] == state for h in hosts)

        return self._stage.until(f"{', '.join(hosts)} is {state}", there, timeout_s)

    def _last_report(self, host: str) -> str | None:
        found = self._stage.get(f"/agent/v1/hosts/{host}")["host"]
        return str(found["last_seen_up"])

    def _documented(self, *, forced_down: bool) -> None:
        call = (
            documented_call(forced_down)
            .replace("{service_host_ip}", self._stage.address)
            .replace("{tenant_id}", self._stage.project_id)
        )
        self._tell.command(call)
        begun = self._stage.clock.monotonic()
        printed = self._run(["sh", "-c", call.replace("{token}", self._stage.token)])
        ms = (self._stage.clock.monotonic() - begun) * 1000
        self._tell.output(printed)
        head, _, body = printed.replace("\r\n", "\n").partition("\n\n")
        self._tell.expect(
            f"200 and the documented answer, {ms:.0f} ms after curl was started",
            head.startswith("HTTP/1.1 200") and _parsed(body) == documented_answer(forced_down),
        )

    def _list(self) -> list[dict[str, str]]:
        self._client(*_LIST)
        made = self._run([str(self._openstack), *_CLOUD, *_LIST, "-f", "json"])
        listed: list[dict[str, str]] = json.loads(made)
        return listed

    def _client(self, *words: str) -> None:
        self._tell.command(" ".join(["openstack", *_CLOUD, *words]))
        self._tell.output(self._run([str(self._openstack), *_CLOUD, *words]))

    def _own(self, *words: str) -> None:
        self._tell.command(" ".join(["hostdown", *words]))
        self._tell.output(self._run([sys.executable, "-m", "hostdown", *words]))

    def _run(self, command: list[str]) -> str:
        """What it printed, errors included: curl's own `-s` is not in the documented call."""
        done = subprocess.run(  # noqa: S603 - the commands of this story
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if command[0] == "sh" else subprocess.STDOUT,
            text=True,
            timeout=CLIENT_TIMEOUT_S,
            env=self._stage.environment,
            check=False,
        )
        if done.returncode != 0:
            self._tell.expect(f"exit status 0, not {done.returncode}", held=False)
        return done.stdout


_LIST = ("compute", "service", "list")
_CLOUD = ("--os-cloud", "hostdown")


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
