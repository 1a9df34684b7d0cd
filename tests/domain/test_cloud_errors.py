"""What a Controller elsewhere could not do is a sentence, and says whether to try again."""

import pytest

from hostdown.domain.cloud_errors import CloudFailed, CloudNotCleared, CloudSilent, CloudUnlike


@pytest.mark.parametrize("kind", [CloudFailed, CloudSilent, CloudNotCleared, CloudUnlike])
@pytest.mark.parametrize("retry", [True, False])
def test_it_keeps_its_sentence_and_whether_to_try_again(
    kind: type[CloudFailed], retry: bool
) -> None:
    error = kind("It does not answer.", retry)
    assert (str(error), error.retry) == ("It does not answer.", retry)
    assert isinstance(error, CloudFailed)
