"""An agent with libvirt reports its host as it is, and goes on while libvirt is away."""

from pathlib import Path
from typing import Any

import pytest
from tests.agent.test_processes import TIMES, agent, ask, is_
from tests.guests.libvirtd import Libvirtd
from tests.processes.harness import serving, until


def shown(server: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever serves
    found = ask(server, "GET", "/v2.1/os-hypervisors/detail")["hypervisors"]
    return dict(found[0]) if found else {}


def test_an_agent_shows_qemu_as_it_is(daemon: Libvirtd, tmp_path: Path) -> None:
    with serving(
        tmp_path,
        DEFAULT=TIMES,
        api={"auth_strategy": "noauth2"},
        agent={"hypervisor": "libvirt"},
        libvirt={"uri": daemon.uri, "virt_type": "qemu"},
    ) as server:
        with agent(server, "compute1"):
            until(lambda: shown(server).get("hypervisor_version", 0) >= 7_000_000, 30)
            assert shown(server)["hypervisor_type"] == "QEMU"
            assert shown(server)["cpu_info"]["topology"]["cores"] > 0
        server.set("libvirt", uri="qemu+unix:///system?socket=/nowhere")
        with agent(server, "compute1") as away:
            until(lambda: "does not answer" in away.said)
            until(is_(server, "compute1", "up"))


def service(server: Any) -> tuple[str, str, str | None]:  # noqa: ANN401 - whatever serves
    found = ask(server, "GET", "/v2.1/os-services?binary=nova-compute")["services"]
    return next(((it["state"], it["status"], it["disabled_reason"]) for it in found), ("", "", ""))


@pytest.mark.long
def test_a_libvirt_that_hangs_or_dies_disables_the_service_until_it_is_back(
    daemon: Libvirtd, tmp_path: Path
) -> None:
    lost = "AUTO: Connection to libvirt lost: "
    times = {"report_interval": 0.5, "service_down_time": 5}
    with (
        serving(
            tmp_path,
            DEFAULT=times,
            api={"auth_strategy": "noauth2"},
            agent={"hypervisor": "libvirt"},
            libvirt={"uri": daemon.uri, "virt_type": "qemu"},
        ) as server,
        agent(server, "compute1"),
    ):
        until(lambda: service(server) == ("up", "enabled", None), 30)
        seen: set[str] = set()

        def hung() -> bool:
            state, _, reason = service(server)
            seen.add(state)
            return reason == f"{lost}it hangs"

        with daemon.hanging():
            until(hung, 15)
        assert seen == {"up"}
        until(lambda: service(server) == ("up", "enabled", None), 15)
        with daemon.gone():
            until(lambda: (service(server)[2] or "").startswith(lost), 10)
        until(lambda: service(server) == ("up", "enabled", None), 30)
