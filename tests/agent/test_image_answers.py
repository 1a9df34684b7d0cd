"""What a host hears of an image that the server cannot send: signed, so that it acts upon it."""

from typing import NoReturn

import falcon.testing
import pytest
from tests.agent.house import House
from tests.agent.test_instances import NONCE, message

from hostdown.domain.errors import HostdownError
from hostdown.domain.image_errors import (
    GlanceUnavailable,
    ImageLost,
    ImageStorageFailed,
    ImageUnknown,
)
from hostdown.domain.signing import answer_mac


class Lost:
    """An image library that cannot give what it should."""

    def __init__(self, error: HostdownError) -> None:
        self._error = error

    def open(self, _image_id: str) -> NoReturn:
        raise self._error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ImageLost(image_id="i"), 404),
        (ImageUnknown(image_id="i"), 404),
        (ImageStorageFailed(reason="Input/output error"), 503),
        (GlanceUnavailable(reason="it is down"), 503),
    ],
)
def test_an_image_that_cannot_be_sent_is_refused_by_a_signed_answer(
    house: House, error: HostdownError, status: int
) -> None:
    host = house.reporting("compute1")
    assert host.store.identity is not None
    _, app = house.worker(images=Lost(error))  # type: ignore[arg-type] # no more is asked of it
    path, _, headers = message(house, host, "images/i", b"", method="GET")
    answer = falcon.testing.TestClient(app).simulate_get(path, headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, error.code)
    mac = answer_mac(host.store.identity.secret, status, NONCE, answer.content)
    assert answer.headers["X-Hostdown-Mac"] == mac
