"""docs/howto/beside-nova.md shows what the stock client prints at a real Nova."""

import pytest
from tests.clouds.settings import WAIT_S, NovaSetting
from tests.clouds.transcript import check, of_nova
from tests.processes.harness import until
from tools.nova import Nova

# openstacksdk warns itself of parts of its own that will go.
pytestmark = [
    pytest.mark.nova,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]
HOST = "fake1"


def test_a_host_is_evacuated_by_hand(nova: Nova) -> None:
    setting = NovaSetting(nova)
    cloud = setting.cloud

    def reach(status: str) -> None:
        """Of the newest evacuation, which a Nova tells first."""
        until(lambda: cloud.evacuations_from(HOST)[0].status == status, WAIT_S)

    def boot() -> None:
        setting.boot(HOST)
        reach("completed")

    events = {
        "fake1 loses its power": lambda: setting.kill(HOST),
        "the evacuation is done": lambda: reach("done"),
        "fake1 boots, and the evacuation is completed": boot,
        "fake1 is heard": lambda: until(lambda: all(it.up for it in cloud.services()), WAIT_S),
    }
    check("transcript", events, {"openstack": of_nova(nova)})
