"""Why a disk cannot be made."""

from hostdown.domain.errors import HostdownError


class ImageMissing(HostdownError):
    """The server does not have it any more."""

    template = "Image {image} is not there any more."
    code = "image-missing"


class ImageBad(HostdownError):
    """What came is not what the assignment describes, or nothing to make a disk from."""

    template = "Image {image} cannot be used: {reason}."
    code = "image-bad"


class ImageAway(HostdownError):
    """The server does not send it at this moment; asking again may help."""

    template = "Image {image} did not arrive: {reason}."
    code = "image-away"


class DiskRefused(HostdownError):
    """A disk that cannot be made, however often one tries."""

    template = "The disk of instance {instance} cannot be made: {reason}."
    code = "disk-refused"
