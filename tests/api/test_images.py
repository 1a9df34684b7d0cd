"""The Image API: versions, records, bytes, and how it refuses."""

import hashlib
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.imaging import BYTES_MAX, OTHER, PATCH, STREAM, Images
from tests.api.world import ADMIN, PROJECT, READER, World, open_world

UUID = "0b2f2a6e-5d52-4a3f-9d35-5b7f5a1f6f00"
CONTENT = b"0123456789" * 1000


@pytest.fixture
def api(world: World) -> Images:
    return Images(world)


@pytest.fixture(scope="module")
def still() -> Iterator[Images]:
    """For tests that change nothing."""
    with open_world() as world:
        yield Images(world)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/image", 300), ("/image/", 300), ("/image/v2/", 300), ("/image/versions", 200)],
)
def test_versions_need_no_token(still: Images, path: str, status: int) -> None:
    answer = still.client.simulate_get(path)
    assert answer.status_code == status
    newest, _ = answer.json["versions"]
    assert (newest["id"], newest["status"]) == ("v2.17", "CURRENT")
    assert newest["links"] == [{"rel": "self", "href": "http://falconframework.org/image/v2/"}]


def test_without_a_token_it_is_401(still: Images) -> None:
    answer = still.ask("GET", "/images", token=None)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Keystone uri=")


def test_an_image_is_made_filled_read_and_deleted(api: Images) -> None:
    made = api.make(id=UUID, os_distro="debian", min_disk=3, tags=["a", "b", "a"])
    assert made == {
        "id": UUID, "name": "n", "status": "queued", "visibility": "shared", "owner": PROJECT,
        "protected": False, "os_hidden": False, "disk_format": "raw", "container_format": "bare",
        "min_disk": 3, "min_ram": 0, "size": None, "virtual_size": None, "checksum": None,
        "os_hash_algo": None, "os_hash_value": None, "tags": ["a", "b"], "os_distro": "debian",
        "created_at": "2026-11-20T10:00:00Z", "updated_at": "2026-11-20T10:00:00Z",
        "self": f"/v2/images/{UUID}", "file": f"/v2/images/{UUID}/file",
        "schema": "/v2/schemas/image",
    }  # fmt: skip
    assert api.ask("GET", f"/images/{UUID}/file").status_code == 204
    assert api.upload(made, CONTENT).status_code == 204
    shown = api.shown(made)
    assert (shown["status"], shown["size"], shown["virtual_size"]) == ("active", 10000, 10000)
    assert (shown["os_hash_algo"], shown["os_hash_value"]) == (
        "sha512",
        hashlib.sha512(CONTENT).hexdigest(),
    )
    answer = api.ask("GET", f"/images/{UUID}/file")
    assert (answer.content, answer.headers["content-length"]) == (CONTENT, "10000")
    assert answer.headers["content-md5"] == shown["checksum"]
    assert answer.headers["content-type"] == STREAM
    assert api.ask("DELETE", f"/images/{UUID}").status_code == 204
    for method, path in (("GET", ""), ("GET", "/file"), ("DELETE", "")):
        answer = api.ask(method, f"/images/{UUID}{path}")
        assert (answer.status_code, f"No image found with ID {UUID}" in answer.text) == (404, True)


def test_a_patch_adds_replaces_and_removes(api: Images) -> None:
    made = api.make(old="x")
    answer = api.patch(
        made,
        {"op": "replace", "path": "/name", "value": "new"},
        {"op": "add", "path": "/tags", "value": ["t"]},
        {"op": "add", "path": "/a~1b~0c", "value": "1"},
        {"op": "add", "path": "/old", "value": "y"},
        {"op": "replace", "path": "/old", "value": "z"},
        {"op": "remove", "path": "/a~1b~0c"},
        {"op": "replace", "path": "/protected", "value": True},
    )
    assert answer.status_code == 200
    shown = answer.json
    assert (shown["name"], shown["tags"], shown["old"]) == ("new", ["t"], "z")
    assert "a/b~c" not in shown
    assert shown["updated_at"] > shown["created_at"]
    answer = api.ask("DELETE", f"/images/{made['id']}")
    assert answer.status_code == 403
    assert f"Image {made['id']} is protected and cannot be deleted." in answer.text
    older = [{"replace": "/protected", "value": False}]
    kind = PATCH.replace("2.1", "2.0")
    assert api.ask("PATCH", f"/images/{made['id']}", older, kind=kind).json["protected"] is False


def test_tags_come_and_go_one_by_one(api: Images) -> None:
    made = api.make()
    for tag in ("x", "y%20z", "x"):
        assert api.ask("PUT", f"/images/{made['id']}/tags/{tag}").status_code == 204
    assert api.shown(made)["tags"] == ["x", "y z"]
    statuses = [api.ask("DELETE", f"/images/{made['id']}/tags/x").status_code for _ in range(2)]
    assert (statuses, api.shown(made)["tags"]) == ([204, 409], ["y z"])


def test_who_sees_what(api: Images) -> None:
    for visibility in ("private", "shared", "community"):
        api.make(name=visibility, visibility=visibility)
    public = api.make(ADMIN, name="public", visibility="public")
    assert api.names() == ["public", "community", "shared", "private"]
    assert api.names(token=OTHER) == ["public"]
    assert api.names("?visibility=community", OTHER) == ["community"]
    assert api.names("?visibility=all", OTHER) == ["public", "community"]
    assert api.names(f"?owner={PROJECT}&visibility=private") == ["private"]
    assert len(api.names(token=ADMIN)) == 4
    refused = api.ask("DELETE", f"/images/{public['id']}", token=OTHER)
    assert refused.status_code == 403
    assert "You are not authorized to complete delete_image action." in refused.text


