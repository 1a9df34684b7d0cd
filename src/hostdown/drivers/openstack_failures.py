"""What openstacksdk raises, as domain errors: one sentence, and whether a retry can help."""

from collections.abc import Iterator
from contextlib import contextmanager

from keystoneauth1 import exceptions as auth_errors
from openstack import exceptions as sdk_errors

from hostdown.domain.cloud_errors import CloudFailed, CloudSilent, CloudUnlike

DETAILS_MAX = 300
"""Characters of what the cloud says that are passed on."""
RETRIED = frozenset({408, 409, 413, 425, 429})
"""Refusals that end by themselves; from 500 on a retry can help as well."""
ADVICE = {
    401: "check its user and password",
    403: "its user needs the role admin in its project",
}

_SILENCE = (auth_errors.ConnectionError,)
_UNLIKE = (
    auth_errors.CatalogException, auth_errors.DiscoveryFailure, auth_errors.MissingAuthPlugin,
    sdk_errors.EndpointNotFound, sdk_errors.ServiceDiscoveryException, sdk_errors.NotSupported,
)  # fmt: skip
_UNREADABLE = (
    ArithmeticError, AttributeError, LookupError, TypeError, ValueError,
)  # fmt: skip
"""What the library stumbles over in answers that are no Compute API's."""


@contextmanager
def told(doing: str) -> Iterator[None]:
    """What goes wrong within is told as a CloudFailed; `doing` is an infinitive without "to"."""
    try:
        yield
    except _SILENCE as error:
        sentence = f"The cloud did not answer when asked to {doing}: {_words(error)}."
        raise CloudSilent(sentence, retry=True) from error
    except _UNLIKE as error:
        sentence = f"The cloud has nothing to ask to {doing}: {_words(error)}."
        raise CloudUnlike(sentence, retry=False) from error
    except (sdk_errors.HttpException, auth_errors.HttpError) as error:
        raise _refusal(doing, error) from error
    except (sdk_errors.SDKException, auth_errors.ClientException, *_UNREADABLE) as error:
        sentence = (
            f"The cloud's answer cannot be read when asked to {doing}: {error!r:.{DETAILS_MAX}}."
        )
        raise CloudUnlike(sentence, retry=False) from error


def _refusal(doing: str, error: sdk_errors.HttpException | auth_errors.HttpError) -> CloudFailed:
    status = status_of(error)
    advice = ADVICE.get(status)
    tail = f"; {advice}" if advice else ""
    sentence = f"The cloud refused to {doing} ({status}): {_words(error)}{tail}."
    return CloudFailed(sentence, retry=status in RETRIED or status >= 500)


def status_of(error: BaseException | None) -> int:
    """The status of the answer behind an error; 0 if there was none."""
    if isinstance(error, sdk_errors.HttpException):
        return error.status_code or 0
    return error.http_status if isinstance(error, auth_errors.HttpError) else 0


def _words(error: BaseException) -> str:
    said = getattr(error, "details", None) or str(error) or type(error).__name__
    return " ".join(str(said).split())[:DETAILS_MAX].rstrip(".")
