"""Runs in the environment of openstacksdk: every operation on a host, at one microversion.

Arguments: the host, and a microversion or "negotiated". Prints one JSON object.
"""

import json
import sys

import openstack

host, version = sys.argv[1:]
pinned = {} if version == "negotiated" else {"compute_default_microversion": version}
compute = openstack.connect(cloud="hostdown", **pinned).compute
by_id = version == "negotiated" or tuple(map(int, version.split("."))) >= (2, 53)


def seen() -> dict[str, object]:
    """The service as the SDK shows it."""
    (service,) = compute.services(host=host, binary="nova-compute")
    shown = service.to_dict()
    return {k: shown[k] for k in ("id", "state", "status", "disabled_reason", "is_forced_down")}


service_id = seen()["id"] if by_id else None
target = (service_id, host, "nova-compute")
steps = {"before": seen()}
compute.disable_service(*target, "new fans")
steps["disabled"] = seen()
compute.enable_service(*target)
steps["enabled"] = seen()
if version != "2.1":
    compute.update_service_forced_down(*target, True)
    steps["down"] = seen()
    compute.update_service_forced_down(*target, False)
    steps["up"] = seen()
steps["count"] = len(list(compute.services()))
print(json.dumps(steps))
