"""Of ids that follow from what they stand for."""

from uuid import NAMESPACE_DNS, NAMESPACE_URL, UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain.derived_ids import derived_id


@given(st.text(), st.uuids())
def test_it_is_what_the_library_makes(name: str, space: UUID) -> None:
    assert derived_id(name, space) == str(uuid5(space, name))


def test_of_the_example_of_the_standard() -> None:
    """RFC 9562, A.4."""
    assert derived_id("www.example.com", NAMESPACE_DNS) == "2ed6657d-e927-568b-95e1-2665a8aea6a2"


def test_the_space_is_that_of_urls_unless_said() -> None:
    assert derived_id("hostdown") == str(uuid5(NAMESPACE_URL, "hostdown"))
