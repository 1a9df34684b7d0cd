"""Real processes that race for one claim, and such that are killed while they claim."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hostdown.domain.assignment import Holder
from hostdown.domain.lease_text import Claim
from hostdown.drivers.lease_files import LeaseFiles
from hostdown.drivers.pool import PoolDirectory, init_pool

ROUNDS = 20
RACERS = 8

RACE = """
import sys
from pathlib import Path
from hostdown.domain.assignment import Holder
from hostdown.domain.lease_text import Claim
from hostdown.drivers.lease_files import LeaseFiles
from hostdown.drivers.pool import PoolDirectory
root, host, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
leases = LeaseFiles(PoolDirectory(root))
for after in range(rounds):
    sys.stdin.readline()
    mine = Claim("i", Holder(after + 1, host, 1), "boot-id", f"{host}-{after}")
    print(leases.claim(mine, after).holder.host, flush=True)
"""

CLAIM_FOR_EVER = """
import sys
from itertools import count
from pathlib import Path
from hostdown.domain.assignment import Holder
from hostdown.domain.lease_text import Claim, LeaseState
from hostdown.drivers.lease_files import LeaseFiles
from hostdown.drivers.pool import PoolDirectory
leases = LeaseFiles(PoolDirectory(Path(sys.argv[1])))
for after in count(int(sys.argv[2])):
    mine = Holder(after + 1, "h", 1)
    leases.claim(Claim("i", mine, "boot-id", f"h-{after}"), after)
    print(after + 1, flush=True)
    leases.write("i", mine, LeaseState.HELD, None, after + 1)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    init_pool(tmp_path)
    return tmp_path


def test_of_many_processes_exactly_one_wins_each_claim(root: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(root), f"host-{number}", str(ROUNDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(RACERS)
    ]
    try:
        winners = []
        for _ in range(ROUNDS):
            for racer in racers:
                assert racer.stdin is not None
                racer.stdin.write("go\n")
                racer.stdin.flush()
            said = {racer.stdout.readline().strip() for racer in racers if racer.stdout}
            assert len(said) == 1
            winners += said
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()
    found = LeaseFiles(PoolDirectory(root)).read("i")
    assert found is not None
    assert found.holder == Holder(ROUNDS, winners[-1], 1)
    assert {name for name in os.listdir(root / "i/lease") if not name.startswith("after-")} == set()


def test_a_process_killed_while_it_claims_leaves_the_old_or_the_new(root: Path) -> None:
    leases = LeaseFiles(PoolDirectory(root))
    after = 0
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", CLAIM_FOR_EVER, str(root), str(after)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        for _ in range(10):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        said, _ = process.communicate()
        last = int([b"0", *said.split()][-1])
        found = leases.read("i")
        assert found is not None
        assert found.holder.generation >= max(last, after + 10)
        assert found.data_gen in (found.holder.generation - 1, found.holder.generation)
        leases.clean("i", "h")
        assert not [name for name in os.listdir(root / "i/lease") if name.startswith("tmp-")]
        after = found.holder.generation
    mine = Claim("i", Holder(after + 1, "other", 1), "boot-id", "other-1")
    assert leases.claim(mine, after) == mine
