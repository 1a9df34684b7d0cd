"""Servers that are not made for what their image is or their project may have (contract 3.7)."""

from dataclasses import replace

import pytest
from falcon.testing import TestClient
from tests.api.asking import told
from tests.api.servers import ServerWorld
from tests.api.world import open_world

from hostdown.api.app import ApiSettings, create_app
from hostdown.domain.errors import HostdownError
from hostdown.domain.image_errors import (
    GlanceUnavailable,
    ImageNotActive,
    ImageUnknown,
    ImageUnusable,
)
from hostdown.domain.quotas import Quotas


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (GlanceUnavailable(reason="no route"), 503,
         "The image service does not answer as it should: no route."),
        (ImageUnknown(image_id="i"), 400, "Can not find requested image"),
        (ImageNotActive(image_id="i"), 400, "Image i is not active."),
        (ImageUnusable(image_id="i", reason="it is a tape"), 400,
         "Image i cannot be used: it is a tape."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_image_is_told(
    server_world: ServerWorld, error: HostdownError, status: int, message: str
) -> None:
    class Library:
        def usable(self, *_: object) -> object:
            raise error

    server_world.parts = replace(server_world.parts, images=Library())  # type: ignore[arg-type] # all it is asked
    server_world.client = TestClient(create_app(server_world.parts))
    assert told(server_world.create()) == (status, message)


@pytest.mark.parametrize(
    ("quotas", "message"),
    [
        (Quotas(injected_files=1), "Personality file limit exceeded"),
        (Quotas(injected_file_path_bytes=4), "Personality file path exceeds maximum 4"),
        (Quotas(injected_file_content_bytes=2), "Personality file content exceeds maximum 2"),
        (Quotas(metadata_items=1), "Maximum number of metadata items exceeds 1"),
        (Quotas(instances=1), "Quota exceeded for instances: Requested 2, but already used 0 of 1 "
         "instances"),
        (Quotas(), None),
    ],
)  # fmt: skip
def test_quotas_are_told_before_anything_is_made(quotas: Quotas, message: str | None) -> None:
    with open_world(ApiSettings(quotas=quotas), kind=ServerWorld) as world:
        assert isinstance(world, ServerWorld)
        files = [{"path": f"/etc/{n}", "contents": "YWJj"} for n in range(7)]
        answer = world.create("2.1", personality=files, metadata={"a": "1", "b": "2"}, min_count=2)
        made = world.cell.read(lambda rows: rows.instances.used())
        if message is None:
            assert (answer.status_code, made[0].instances) == (202, 2)
        else:
            assert told(answer) == (403, message)
            assert made == []
