"""The records of images."""

import orjson
from sqlalchemy import bindparam, func, select

from hostdown.domain.image import Image, ImageStatus, Visibility
from hostdown.domain.image_errors import ImageIdTaken
from hostdown.storage.directory_tables import images
from hostdown.storage.sql import Compiler, parameters
from hostdown.storage.transaction import Row, Transaction, unique
from hostdown.storage.types import moment, storable, written


class ImageSql:
    """The statements of `SqlImageRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown = select(*(images.c[name] for name in Image._fields))
        this = images.c.id == bindparam("id")
        as_seen = (
            images.c.id == bindparam("seen_id"),
            images.c.status == bindparam("seen_status"),
            images.c.updated_at == bindparam("seen_at"),
        )
        self.all = sql.many(shown)
        self.get = sql.text(shown.where(this))
        self.count = sql.text(select(func.count()).select_from(images))
        self.add = sql.text(sql.insert(images, Image._fields))
        self.replace = sql.text(images.update().where(*as_seen).values(parameters(Image._fields)))
        self.remove = sql.text(images.delete().where(this))


class SqlImageRows:
    """`services.image_ports.ImageRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ImageSql) -> None:
        self._tx = tx
        self._sql = sql

    def all(self) -> list[Image]:
        return [_image(row) for row in self._sql.all.read(self._tx, {})]

    def get(self, image_id: str) -> Image | None:
        row = self._tx.row(self._sql.get, {"id": image_id}) if storable(image_id) else None
        return None if row is None else _image(row)

    def count(self) -> int:
        return int(self._tx.value(self._sql.count, {}))

    def add(self, image: Image) -> None:
        with unique(ImageIdTaken(image_id=image.id)):
            self._tx.run(self._sql.add, _facts(image))

    def replace(self, seen: Image, after: Image) -> bool:
        expected = {
            "seen_id": seen.id,
            "seen_status": seen.status.value,
            "seen_at": written(seen.updated_at),
        }
        return self._tx.run(self._sql.replace, {**_facts(after), **expected}) == 1

    def remove(self, image_id: str) -> None:
        self._tx.run(self._sql.remove, {"id": image_id})


def _image(row: Row) -> Image:
    found = Image._make(row)
    return found._replace(
        status=ImageStatus(found.status),
        visibility=Visibility(found.visibility),
        protected=found.protected == 1,
        hidden=found.hidden == 1,
        properties=orjson.loads(str(found.properties)),
        tags=tuple(orjson.loads(str(found.tags))),
        created_at=moment(str(found.created_at)),
        updated_at=moment(str(found.updated_at)),
    )


def _facts(image: Image) -> dict[str, object]:
    return {
        **image._asdict(),
        "status": image.status.value,
        "visibility": image.visibility.value,
        "properties": orjson.dumps(image.properties).decode(),
        "tags": orjson.dumps(image.tags).decode(),
        "created_at": written(image.created_at),
        "updated_at": written(image.updated_at),
    }
