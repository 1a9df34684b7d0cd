"""Why a server cannot be made (contract 3.7)."""

from hostdown.domain.errors import HostdownError


class ImageRefMissing(HostdownError):
    """Nothing to boot from."""

    template = "Missing imageRef attribute"
    code = "image-ref-missing"


class RequestedImageNotFound(HostdownError):
    """No such image, or none that the caller may use."""

    template = "Can not find requested image"
    code = "requested-image-not-found"


class FlavorUnknown(HostdownError):
    """No such flavor to make a server of; here it is the request that is wrong."""

    template = "Flavor {flavor_id} could not be found."
    code = "flavor-unknown"


class FlavorDiskTooSmall(HostdownError):
    """The image does not fit."""

    template = (
        "Flavor's disk is too small for requested image. Flavor disk is {flavor_bytes} bytes, "
        "image is {image_bytes} bytes."
    )
    code = "flavor-disk-too-small"


class FlavorWithoutDisk(HostdownError):
    """Its servers take as much disk as their images, which nobody counts (Nova's bug 1739646)."""

    template = "Only volume-backed servers are allowed for flavors with zero disk."
    code = "flavor-without-disk"


class FlavorMemoryTooSmall(HostdownError):
    """The image asks for more."""

    template = "Flavor's memory is too small for requested image."
    code = "flavor-memory-too-small"


class ZoneUnavailable(HostdownError):
    """No such zone, or none with an enabled host."""

    template = "The requested availability zone is not available"
    code = "zone-unavailable"


class RequestedHostNotFound(HostdownError):
    """The host that the server should be on does not exist."""

    template = "Compute host {host} could not be found."
    code = "requested-host-not-found"


class DestinationsMixed(HostdownError):
    """A host named in two ways."""

    template = (
        "One mechanism with host and/or hypervisor_hostname and another mechanism with "
        "zone:host:node are mutually exclusive."
    )
    code = "destinations-mixed"


class NetworkNotFound(HostdownError):
    """There are no networks to choose from, only `none` and `auto`."""

    template = "Network {network} could not be found."
    code = "network-not-found"


class SecurityGroupNotFound(HostdownError):
    """There are no security groups but each project's `default`."""

    template = "Security group {group} not found."
    code = "security-group-not-found"


class KeyNameInvalid(HostdownError):
    """No such key pair."""

    template = "Invalid key_name provided."
    code = "key-name-invalid"


class CountsReversed(HostdownError):
    """At least more than at most."""

    template = "min_count must be <= max_count"
    code = "counts-reversed"


class CountInvalid(HostdownError):
    """Fewer servers than one, or more than one request may make."""

    template = "Invalid input for field/attribute {name}. Value: {value}. It must be 1 to {most}."
    code = "count-invalid"


class DevicesUnsupported(HostdownError):
    """Volumes and more than the one disk of a server."""

    template = "Block Device Mapping is Invalid: only the image itself, on a local disk, can be it."
    code = "devices-unsupported"


class GroupUnknown(HostdownError):
    """No such server group to join."""

    template = "Instance group {group_id} could not be found."
    code = "group-unknown"
