"""What proves the bytes of an image."""

import pytest

from hostdown.domain.assignment import DIGEST, ImageSource


@pytest.mark.parametrize(
    ("digits", "algorithm"), [(64, "sha256"), (128, "sha512"), (63, None), (65, None), (40, None)]
)
def test_the_length_of_a_digest_names_what_it_was_made_by(
    digits: int, algorithm: str | None
) -> None:
    image = ImageSource("i", "a" * digits, 1, "raw")
    assert (image.algorithm if DIGEST.fullmatch(image.digest) else None) == algorithm
