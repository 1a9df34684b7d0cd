"""The form of Nova's payloads, and parts that several of them have (contract 7.4)."""

from collections.abc import Iterable, Mapping

Facts = Mapping[str, object]

_FLAVOR = (
    "flavorid",
    "name",
    "memory_mb",
    "vcpus",
    "root_gb",
    "ephemeral_gb",
    "swap",
    "rxtx_factor",
    "vcpu_weight",
    "disabled",
    "is_public",
    "extra_specs",
    "projects",
    "description",
)


def nova_object(name: str, version: str, data: Facts) -> dict[str, object]:
    """A payload, or a part of one, with its name and version."""
    return {
        "nova_object.name": name,
        "nova_object.namespace": "nova",
        "nova_object.version": version,
        "nova_object.data": data,
    }


def picked(facts: Facts, names: Iterable[str]) -> dict[str, object]:
    """These and no others; null for what is not known."""
    return {name: facts.get(name) for name in names}


def flavor(facts: Facts) -> dict[str, object]:
    """A FlavorPayload."""
    return nova_object("FlavorPayload", "1.4", picked(facts, _FLAVOR))


def exception(fault: Facts) -> dict[str, object]:
    """An ExceptionPayload of what went wrong with a server: nothing was raised in Nova's sense."""
    message, details = (str(fault.get(name, "")) for name in ("message", "details"))
    data = {
        "module_name": "hostdown",
        "function_name": "",
        "exception": _class(message, details),
        "exception_message": message,
        "traceback": details,
    }
    return nova_object("ExceptionPayload", "1.1", data)


def _class(message: str, details: str) -> str:
    """Nova's where no host was found; else made of the stable code that a host gives."""
    if message.startswith("No valid host was found"):
        return "NoValidHost"
    words = details.split("-")
    return "".join(map(str.capitalize, words)) if all(map(str.isalpha, words)) else "InstanceFault"