def test_a_list_comes_in_pages_in_any_order(api: Images) -> None:
    for name in "cab":
        api.make(name=name)
    assert api.names("?sort=name:asc") == ["a", "b", "c"]
    assert api.names("?sort_key=name&sort_dir=desc") == ["c", "b", "a"]
    assert api.names() == ["b", "a", "c"]
    path, seen = "/images?limit=2&sort=name:asc&tag=", []
    path = "/images?limit=2&sort=name:asc"
    while path:
        page = api.ask("GET", path.removeprefix("/v2")).json
        seen.append([image["name"] for image in page["images"]])
        assert page["first"] == "/v2/images?limit=2&sort=name%3Aasc"
        path = page.get("next")
    assert seen == [["a", "b"], ["c"]]
    assert api.names("?limit=0") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=small", "small"),
        ("name=in:small,large", "large small"),
        ('name=in:"a,b",small', "a,b small"),
        ("name=eq:small", "small"),
        ("size_min=101&size_max=9999", "small"),
        ("status=active", "large small"),
        ("status=in:queued,saving", "a,b"),
        ("disk_format=qcow2", "a,b"),
        ("tag=x", "a,b large"),
        ("tag=x&tag=y", "large"),
        ("os_hidden=true", "hidden"),
        ("protected=false", "a,b large small"),
        ("min_ram=7", "small"),
        ("os_distro=debian", "small"),
        ("created_at=lt:2026-11-20T10:00:01Z", "small"),
        ("created_at=gte:2026-11-20T11:00:01%2B01:00&name=large", "large"),
        ("nothing=like-that", ""),
        ("member_status=all&name=small", "small"),
    ],
)
def test_lists_have_filters(filled: Images, query: str, found: str) -> None:
    assert " ".join(filled.names(f"?{query}")) == found


@pytest.fixture(scope="module")
def filled() -> Iterator[Images]:
    with open_world() as world:
        api = Images(world)
        small = api.make(name="small", min_ram=7, os_distro="debian")
        large = api.make(name="large", tags=["x", "y"])
        api.make(name="a,b", disk_format="qcow2", tags=["x"])
        api.make(name="hidden", os_hidden=True, protected=True)
        api.upload(small, CONTENT[:1000])
        api.upload(large, CONTENT)
        yield api


def test_an_operator_takes_an_image_out_of_use(api: Images) -> None:
    made = api.make()
    action = f"/images/{made['id']}/actions"
    refused = api.ask("POST", f"{action}/deactivate")
    assert refused.status_code == 403
    assert "Not allowed to deactivate image in status &#x27;queued&#x27;" in refused.text
    api.upload(made, CONTENT)
    for _ in range(2):
        assert api.ask("POST", f"{action}/deactivate").status_code == 204
    assert api.shown(made)["status"] == "deactivated"
    refused = api.ask("GET", f"/images/{made['id']}/file")
    assert (refused.status_code, "has been deactivated" in refused.text) == (403, True)
    assert api.ask("GET", f"/images/{made['id']}/file", token=ADMIN).content == CONTENT
    assert api.ask("POST", f"{action}/reactivate").status_code == 204
    assert api.ask("GET", f"/images/{made['id']}/file").content == CONTENT


def test_an_upload_is_bounded_and_must_be_as_long_as_was_said(api: Images) -> None:
    made = api.make()
    answer = api.upload(made, bytes(BYTES_MAX + 1))
    assert (answer.status_code, "[image] max_bytes" in answer.text) == (413, True)
    path = f"/images/{made['id']}/file"
    said = api.ask("PUT", path, CONTENT, kind=STREAM, X_OpenStack_Image_Size="9")
    assert (said.status_code, "10000 bytes, not 9" in said.text) == (400, True)
    odd = api.ask("PUT", path, CONTENT, kind=STREAM, X_OpenStack_Image_Size="x")
    assert odd.status_code == 400
    assert api.shown(made)["status"] == "queued"
    answer = api.upload(api.make(disk_format="qcow2"), CONTENT)
    assert (answer.status_code, "it is not qcow2" in answer.text) == (400, True)
    answer = api.upload(api.make(disk_format=None), CONTENT)
    assert "Properties disk_format must be set prior to saving data." in answer.text


def test_a_reader_reads_records_and_not_bytes(api: Images) -> None:
    made = api.make()
    api.upload(made, CONTENT)
    assert api.shown(made, READER)["status"] == "active"
    for method, path in (("GET", "/file"), ("DELETE", "")):
        assert api.ask(method, f"/images/{made['id']}{path}", token=READER).status_code == 403
    assert api.ask("POST", "/images", {}, READER).status_code == 403


@pytest.mark.parametrize(
    ("path", "key"),
    [("/schemas/image", "properties"), ("/schemas/images", "properties"),
     ("/info/stores", "stores"), ("/info/import", "import-methods")],
)  # fmt: skip
def test_what_clients_ask_on_the_way_is_there(still: Images, path: str, key: str) -> None:
    assert key in still.ask("GET", path).json


@given(path=st.text(max_size=20), name=st.text(max_size=10), value=st.text(max_size=20))
def test_no_request_gives_a_5xx(still: Images, path: str, name: str, value: str) -> None:
    below = f"/{quote(path)}" if path else ""
    query = {name: value} if name else {"limit": value}
    answer = still.client.simulate_get(
        f"/image/v2/images{below}", params=query, headers={"X-Auth-Token": ADMIN}
    )
    assert answer.status_code < 500


def test_the_document_has_it(still: Images) -> None:
    paths = still.client.simulate_get("/openapi.json").json["paths"]
    assert {"/image", "/image/v2/images", "/image/v2/images/{id}/file"} <= set(paths)
