"""What the program that speaks Redfish makes of BMCs that are odd, wrong, or somebody else's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fencing import network
from tests.fencing.devices import OTHER_UUID, UUID, emulator
from tests.fencing.network import PASSWORD
from tests.fencing.odd_bmc import RESET, SYSTEM, OddBmc, hangs_up, members, odd_bmc, says, system

redfish_program = pytest.importorskip(
    "hostdown.drivers.fencing.redfish_program", reason="sushy is not installed"
)

BIG = b'{"Id": "' + b"x" * 10_000_000 + b'"}'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bmc")


@pytest.fixture(scope="module")
def started(place: Path) -> Iterator[OddBmc]:
    with odd_bmc(place) as started:
        yield started


@pytest.fixture
def bmc(started: OddBmc) -> OddBmc:
    """As it should be: on, with one system."""
    started.begin()
    return started


def ask(bmc: OddBmc, action: str = "look", **changed: object) -> dict[str, object]:
    request = {
        "action": action, "url": bmc.url, "user": "fencer", "password": PASSWORD,
        "verify": False, "system": None, **changed,
    }  # fmt: skip
    told: dict[str, object] = redfish_program.answer(request)
    return told


def failure(told: dict[str, object]) -> tuple[str, object]:
    assert PASSWORD not in str(told)
    return str(told["failed"]), told["retry"]


@pytest.mark.parametrize(
    ("state", "power"),
    [("On", "on"), ("Off", "off"), ("PoweringOff", "on"), ("PoweringOn", "on"), ("Paused", "on")],
)
def test_only_off_is_off(bmc: OddBmc, state: str, power: str) -> None:
    bmc.answers[SYSTEM] = says(system(PowerState=state))
    assert ask(bmc) == {"power": power, "uuid": UUID, "serial": None}


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ({"UUID": UUID.upper(), "SerialNumber": " S-1 "}, (UUID, "S-1")),
        ({"UUID": UUID.replace("-", ""), "SerialNumber": ""}, (UUID, None)),
        ({"UUID": "00000000-0000-0000-0000-000000000000"}, (None, None)),
        ({"UUID": "Not Settable"}, (None, None)),
        ({"UUID": None}, (None, None)),
    ],
)
def test_an_identity_is_told_in_one_form_or_not_at_all(
    bmc: OddBmc, told: dict[str, object], seen: tuple[str | None, str | None]
) -> None:
    bmc.answers[SYSTEM] = says(system(**told))
    found = ask(bmc)
    assert (found["uuid"], found["serial"]) == seen


@pytest.mark.parametrize("state", [None, "Sideways"])
def test_a_power_state_that_is_not_told_is_no_off(bmc: OddBmc, state: str | None) -> None:
    bmc.answers[SYSTEM] = says(system(PowerState=state))
    assert failure(ask(bmc))[1] is True


def test_a_bmc_with_several_systems_is_asked_which(bmc: OddBmc) -> None:
    bmc.answers["/redfish/v1/Systems"] = members("1", "2")
    sentence, retry = failure(ask(bmc))
    assert "2 systems" in sentence
    assert "1, 2" in sentence
    assert not retry
    assert ask(bmc, system="1")["power"] == "on"
    assert ask(bmc, system=SYSTEM)["power"] == "on"
    sentence, retry = failure(ask(bmc, system="3"))
    assert "no system '3', but 1, 2" in sentence
    assert not retry


@pytest.mark.parametrize(
    ("status", "words", "retry"),
    [
        (401, "does not know 'fencer' by this password", False),
        (403, "does not let 'fencer'", False),
        (404, "404", False),
        (429, "429", True),
        (503, "503", True),
    ],
)
def test_refusals_say_whether_trying_again_can_help(
    bmc: OddBmc, status: int, words: str, retry: bool
) -> None:
    bmc.answers[SYSTEM] = says({"error": {"message": "Busy."}}, status)
    for action in ("look", "cut"):
        sentence, again = failure(ask(bmc, action))
        assert words in sentence
        assert again is retry
    assert bmc.asked.count(f"GET {SYSTEM}") == 2


def test_a_power_off_is_sent_once_also_if_it_reads_off(bmc: OddBmc) -> None:
    bmc.answers[SYSTEM] = says(system(PowerState="Off"))
    assert ask(bmc, "cut") == {}
    assert bmc.asked.count(f"POST {RESET}") == 1


@pytest.mark.parametrize("status", [400, 409, 500])
def test_a_refused_power_off_is_no_error_only_of_what_is_off(bmc: OddBmc, status: int) -> None:
    bmc.answers[RESET] = says({"error": {"message": "Not in this state."}}, status)
    assert "Not in this state" in failure(ask(bmc, "cut"))[0]
    bmc.answers[SYSTEM] = says(system(PowerState="Off"))
    assert ask(bmc, "cut") == {}


def test_a_power_off_that_found_no_answer_is_not_sent_again(bmc: OddBmc) -> None:
    bmc.answers[RESET] = hangs_up
    assert failure(ask(bmc, "cut"))[1] is True
    assert bmc.asked.count(f"POST {RESET}") == 1


def test_a_bmc_without_a_hard_power_off_is_told(bmc: OddBmc) -> None:
    reset = {"target": RESET, "ResetType@Redfish.AllowableValues": ["On", "GracefulShutdown"]}
    bmc.answers[SYSTEM] = says(system(Actions={"#ComputerSystem.Reset": reset}))
    assert failure(ask(bmc, "cut")) == (f"{bmc.url} has no 'ForceOff' for the system.", False)
    assert f"POST {RESET}" not in bmc.asked


def test_nobody_is_followed_to_another_place(bmc: OddBmc, tmp_path: Path) -> None:
    with odd_bmc(tmp_path) as other, odd_bmc(tmp_path, tls=False) as plain:
        for place in (other.url, plain.url, bmc.url.replace("https", "http")):
            bmc.answers[SYSTEM] = says(b"", 302, Location=f"{place}{SYSTEM}")
            sentence, retry = failure(ask(bmc))
            assert "sends us on" in sentence
            assert not retry
        assert other.asked == plain.asked == []
    bmc.answers["/redfish/v1/Systems/2"] = says(system())
    bmc.answers[SYSTEM] = says(b"", 307, Location="/redfish/v1/Systems/2")
    assert ask(bmc)["power"] == "on"


def test_a_power_off_that_is_redirected_is_not_taken_for_sent(bmc: OddBmc) -> None:
    bmc.answers[f"{RESET}/2"] = says({})
    bmc.answers[RESET] = says(b"", 302, Location=f"{RESET}/2")
    assert "redirects the power-off" in failure(ask(bmc, "cut"))[0]
    bmc.answers[RESET] = says(b"", 308, Location=f"{RESET}/2")
    assert ask(bmc, "cut") == {}
    assert bmc.asked[-1] == f"POST {RESET}/2"


def test_links_to_another_place_are_not_followed_either(bmc: OddBmc) -> None:
    links = [{"@odata.id": "https://127.0.0.1:1/redfish/v1/Systems/1"}]
    bmc.answers["/redfish/v1/Systems"] = says({"Id": "s", "Name": "s", "Members": links})
    assert "sends us on to 127.0.0.1:1" in failure(ask(bmc))[0]


@pytest.mark.parametrize("content", [b"<html>", b"", b"[]", b"null", b'{"Id": 1}', b"\xff"])
@pytest.mark.parametrize("path", ["/redfish/v1", "/redfish/v1/Systems", SYSTEM])
def test_what_is_not_redfish_is_a_sentence(bmc: OddBmc, path: str, content: bytes) -> None:
    bmc.answers[path] = says(content)
    assert bmc.url in failure(ask(bmc))[0]


def test_an_answer_without_an_end_is_cut_short(bmc: OddBmc) -> None:
    bmc.answers[SYSTEM] = says(BIG)
    assert failure(ask(bmc)) == (f"{bmc.url} answered more than 1048576 bytes.", True)


def test_a_certificate_must_be_good_unless_said_otherwise(
    bmc: OddBmc, place: Path, tmp_path: Path
) -> None:
    [crt] = place.glob("*.crt")
    assert ask(bmc, verify=str(crt))["power"] == "on"
    sentence, retry = failure(ask(bmc, verify=True))
    assert "certificate" in sentence
    assert "'ca_file'" in sentence
    assert not retry
    other, _ = network.certificate(tmp_path, network.address())
    assert failure(ask(bmc, verify=str(other)))[1] is False
    (tmp_path / "empty").touch()
    for name in ("nowhere", "empty"):
        sentence, retry = failure(ask(bmc, verify=str(tmp_path / name)))
        assert f"The 'ca_file' {tmp_path / name} cannot be used" in sentence
        assert not retry
    assert bmc.asked.count(f"GET {SYSTEM}") == 1


def test_nobody_there_may_change(bmc: OddBmc) -> None:
    at, port = network.nobody()
    sentence, retry = failure(ask(bmc, url=f"https://{at}:{port}"))
    assert "Connection refused" in sentence
    assert retry


def test_proxies_and_netrc_of_the_environment_do_not_count(
    bmc: OddBmc, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, port = network.nobody()
    monkeypatch.setenv("HTTPS_PROXY", f"http://{at}:{port}")
    assert ask(bmc)["power"] == "on"


def test_sushy_tools_has_two_systems_behind_one_bmc(tmp_path: Path) -> None:
    with emulator(tmp_path) as (url, crt):
        request = {"action": "look", "url": url, "user": "a", "password": "b", "verify": str(crt)}
        sentence, retry = failure(redfish_program.answer({**request, "system": None}))
        assert UUID in sentence
        assert OTHER_UUID in sentence
        assert not retry
        assert redfish_program.answer({**request, "system": OTHER_UUID})["uuid"] == OTHER_UUID
