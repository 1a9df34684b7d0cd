"""Every path of the Image API: what answers it."""

from hostdown.api.image import data, images
from hostdown.api.image.calls import Call
from hostdown.api.image.documents import image_schema, images_schema
from hostdown.api.tabled import Reply, Route


def _image_schema(_: Call) -> Reply:
    return Reply(document=image_schema())


def _images_schema(_: Call) -> Reply:
    return Reply(document=images_schema())


def _stores(_: Call) -> Reply:
    """One place, without a choice."""
    return Reply(document={"stores": [{"id": "file", "default": "true"}]})


def _imports(_: Call) -> Reply:
    """None: a client then sends the bytes itself."""
    methods = {"description": "Import methods available.", "type": "array", "value": []}
    return Reply(document={"import-methods": methods})


_IMAGES = "/v2/images"
_IMAGE = "/v2/images/{id}"
_PUBLISHING = ("publicize_image", "communitize_image")

ROUTES: tuple[Route[Call], ...] = (
    Route("GET", _IMAGES, ("get_images",), images.list_images),
    Route("POST", _IMAGES, ("add_image", *_PUBLISHING), images.create),
    Route("GET", _IMAGE, ("get_image",), images.show),
    Route("PATCH", _IMAGE, ("modify_image", *_PUBLISHING), images.change),
    Route("DELETE", _IMAGE, ("delete_image",), images.delete),
    Route("PUT", f"{_IMAGE}/file", ("upload_image",), data.upload),
    Route("GET", f"{_IMAGE}/file", ("download_image",), data.download),
    Route("PUT", f"{_IMAGE}/tags/{{tag}}", ("modify_image",), images.add_tag),
    Route("DELETE", f"{_IMAGE}/tags/{{tag}}", ("modify_image",), images.remove_tag),
    Route("POST", f"{_IMAGE}/actions/deactivate", ("deactivate",), images.deactivate),
    Route("POST", f"{_IMAGE}/actions/reactivate", ("reactivate",), images.reactivate),
    Route("GET", "/v2/schemas/image", (), _image_schema),
    Route("GET", "/v2/schemas/images", (), _images_schema),
    Route("GET", "/v2/info/stores", (), _stores),
    Route("GET", "/v2/info/import", (), _imports),
)
