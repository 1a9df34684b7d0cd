"""URLs of alarms: what the library that calls them takes for none is refused beforehand."""

import pycurl
import pytest

from hostdown.domain.alarm_errors import ActionUnparsable
from hostdown.services.alarm_actions import checked, parsed

BROKEN = [
    "http://a.example/ann space",
    "http://a.example/?q=ann space",
    "http://a.example/\t",
    "http://a.example/\x7f",
    "http://a b/",
    "http://a%20b/",
    "http://a%00b/",
    "http://a%2fb/",
    "http://a%3ab/",
    "http://a%zz/",
    "http://a\\b/",
    "http://a,b/",
    "http://<host>/",
    "http://./",
    "http://192.0.2.1%25x/",
    "http://192.0.2.1:99999/",
    "http://192.0.2.1:http/",
    "http://:80/",
    "http://[::1/",
    "http://[v1.a]/",
    "http://[v1.a:b]/",
]
WHOLE = [
    "http://a.example",
    "https://a.example.:00443/",
    "http://a_b.example/",
    "http://a%2db.example/",
    "http://me:pw@a.example/",
    "http://[2001:db8::1]:8080/",
    "http://[fe80::1%25lo]/",
    "http://192.0.2.1:/a%20b?c=d%26|{}#e",
]


def is_url(url: str) -> bool:
    """Whether libcurl takes it for one; nothing is called, for it has no time to."""
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.TIMEOUT_MS, 1)
    try:
        curl.perform()
    except pycurl.error as error:
        return bool(error.args[0] != pycurl.E_URL_MALFORMAT)
    finally:
        curl.close()
    return True


@pytest.mark.parametrize("url", BROKEN)
def test_what_could_not_be_called_is_refused(url: str) -> None:
    assert not is_url(url)
    with pytest.raises(ActionUnparsable):
        checked("ok_actions", [url], False, lambda _: True)


@pytest.mark.parametrize("url", WHOLE)
def test_what_can_be_called_is_not(url: str) -> None:
    assert is_url(url)
    assert checked("ok_actions", [url, url], False, lambda _: True) == (url,)


@pytest.mark.parametrize("url", ["http://a.example:0/", "https://a.example:00/"])
def test_there_is_no_port_0(url: str) -> None:
    with pytest.raises(ActionUnparsable):
        checked("ok_actions", [url], False, lambda _: True)


def test_one_that_was_taken_in_before_can_still_be_told_apart() -> None:
    assert parsed("http://a.example:0/x y").origin == "http://a.example:0"
