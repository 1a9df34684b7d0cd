"""What can be wrong with an image; the texts are Glance's where it has the same thing."""

from hostdown.domain.errors import HostdownError


class ImageUnknown(HostdownError):
    """No such image, or none that the caller may know of."""

    template = "No image found with ID {image_id}"
    code = "image-not-found"


class ImageNotActive(HostdownError):
    """An image without bytes, or one whose use is forbidden (Nova's text)."""

    template = "Image {image_id} is not active."
    code = "image-not-active"


class ImageUnusable(HostdownError):
    """An image of another Glance that hosts could not check or use."""

    template = "Image {image_id} cannot be used: {reason}."
    code = "image-unusable"


class GlanceUnavailable(HostdownError):
    """The Glance of `[image] api` does not answer, or not as one."""

    template = "The image service does not answer as it should: {reason}."
    code = "glance-unavailable"


class ImageIdTaken(HostdownError):
    """An id that the caller chose, and that was given before."""

    template = "Image ID {image_id} already exists!"
    code = "image-id-taken"


class TooManyImages(HostdownError):
    """As many images as there may be."""

    template = "There are {limit} images already; delete some."
    code = "too-many-images"


class StatusTransitionRefused(HostdownError):
    """Bytes for an image that has some, or is being given some."""

    template = "Image status transition from {current} to {wanted} is not allowed"
    code = "image-status-transition"


class DeactivationRefused(HostdownError):
    """Only what is active can be deactivated, and only what was can be made active again."""

    template = "Not allowed to {action} image in status '{status}'"
    code = "image-deactivation-refused"


class FormatsMissing(HostdownError):
    """Bytes for an image of which nobody has said what they are."""

    template = "Properties {names} must be set prior to saving data."
    code = "image-formats-missing"


class FormatFixed(HostdownError):
    """Another format for bytes that are there."""

    template = "Attribute {name} can be only replaced for a queued image."
    code = "image-format-fixed"


class ImageProtected(HostdownError):
    """Whoever protected it must first say that it may go."""

    template = "Image {image_id} is protected and cannot be deleted."
    code = "image-protected"


class ImageDeletedMeanwhile(HostdownError):
    """Its last byte came too late."""

    template = (
        "Image {image_id} could not be found after upload. The image may have been deleted during "
        "the upload, cleaning up the chunks uploaded."
    )
    code = "image-deleted-meanwhile"


class ImageTooLarge(HostdownError):
    """More bytes than `[image] max_bytes`."""

    template = "The incoming image is too large: more than {limit} bytes, [image] max_bytes"
    code = "image-too-large"


class ImageStorageFull(HostdownError):
    """No room for the bytes; none of them was kept."""

    template = "Image storage media is full: there is not enough disk space; nothing was kept"
    code = "image-storage-full"


class ImageStorageFailed(HostdownError):
    """The directory of the images cannot be used."""

    template = "The image storage does not work: {reason}; nothing was kept"
    code = "image-storage-failed"


class ImageLost(HostdownError):
    """Its bytes are not where they were kept."""

    template = "The bytes of image {image_id} are not in its storage any more"
    code = "image-lost"


class UploadBrokenOff(HostdownError):
    """The sender left before the end."""

    template = "The upload broke off after {received} bytes; nothing was kept"
    code = "image-upload-broken-off"


class SizeMismatch(HostdownError):
    """Another number of bytes than the sender said there would be."""

    template = "The image has {received} bytes, not {expected} as was said; nothing was kept"
    code = "image-size-mismatch"


class ImageRefused(HostdownError):
    """Bytes that are not what they were said to be, or would harm a host."""

    template = "The image was refused: {reason}; nothing was kept"
    code = "image-refused"


class PropertyMissing(HostdownError):
    """A change of what is not there."""

    template = "Property {name} does not exist."
    code = "image-property-missing"


class PropertyNotRemovable(HostdownError):
    """Every image has it."""

    template = "Property {name} may not be removed."
    code = "image-property-not-removable"


class TooManyProperties(HostdownError):
    """More properties, or tags, than an image may have."""

    template = (
        "The limit has been exceeded on the number of allowed image {kind}. Attempted: "
        "{attempted}, Maximum: {limit}"
    )
    code = "image-too-many-properties"
