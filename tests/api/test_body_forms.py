"""Forms of bodies: names, zones, uuids, metadata; and what /v2 forgives (contract 1.8, 1.9)."""

import pytest

from hostdown.api.compute.types import METADATA_OR_NULL, NAME, UUID, ZONE_NAME, Schema, closed
from hostdown.api.compute.validation import BodyForm
from hostdown.api.errors import Invalid

NAMES = "An invalid 'name' value was provided. The name must be: printable characters"
BLANKS = "Can not start or end with whitespace."


def refusal(schema: Schema, value: object) -> str | None:
    try:
        BodyForm(closed({"x": schema})).check({"x": value})
    except Invalid as error:
        return error.message
    return None


@pytest.mark.parametrize("name", ["a", "a b", "Zürich", "東京", "a\u00a0b", "a:b", "n" * 255])
def test_a_name_is_printable(name: str) -> None:
    assert refusal(NAME, name) is None


@pytest.mark.parametrize(
    "name", [" a", "a ", " ", "a\n", "\ta", "a\0b", "a\u200bb", "\u00a0a", "a\u202eb"]
)
def test_what_is_no_name_is_told_in_one_sentence(name: str) -> None:
    assert refusal(NAME, name) == f"{NAMES}. {BLANKS}"


def test_a_name_has_1_to_255_characters() -> None:
    assert refusal(NAME, "") == (
        "Invalid input for field/attribute x. Value: . '' should be non-empty"
    )
    assert (refusal(NAME, "n" * 256) or "").endswith("is too long")
    assert (refusal(NAME, 5) or "").endswith("5 is not of type 'string'")


def test_a_zone_has_no_colon() -> None:
    assert refusal(ZONE_NAME, "zone 1") is None
    assert refusal(ZONE_NAME, "a:b") == f"{NAMES} except :. {BLANKS}"


@pytest.mark.parametrize("text", ["0" * 32, "0" * 8 + "-0000" * 3 + "-" + "A" * 12])
def test_a_uuid_may_be_written_in_several_ways(text: str) -> None:
    assert refusal(UUID, text) is None


def test_what_is_no_uuid_is_told() -> None:
    assert refusal(UUID, "7") == (
        "Invalid input for field/attribute x. Value: 7. '7' is not a 'uuid'"
    )


def test_metadata_may_have_texts_and_nulls() -> None:
    assert refusal(METADATA_OR_NULL, {"a-b_c:d. 1": "", "b": None, "c": "x" * 255}) is None


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"a/b": "1"}, "'a/b' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'"),
        ({"": "1"}, "'' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'"),
        ({"k" * 256: "1"}, "does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'"),
        ({"a\n": "1"}, "'a\\n' does not match '^[^\\n]*$'"),
        ({"a": 1}, "1 is not of type 'string', 'null'"),
        ({"a": "x" * 256}, "is too long"),
        ({"a": "\0"}, "'\\x00' does not match '^[^\\x00]*$'"),
        ([], "[] is not of type 'object'"),
    ],
)
def test_what_is_no_metadata_is_told(metadata: object, words: str) -> None:
    assert (refusal(METADATA_OR_NULL, metadata) or "").endswith(words)


def test_the_old_root_drops_what_is_unknown_at_every_level() -> None:
    thing = closed({"name": NAME, "zone": {"oneOf": [ZONE_NAME, {"type": "null"}]}})
    form = BodyForm(closed({"thing": thing, "more": {"type": "array", "items": thing}}))
    forgiven = form.forgiven(
        {
            "thing": {"name": " a b ", "zone": "\tz ", "colour": 1},
            "more": [{"name": "c", "x": {}}, 5, {"zone": None}],
            "y": [],
        }
    )
    assert forgiven == {
        "thing": {"name": "a b", "zone": "z"},
        "more": [{"name": "c"}, 5, {"zone": None}],
    }


@pytest.mark.parametrize("body", [None, 5, "x", [], [{"x": 1}]])
def test_the_old_root_forgives_no_wrong_type(body: object) -> None:
    form = BodyForm(closed({"x": NAME}))
    with pytest.raises(Invalid, match="is not of type 'object'"):
        form.check(form.forgiven(body))


def test_the_old_root_drops_no_metadata() -> None:
    form = BodyForm(closed({"metadata": METADATA_OR_NULL}))
    body = {"metadata": {"a/b": "1", "c": " d "}}
    assert form.forgiven(body) == body


def test_the_old_root_keeps_other_texts_as_they_are() -> None:
    form = BodyForm(closed({"reason": {"type": "string"}, "any": {}}))
    body = {"reason": " why ", "any": {"x": [" y "]}}
    assert form.forgiven(body) == body
